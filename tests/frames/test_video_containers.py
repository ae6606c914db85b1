"""The labelling page shows the frames that detection reads, in every container."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint.errors import FrameWarning
from irpoint.frames.video import read_video
from irpoint.frames.video_seek import VideoFrames

av = pytest.importorskip("av", reason="PyAV is not installed")

COUNT, PERIOD = 40, 1 / 25
X, Y = np.meshgrid(np.arange(96), np.arange(64))
FRAMES = [
    (80 + 40 * np.sin((X + 3 * k) / 9) + 30 * np.cos(Y / 7) + 2 * (k % 20)).astype(np.uint8)
    for k in range(COUNT)
]

# Codec → encoder, pixel format, options. Groups of pictures are open, with B-frames.
CODECS: dict[str, tuple[str, str, dict[str, str]]] = {
    "h264": ("libx264", "yuv420p", {"bf": "3", "g": "12", "x264-params": "open-gop=1"}),
    "long": ("libx264", "yuv420p", {"bf": "3", "g": "200"}),
    "mpeg2": ("mpeg2video", "yuv420p", {"bf": "2", "g": "12"}),
    "mpeg4": ("mpeg4", "yuv420p", {"bf": "2", "g": "10"}),
    "mjpeg": ("mjpeg", "yuvj420p", {}),
    "ffv1": ("ffv1", "gray", {"g": "10"}),
    "vp8": ("libvpx", "yuv420p", {"g": "15", "deadline": "realtime"}),
    "vp9": ("libvpx-vp9", "yuv420p", {"g": "15", "deadline": "realtime"}),
}
# Suffix → format of FFmpeg, and codecs.
CONTAINERS = {
    "mp4": ("mp4", "h264 long mpeg4 mjpeg"),
    "mov": ("mov", "h264 mpeg2 mjpeg"),
    "mkv": ("matroska", "h264 mpeg2 ffv1"),
    "webm": ("webm", "vp8 vp9"),
    "avi": ("avi", "h264 mpeg4 ffv1 mjpeg"),
    "ts": ("mpegts", "h264 mpeg2 mpeg4 long"),
    "mpg": ("vob", "h264 mpeg2 mpeg4"),
    "asf": ("asf", "h264 mpeg2 mjpeg"),
    "nut": ("nut", "h264 mpeg4 ffv1"),
    "flv": ("flv", "h264"),
    "mxf": ("mxf", "h264 mpeg2"),
    "h264": ("h264", "h264"),
    "m2v": ("mpeg2video", "mpeg2"),
    "mjpeg": ("mjpeg", "mjpeg"),
}
PAIRS = [(codec, suffix) for suffix, (_, names) in CONTAINERS.items() for codec in names.split()]


def write(folder: Path, codec: str, suffix: str) -> Path:
    encoder, pixels, options = CODECS[codec]
    path = folder / f"{codec}.{suffix}"
    with av.open(str(path), "w", format=CONTAINERS[suffix][0]) as container:
        stream = container.add_stream(encoder, rate=Fraction(25), options=options)
        stream.height, stream.width = FRAMES[0].shape
        stream.pix_fmt = pixels
        for frame in FRAMES:
            image = av.VideoFrame.from_ndarray(frame, "gray").reformat(format=pixels)
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))
    return path


def remux(source: Path, target: Path, change: Callable[[int, Any], bool]) -> Path:
    """Copy the packets for which ``change`` returns True, with the time stamps that it sets."""
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for number, packet in enumerate(old.demux(video=0)):
            if packet.size and change(number, packet):
                packet.stream = stream
                new.mux(packet)
    return target


def in_order(path: Path) -> tuple[list[float], list[np.ndarray]]:
    items = [item for item in read_video(str(path)) if not isinstance(item, str)]
    return [time for time, _ in items], [frame for _, frame in items]


def check_same(path: Path, reads: int = 12) -> list[float]:
    """Compare random access with reading in order. Returns the times."""
    times, frames = in_order(path)
    assert VideoFrames.count(path) == len(frames)
    numbers = [len(frames) - 1, 0, *random.Random(0).choices(range(len(frames)), k=reads)]
    for number in numbers[:4]:  # each without what was decoded before
        with VideoFrames(path) as video:
            assert np.array_equal(video.read(number), frames[number])
    with VideoFrames(path) as video:
        for number in (*numbers, *reversed(range(len(frames)))):
            assert np.array_equal(video.read(number), frames[number])
        assert [video.time_s(number) for number in range(len(frames))] == pytest.approx(times)
    return times


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("containers")


@pytest.mark.parametrize(("codec", "suffix"), PAIRS)
def test_frames_and_times_are_those_read_in_order(folder: Path, codec: str, suffix: str) -> None:
    times = check_same(write(folder, codec, suffix))
    assert len(times) == COUNT
    # A program stream states the times of few H.264 frames.
    error = 2e-3 if (codec, suffix) != ("h264", "mpg") else 4 * PERIOD
    assert np.diff(times) == pytest.approx(PERIOD, abs=error)
    assert min(np.diff(times)) > 0


@pytest.mark.parametrize(
    ("codec", "suffix"), [("h264", "ts"), ("mpeg2", "mpg"), ("h264", "h264"), ("mjpeg", "mjpeg")]
)
def test_a_stream_that_was_joined_late(folder: Path, codec: str, suffix: str) -> None:
    data = write(folder, codec, suffix).read_bytes()
    path = folder / f"late-{codec}.{suffix}"
    path.write_bytes(data[len(data) // 3 // 188 * 188 :])
    times = check_same(path)
    assert 0 < len(times) < COUNT
    assert max(np.diff(times)) < 4 * PERIOD


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_a_video_without_its_first_key_frame(folder: Path, suffix: str) -> None:
    source = write(folder, "h264", "mp4")
    path = remux(source, folder / f"late.{suffix}", lambda number, _: number >= 4)
    assert len(check_same(path)) < COUNT


@pytest.mark.parametrize(("codec", "suffix"), [("h264", "mp4"), ("mpeg2", "ts"), ("ffv1", "mkv")])
def test_times_start_at_zero(folder: Path, codec: str, suffix: str) -> None:
    def later(_: int, packet: Any) -> bool:
        packet.pts += round(100 / packet.time_base)
        packet.dts = packet.pts if packet.dts is None else packet.dts
        packet.dts += round(100 / packet.time_base)
        return True

    path = remux(write(folder, codec, suffix), folder / f"later-{codec}.{suffix}", later)
    times = check_same(path)
    assert times[0] == 0
    assert np.diff(times) == pytest.approx(PERIOD, abs=2e-3)


@pytest.mark.parametrize("codec", ["ffv1", "mpeg4"])
def test_frames_with_equal_time_stamps(folder: Path, codec: str) -> None:
    def equal(number: int, packet: Any) -> bool:
        if number >= 10:
            packet.pts -= round(PERIOD / packet.time_base)
            packet.dts = packet.pts if packet.dts is None else packet.dts
            packet.dts -= round(PERIOD / packet.time_base)
        return True

    path = remux(write(folder, codec, "mkv"), folder / f"equal-{codec}.mkv", equal)
    times = check_same(path)
    assert len(times) == COUNT
    assert min(np.diff(times)) >= 0


def test_a_damaged_video_is_counted_again(folder: Path) -> None:
    data = bytearray(write(folder, "mpeg4", "mp4").read_bytes())
    for at in np.random.default_rng(0).integers(len(data) * 0.3, len(data) * 0.7, 12):
        data[at] ^= 0x55
    path = folder / "damaged.mp4"
    path.write_bytes(data)
    _, frames = in_order(path)
    assert len(frames) < COUNT
    with VideoFrames(path) as video:
        assert len(video) == COUNT  # as the packets say
        with pytest.warns(FrameWarning, match=f"damaged: {len(frames)} of {COUNT} frames"):
            last = video.read(len(frames) - 1)
        assert len(video) == len(frames)
        assert np.array_equal(last, frames[-1])
        assert np.array_equal(video.read(0), frames[0])
