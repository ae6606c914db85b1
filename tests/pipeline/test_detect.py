"""The pipeline from Python: everything that the command does."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint import Detector, FrameResult
from irpoint.errors import SettingsError
from irpoint.frames import open_source
from irpoint.frames.raw import RawLayout
from irpoint.pipeline import Skipped, detect, detect_frames, find_sources, track_results
from irpoint.sinks import FramesFormat, OverlayFolder, PointsWriter
from support.models import draw_blobs, write_moving_target
from support.same_files import same_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five frames of a moving target, and a file that is no frame."""
    return write_moving_target(tmp_path / "sky", 5, 4)


@pytest.fixture
def detector(model: Path) -> Detector:
    return Detector(model, backend="onnxruntime", threads=1)


def test_detect_writes_the_files_of_the_command(
    cli, folder: Path, model: Path, detector: Detector, tmp_path: Path
) -> None:
    arguments = ("--track", "--overlay", "--backend", "onnxruntime", "--threads", 1)
    assert cli("detect", folder, "--model", model, "--out", tmp_path / "cli", *arguments)[0] == 1
    summary = detect(folder, detector, tmp_path / "python", track=True, overlay=True)
    same_files(tmp_path / "cli", tmp_path / "python")
    assert (summary.sources, summary.frames, summary.points, summary.skipped) == (6, 5, 3, 1)
    assert summary.points_file == tmp_path / "python" / "points.csv"
    assert summary.overlays == tmp_path / "python" / "overlays"
    assert not summary.stopped


def test_the_parts_of_the_pipeline_give_the_same_files(
    folder: Path, detector: Detector, tmp_path: Path
) -> None:
    detect(folder, detector, tmp_path / "whole", track=True, overlay=True)
    sources, missing = find_sources([str(folder), str(folder / "gone.png")])
    assert [item.source for item in missing] == [str(folder / "gone.png")]
    writer = PointsWriter("csv", tmp_path / "parts", tracks=True, measured=True)
    listing = PointsWriter(FramesFormat(), tmp_path / "parts")
    overlays = OverlayFolder(tmp_path / "parts" / "overlays")
    skipped = []
    for result in track_results(detect_frames(detector, sources)):
        if isinstance(result, Skipped):
            skipped.append(result)
            continue
        writer.add(result)
        listing.add(result)
        overlays.add(result)
    writer.close()
    listing.close()
    overlays.close()
    assert len(skipped) == 1
    same_files(tmp_path / "whole", tmp_path / "parts")


def test_the_summary_has_every_track(detector: Detector, tmp_path: Path) -> None:
    """Two sequences; track numbers begin anew in each. One target is dark."""
    write_moving_target(tmp_path / "a", 5, 4)
    (tmp_path / "b").mkdir()
    for k in range(4):
        frame = draw_blobs([(20 + k, 40)]).astype(np.int16) - draw_blobs([(90, 30 + 2 * k)]) + 150
        Image.fromarray(frame.astype(np.uint8)).save(tmp_path / "b" / f"{k}.png")
    both = Detector(detector.model, **detector.settings | {"polarity": "both"})
    summary = detect([tmp_path / "a", tmp_path / "b"], both, tmp_path / "out", track=True)
    assert summary.tracks is not None
    one, *others = summary.tracks
    assert (one.number, one.dark, one.points) == (1, False, 3)
    assert (one.first, one.last) == ((str(tmp_path / "a/2.png"), 0), (str(tmp_path / "a/4.png"), 0))
    assert (one.x, one.y) == pytest.approx((32, 40), abs=0.3)
    assert sorted((track.number, track.points) for track in others) == [(1, 2), (2, 2)]
    (dark,) = (track for track in others if track.dark)
    assert (dark.x, dark.y) == pytest.approx((90, 35), abs=0.3)
    assert dark.first[0] == str(tmp_path / "b/2.png")
    assert dark.score > 0.4
    assert detect(tmp_path / "a", detector, tmp_path / "out").tracks is None


def test_an_interrupted_detection_resumes(
    folder: Path, detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detect(folder, detector, tmp_path / "whole")
    seen: list[str] = []

    def interrupt(item: FrameResult | Skipped, summary: object) -> None:
        seen.append(item.source)
        if len(seen) == 4:
            raise KeyboardInterrupt

    first = detect(folder, detector, tmp_path / "out", batch=1, watch=interrupt)
    assert first.stopped
    assert first.resumable
    second = detect(folder, detector, tmp_path / "out", batch=1)
    assert second.resumed == 2
    assert not second.stopped
    same_files(tmp_path / "whole", tmp_path / "out")


def test_a_stream_takes_the_points(folder: Path, detector: Detector) -> None:
    out = io.BytesIO()
    summary = detect([folder / "0.png", folder / "1.png"], detector, out)
    assert out.getvalue().count(b"\n") == 1 + summary.points == 3
    assert summary.points_file is None


def test_detection_works_in_a_thread(folder: Path, detector: Detector, tmp_path: Path) -> None:
    """Python handles signals in the main thread only."""
    summaries = []
    thread = threading.Thread(
        target=lambda: summaries.append(detect(folder, detector, tmp_path / "out"))
    )
    thread.start()
    thread.join()
    assert summaries[0].points == 5


def test_results_hold_their_pixels_and_shape(detector: Detector, tmp_path: Path) -> None:
    frames = [draw_blobs([(30, 40)], seed=k) for k in range(2)]
    (tmp_path / "dump.raw").write_bytes(b"".join(frame.tobytes() for frame in frames))
    source = open_source(tmp_path / "dump.raw", RawLayout.parse("128x96:uint8"))
    results = list(detect_frames(detector, [source]))
    for index, (result, frame) in enumerate(zip(results, frames, strict=True)):
        assert isinstance(result, FrameResult)
        assert (result.index, result.shape) == (index, (96, 128))
        assert np.array_equal(result.pixels, frame)
        assert result == result.without_pixels()
        assert result.without_pixels().pixels is None


def test_wrong_settings_are_refused_before_anything_is_written(
    folder: Path, detector: Detector, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for wrong, message in (
        ({"file_format": "xml"}, "format xml: choose one of csv, json, coco"),
        ({"batch": 0}, "--batch 0: give 1 or more"),
        ({"engine": "dask"}, "--engine dask: give local or ray"),
    ):
        with pytest.raises(SettingsError, match=message):
            detect(folder, detector, out, **wrong)
    with pytest.raises(SettingsError, match="pictures are written into a folder"):
        detect(folder, detector, io.BytesIO(), overlay=True)
    assert not out.exists()
