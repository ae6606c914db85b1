"""Random access to the frames of a video file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.errors import FrameError
from irpoint.frames.video import read_video
from irpoint.frames.video_seek import VideoFrames
from support.videos import write_video

pytest.importorskip("av", reason="PyAV is not installed")

COUNT = 60
ROWS = np.linspace(0, 60, 64, dtype=np.uint8)[:, None]
FRAMES = [np.broadcast_to(ROWS, (64, 80)) + np.uint8(3 * k) for k in range(COUNT)]


@pytest.fixture(scope="module", params=["H.264 with B frames", "lossless", "MPEG-4 in AVI"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    if request.param == "lossless":
        return write_video(folder / "a.mkv", FRAMES)
    if request.param == "MPEG-4 in AVI":
        return write_video(folder / "a.avi", FRAMES, "mpeg4", "yuv420p", g="12")
    return write_video(folder / "a.mp4", FRAMES, "libx264", "yuv420p", bf="2", g="20")


@pytest.fixture(scope="module")
def in_order(clip: Path) -> list[np.ndarray]:
    return [item[1] for item in read_video(str(clip)) if not isinstance(item, str)]


def test_frames_are_the_same_in_any_order(clip: Path, in_order: list[np.ndarray]) -> None:
    video = VideoFrames(clip)
    assert len(video) == len(in_order) == VideoFrames.count(clip)

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.integers(0, len(in_order) - 1), min_size=1, max_size=12))
    def check(order: list[int]) -> None:
        for number in order:
            assert np.array_equal(video.read(number), in_order[number])

    check()
    video.close()


def test_a_missing_frame_is_an_error(clip: Path) -> None:
    video = VideoFrames(clip)
    with pytest.raises(FrameError, match=f"no frame {COUNT}; it has"):
        video.read(COUNT)
    video.close()


def test_a_file_that_is_no_video_is_an_error(tmp_path: Path) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"no video at all" * 50)
    with pytest.raises(FrameError, match=r"junk\.mp4: cannot be read as video"):
        VideoFrames.count(junk)
