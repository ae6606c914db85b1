"""``irpoint benchmark``: frames and videos."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

from irpoint.benchmark.frames import STAGES
from irpoint.benchmark.video import STAGES as VIDEO_STAGES
from support.models import draw_blobs

DESIGN_KEYS = {
    "model", "size", "backend", "threads", "total_ms", "stages_ms", "fps", "peak_rss_mb",
    "ratio_to_eager",
}  # fmt: skip


@pytest.fixture(autouse=True)
def without_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the comparison with eager PyTorch, which takes seconds to start."""
    monkeypatch.setattr("irpoint.benchmark.frames.find_spec", lambda name: None)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A video of ten 8-bit frames with a target that moves."""
    av = pytest.importorskip("av", reason="needs the extra video")
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 128, 96, "gray"
        for index in range(10):
            frame = draw_blobs([(20 + 5 * index, 40)], seed=index)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "gray")))
        container.mux(stream.encode(None))
    return path


def test_the_figures_of_frames_are_printed_and_written(cli, model: Path, tmp_path: Path) -> None:
    file = tmp_path / "speed.json"
    code, out, err = cli(
        "benchmark", "--model", model, "--size", 64, "--repeats", 2, "--json", file
    )
    assert (code, err) == (0, "")
    assert "total (array to points)" in out
    assert "frames per second" in out
    assert "No comparison with eager PyTorch." in out.replace("\n", " ")
    figures = json.loads(file.read_text())
    assert set(figures) >= DESIGN_KEYS
    assert tuple(figures["stages_ms"]) == STAGES
    assert set(figures["measuring_ms"]) == {"10", "1000"}
    assert min(figures["measuring_ms"].values()) > 0
    assert "measuring 1,000 points, one core" in out
    for times in (figures["total_ms"], *figures["stages_ms"].values()):
        assert 0 < times["median"] <= times["p95"]


def test_a_video_is_timed_from_the_file_to_the_overlay(cli, model: Path, clip: Path) -> None:
    arguments = ("--model", model, "--repeats", 2, "--json", "-")
    code, out, err = cli("benchmark", "--video", clip, *arguments)
    assert code == 0, err
    figures = json.loads(out)
    assert (figures["video"], figures["size"], figures["bits"]) == ("clip.mkv", "128x96", 8)
    assert figures["frames"] == 8  # four times the repeats
    assert tuple(figures["stages_ms"]) == VIDEO_STAGES
    for stage in figures["stages_ms"].values():
        assert 0 < stage["median"] <= stage["p95"]
    assert set(figures["fps"]) == {"csv", "overlay"}
    assert min(figures["fps"].values()) > 0
    assert [path.name for path in clip.parent.iterdir() if path.is_file()] == ["clip.mkv"]


def test_a_simulated_video_is_timed(cli, model: Path) -> None:
    pytest.importorskip("av", reason="needs the extra video")
    arguments = ("--video", "simulated", "--size", "160x120", "--model", model, "--repeats", 1)
    code, out, err = cli("benchmark", *arguments)
    assert code == 0, err
    text = " ".join(out.split())
    assert "4 frames of 160x120 px, 16 bits" in text
    assert "frames per second from video to points" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--size", "3"), "size 3: give one side"),
        (("--repeats", "0"), "--repeats 0: give 1 or more"),
        (("--video", "none.mp4"), "none.mp4: cannot be read as video"),
        (("--video", "simulated", "--size", "5"), "size 5: give one side"),
        (("--video", "clip.mkv", "--size", "640x512"), "clip.mkv has its own size"),
    ],
)
def test_what_cannot_be_timed_is_one_line(cli, model: Path, arguments, message: str) -> None:
    code, _, err = cli("benchmark", "--model", model, *arguments)
    assert (code, len(err.splitlines())) == (1, 1)
    assert message in err


def test_a_video_without_pyav_names_the_extra(
    cli, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("irpoint.benchmark.video.find_spec", lambda name: None)
    code, _, err = cli("benchmark", "--model", model, "--video", "simulated")
    assert code == 1
    assert "pip install 'irpoint[video]'" in err


def test_the_figures_are_printed_before_a_file_that_cannot_be_written(cli, model: Path) -> None:
    arguments = ("--model", model, "--size", 64, "--repeats", 1, "--json", "/proc/none/speed.json")
    code, out, err = cli("benchmark", *arguments)
    assert (code, err) == (1, "irpoint: error: /proc/none: No such file or directory\n")
    assert "total (array to points)" in out
