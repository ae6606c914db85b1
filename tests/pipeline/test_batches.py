"""Detection in every kind of source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from irpoint import Detector
from irpoint.frames import open_source
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import SourceFrame
from irpoint.pipeline import detect_frames
from irpoint.points import FrameResult
from support.videos import POSITIONS, moving_blob, write_video

pytest.importorskip("av", reason="PyAV is not installed")


@pytest.mark.parametrize(
    ("name", "layout"),
    [("clip.mkv", None), ("stack.tif", None), ("dump.raw", RawLayout.parse("128x96:uint16:le"))],
)
def test_points_follow_the_target(
    model: Path, tmp_path: Path, name: str, layout: RawLayout | None
) -> None:
    frames = moving_blob(16)
    write_video(tmp_path / "clip.mkv", frames, "ffv1", "gray16le")
    tifffile.imwrite(tmp_path / "stack.tif", np.stack(frames), photometric="minisblack")
    (tmp_path / "dump.raw").write_bytes(np.stack(frames).tobytes())
    detector = Detector(model, backend="onnxruntime", threads=1)
    source = open_source(tmp_path / name, layout)
    results = [r for r in detect_frames(detector, [source], 3) if isinstance(r, FrameResult)]
    assert [result.index for result in results] == list(range(8))
    for result, position in zip(results, POSITIONS, strict=True):
        assert result.points.xy == pytest.approx(np.array([position]), abs=0.4)


def test_a_stream_of_results_has_times(model: Path, tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", moving_blob())
    detector = Detector(model, backend="onnxruntime", threads=1)
    results = list(detector.stream(tmp_path / "clip.mkv"))
    assert [result.time_s for result in results] == pytest.approx([k / 25 for k in range(8)])


def test_a_frame_is_requested_when_the_one_before_is_finished(model: Path) -> None:
    class Newest:
        """A source that counts the frames that were requested."""

        suffixes, name, live, clock, repeatable = (), "newest", True, False, False
        requested = 0

        def frames(self) -> Iterator[SourceFrame]:
            for index in range(5):
                self.requested += 1
                yield SourceFrame(self.name, index, None, np.zeros((64, 64), np.uint8))

    source = Newest()
    results = detect_frames(Detector(model), [source], ahead=0)  # type: ignore[list-item]
    for count, _ in enumerate(results, 1):
        assert source.requested == count
    assert source.requested == 5
