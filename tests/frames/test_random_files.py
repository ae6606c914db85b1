"""Frames of videos and TIFF stacks, read in any order, are those that are read in turn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from irpoint.errors import FrameError
from irpoint.frames.read import count_pages, read_page

av = pytest.importorskip("av", reason="needs PyAV")
from irpoint.frames.video import read_video  # noqa: E402
from irpoint.frames.video_seek import VideoFrames  # noqa: E402

FRAMES = 60


def write_clip(path: Path, codec: str, pixels: str, **options: str) -> Path:
    """A clip in which every frame is told from the others."""
    rows = np.linspace(0, 60, 64, dtype=np.uint8)[:, None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 80, 64, pixels
        for k in range(FRAMES):
            grey = np.broadcast_to(rows, (64, 80)) + np.uint8(3 * k)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(grey), format="gray")
            for packet in stream.encode(frame.reformat(format=pixels)):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


@pytest.fixture(scope="module", params=["h264 with B frames", "lossless", "mpeg4 avi"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    if request.param == "lossless":
        return write_clip(folder / "a.mkv", "ffv1", "gray")
    if request.param == "mpeg4 avi":
        return write_clip(folder / "a.avi", "mpeg4", "yuv420p", g="12")
    return write_clip(folder / "a.mp4", "libx264", "yuv420p", bf="2", g="20")


@pytest.fixture(scope="module")
def in_turn(clip: Path) -> list[np.ndarray]:
    return [item[1] for item in read_video(str(clip)) if not isinstance(item, str)]


def test_any_order_gives_the_frames_that_reading_in_turn_gives(
    clip: Path, in_turn: list[np.ndarray]
) -> None:
    video = VideoFrames(clip)
    assert len(video) == len(in_turn) == VideoFrames.count(clip)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, len(in_turn) - 1), min_size=1, max_size=12))
    def check(order: list[int]) -> None:
        for number in order:
            assert np.array_equal(video.read(number), in_turn[number])

    check()
    video.close()


def test_frames_that_are_not_there_are_said(clip: Path) -> None:
    video = VideoFrames(clip)
    with pytest.raises(FrameError, match=f"no frame {FRAMES}; it holds"):
        video.read(FRAMES)
    video.close()


def test_what_is_no_video_is_said(tmp_path: Path) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"no video at all" * 50)
    with pytest.raises(FrameError, match=r"junk\.mp4: cannot be read as video"):
        VideoFrames.count(junk)


def test_pages_of_a_stack_at_random(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    pages = np.random.default_rng(0).integers(0, 2**14, (7, 20, 30)).astype(np.uint16)
    with tifffile.TiffWriter(path) as writer:
        for number, page in enumerate(pages):
            writer.write(page, contiguous=False)
            if number == 2:  # a thumbnail in between is no frame
                writer.write(page[::4, ::4], subfiletype=1, contiguous=False)
    assert count_pages(path) == 7
    for number in (6, 0, 3, 2, 5):
        assert np.array_equal(read_page(path, number), pages[number])
    with pytest.raises(FrameError, match="no page 7; it holds 7"):
        read_page(path, 7)
