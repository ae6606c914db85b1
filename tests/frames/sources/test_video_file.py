"""Video files as sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.sources import read_frames, read_with_problems
from support.videos import moving_blob, write_video

pytest.importorskip("av", reason="PyAV is not installed")


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels", "bits"),
    [
        (".avi", "ffv1", "gray", 8),
        (".mkv", "ffv1", "gray16le", 16),
        (".avi", "rawvideo", "gray", 8),
    ],
)
def test_lossless_grey_video_is_read_exactly(
    tmp_path: Path, suffix: str, codec: str, pixels: str, bits: int
) -> None:
    frames = moving_blob(bits)
    read = read_frames(write_video(tmp_path / f"clip{suffix}", frames, codec, pixels))
    assert [item.index for item in read] == list(range(8))
    assert [item.time_s for item in read] == pytest.approx([index / 25 for index in range(8)])
    assert {item.frame.dtype for item in read} == {np.dtype(f"u{bits // 8}")}
    assert np.array_equal([item.frame for item in read], frames)


@pytest.mark.parametrize(("pixels", "dtype"), [("yuv420p", "u1"), ("gray10le", "u2")])
def test_other_pixel_formats_give_their_stored_luminance(
    tmp_path: Path, pixels: str, dtype: str
) -> None:
    frames = moving_blob()
    read = read_frames(write_video(tmp_path / "clip.mkv", frames, "ffv1", pixels))
    for item, frame in zip(read, frames, strict=True):
        assert item.frame.dtype == np.dtype(dtype)
        assert np.corrcoef(item.frame.ravel(), frame.ravel())[0, 1] > 0.99


def test_colour_video_is_converted_to_grey(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", moving_blob(), "ffv1", "bgr0")
    for item, frame in zip(read_frames(path), moving_blob(), strict=True):
        assert np.abs(item.frame.astype(int) - frame).max() <= 1


def test_a_damaged_part_is_skipped(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", moving_blob() * 3, "png", "gray")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(content)
    frames, (reason,) = read_with_problems(path)
    assert 12 < len(frames) < 24
    assert [item.index for item in frames] == list(range(len(frames)))
    assert "clip.avi: skipped a damaged part after frame 11" in reason


def test_a_file_that_is_no_video_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a video" * 50)
    frames, (reason,) = read_with_problems(tmp_path / "clip.mp4")
    assert not frames
    assert "clip.mp4: cannot be read as video" in reason
    assert "\n" not in reason


def test_without_pyav_the_reason_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("irpoint.frames.video.find_spec", lambda name: None)
    _, (reason,) = read_with_problems(tmp_path / "clip.mp4")
    assert "pip install 'irpoint[video]'" in reason


def test_a_colon_in_a_name_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(Path("12h30.mkv"), moving_blob()).rename("12:30:00.mkv")
    assert len(read_frames("12:30:00.mkv")) == 8


def test_real_videos_are_read_to_their_end(shared_data: Path) -> None:
    clips = sorted((shared_data / "video-ir").glob("*.mp4"))
    assert clips
    for clip in clips[:3]:
        frames = read_frames(clip)
        assert len(frames) > 50
        times = [item.time_s or 0.0 for item in frames]
        assert times == sorted(times)
        assert len({item.frame.shape for item in frames}) == 1
