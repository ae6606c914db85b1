"""``irpoint benchmark --video``: what it times is what ``irpoint detect`` does."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from irpoint.benchmark.video import STAGES, _simulate
from irpoint.frames import open_source
from irpoint.frames.source import SourceFrame
from support.models import draw_blobs

av = pytest.importorskip("av", reason="PyAV is not installed")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 128, 96, "gray"
        for index in range(10):
            frame = draw_blobs([(20 + 5 * index, 40)], seed=index)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "gray")))
        container.mux(stream.encode(None))
    return path


def test_a_file_is_timed_from_reading_to_the_overlay(cli, model: Path, clip: Path) -> None:
    arguments = ("--model", model, "--repeats", 2, "--json", "-")
    code, out, err = cli("benchmark", "--video", clip, *arguments)
    assert code == 0, err
    figures = json.loads(out)
    assert (figures["video"], figures["size"], figures["bits"]) == ("clip.mkv", "128x96", 8)
    assert figures["frames"] == 8  # four times the repeats, of ten
    assert tuple(figures["stages_ms"]) == STAGES
    for stage in figures["stages_ms"].values():
        assert 0 < stage["median"] <= stage["p95"]
    assert set(figures["fps"]) == {"csv", "overlay"}
    assert min(figures["fps"].values()) > 0
    assert [path.name for path in clip.parent.iterdir() if path.is_file()] == ["clip.mkv"]


def test_a_simulated_clip_has_sixteen_bits(cli, model: Path, tmp_path: Path) -> None:
    read = list(open_source(_simulate(tmp_path / "clip.mov", (160, 120), 8)).frames())
    assert all(isinstance(item, SourceFrame) for item in read)
    frames = [item.frame for item in read if isinstance(item, SourceFrame)]
    assert {(frame.dtype, frame.shape) for frame in frames} == {(np.dtype(np.uint16), (120, 160))}
    assert len(frames) == 8
    assert max(int(frame.max()) for frame in frames) > 255
    np.testing.assert_array_equal(frames[0], frames[6])  # the scenes come again
    arguments = ("--video", "simulated", "--size", "160x120", "--model", model, "--repeats", 1)
    code, out, err = cli("benchmark", *arguments)
    assert code == 0, err
    text = " ".join(out.split())
    assert "4 frames of 160x120 px, 16 bits" in text
    assert "frames a second from video to points" in text


def test_what_cannot_be_timed_is_one_line(
    cli, model: Path, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    for arguments, wanted in (
        ((tmp_path / "none.mp4",), "none.mp4: cannot be read as video"),
        ((tmp_path / "empty.mp4",), "empty.mp4: cannot be read as video"),
        ((clip, "--size", "640x512"), "clip.mkv has its own; for --video simulated"),
        (("simulated", "--size", "5"), "size 5: give 512"),
        ((clip, "--repeats", "0"), "give 1 or more"),
    ):
        code, _, err = cli("benchmark", "--model", model, "--video", *arguments)
        assert (code, len(err.splitlines())) == (1, 1)
        assert wanted in err
    monkeypatch.setattr("irpoint.benchmark.video.find_spec", lambda name: None)
    code, _, err = cli("benchmark", "--model", model, "--video", clip)
    assert code == 1
    assert "pip install 'irpoint[video]'" in err
