"""Videos, streams, pages and raw frames: every frame at its depth, time and place."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from irpoint import Detector
from irpoint.errors import FrameError, SettingsError
from irpoint.frames import open_source
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, SourceFrame
from irpoint.frames.video import luminance
from irpoint.pipeline import detect_frames
from irpoint.points import FrameResult
from support.models import draw_blobs

av = pytest.importorskip("av", reason="PyAV is not installed")

PLACES = [(20 + 6 * index, 30 + 3 * index) for index in range(8)]


def blobs(bits: int = 8) -> list[np.ndarray]:
    """A blob that moves over eight frames of 96 × 128."""
    frames = [draw_blobs([place], seed=index) for index, place in enumerate(PLACES)]
    return frames if bits == 8 else [frame.astype(np.uint16) * 20 + 4000 for frame in frames]


def write_video(path: Path, frames: list[np.ndarray], codec: str, pixels: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = pixels
        for frame in frames:
            grey = "gray16le" if frame.dtype == np.uint16 else "gray"
            picture = av.VideoFrame.from_ndarray(frame, grey)
            container.mux(stream.encode(picture.reformat(format=pixels)))
        container.mux(stream.encode(None))
    return path


def whole(source: str | Path, raw: RawLayout | None = None) -> list[SourceFrame]:
    items = list(open_source(source, raw).frames())
    assert all(isinstance(item, SourceFrame) for item in items), items
    return items  # type: ignore[return-value]


# --- reading


@pytest.mark.parametrize(
    ("suffix", "codec", "pixels", "bits"),
    [
        (".avi", "ffv1", "gray", 8),
        (".mkv", "ffv1", "gray16le", 16),
        (".mkv", "ffv1", "yuv420p", 8),
        (".avi", "rawvideo", "gray", 8),
        (".mkv", "ffv1", "gray10le", 10),
    ],
)
def test_lossless_video_comes_back_pixel_by_pixel(
    tmp_path: Path, suffix: str, codec: str, pixels: str, bits: int
) -> None:
    frames = blobs(16 if bits == 16 else 8)
    path = write_video(tmp_path / f"clip{suffix}", frames, codec, pixels)
    read = whole(path)
    assert [item.index for item in read] == list(range(8))
    assert [item.time_s for item in read] == pytest.approx([index / 25 for index in range(8)])
    for item, frame in zip(read, frames, strict=True):
        assert item.frame.dtype == (np.uint8 if bits == 8 else np.uint16)
        if pixels in ("gray", "gray16le"):
            assert np.array_equal(item.frame, frame)
        else:  # limited range, or other bits: the same picture but for its scale
            assert np.corrcoef(item.frame.ravel(), frame.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("pixels", ["gray", "gray16le", "gray16be"])
def test_luminance_of_any_byte_order_and_width(pixels: str) -> None:
    dtype = {"gray": "u1", "gray16le": "<u2", "gray16be": ">u2"}[pixels]
    frame = np.arange(33 * 47).reshape(33, 47).astype(dtype)  # rows end within a block of memory
    picture = av.VideoFrame(47, 33, pixels)
    across = picture.planes[0].line_size // frame.itemsize
    np.frombuffer(picture.planes[0], dtype).reshape(-1, across)[:33, :47] = frame
    assert np.array_equal(luminance(picture), frame)


def test_colour_video_is_read_as_grey(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", blobs(), "ffv1", "bgr0")
    for item, frame in zip(whole(path), blobs(), strict=True):
        assert np.abs(item.frame.astype(int) - frame).max() <= 1


def test_pages_of_a_tiff_are_frames(tmp_path: Path) -> None:
    frames = blobs(16)
    tifffile.imwrite(tmp_path / "stack.tif", np.stack(frames), photometric="minisblack")
    read = whole(tmp_path / "stack.tif")
    assert [item.index for item in read] == list(range(8))
    assert all(np.array_equal(a.frame, b) for a, b in zip(read, frames, strict=True))
    assert {item.time_s for item in read} == {None}


def test_a_tiff_that_breaks_off_gives_the_pages_before(tmp_path: Path) -> None:
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.stack(blobs(16)), photometric="minisblack")
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size - 20_000)
    *read, last = open_source(path).frames()
    assert isinstance(last, Skipped)
    assert "stack.tif" in last.reason
    assert all(isinstance(item, SourceFrame) for item in read)


@pytest.mark.parametrize(
    ("text", "dtype"),
    [("128x96:uint16:le", "<u2"), ("128x96:uint16:be", ">u2"), ("128X96:uint8", "u1"),
     ("128x96:float32:le", "<f4"), ("128x96:int16:be", ">i2")],
)  # fmt: skip
def test_raw_frames_are_read_as_they_lie(tmp_path: Path, text: str, dtype: str) -> None:
    frames = [frame.astype(dtype) for frame in blobs()]
    (tmp_path / "dump.raw").write_bytes(b"".join(frame.tobytes() for frame in frames))
    read = whole(tmp_path / "dump.raw", RawLayout.parse(text))
    assert len(read) == 8
    for item, frame in zip(read, frames, strict=True):
        assert item.frame.dtype.isnative
        assert np.array_equal(item.frame, frame)


def test_raw_frames_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"".join(frame.tobytes() for frame in blobs())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert len(whole("-", RawLayout.parse("128x96:uint8"))) == 8


def test_a_raw_file_of_another_size_is_said_after_the_whole_frames(tmp_path: Path) -> None:
    (tmp_path / "dump.raw").write_bytes(bytes(128 * 96 * 2 + 100))
    layout = RawLayout.parse("128x96:uint8")
    first, second, said = open_source(tmp_path / "dump.raw", layout).frames()
    assert isinstance(first, SourceFrame)
    assert isinstance(second, SourceFrame)
    assert isinstance(said, Skipped)
    assert "100 bytes after 2 whole frames" in said.reason


@pytest.mark.parametrize(
    "text", ["", "640", "640x", "0x5:uint8", "640x512", "640x512:uint12", "640x512:uint8:xe",
             "-4x5:uint8", "640x512x3:uint8", "99999999x2:uint8"],
)  # fmt: skip
def test_a_wrong_raw_layout_is_one_line(text: str) -> None:
    with pytest.raises(SettingsError, match="--raw"):
        RawLayout.parse(text)


# --- damage and streams


def test_a_damaged_video_goes_on_and_says_so(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.avi", blobs() * 8, "mjpeg", "yuvj420p")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    items = list(open_source(path).frames())
    read = [item for item in items if isinstance(item, SourceFrame)]
    assert len(read) >= 50  # how many are lost depends on the decoder's number of threads
    assert [item.index for item in read] == list(range(len(read)))


def test_what_is_no_video_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"not a video" * 50)
    (said,) = open_source(tmp_path / "clip.mp4").frames()
    assert isinstance(said, Skipped)
    assert "clip.mp4: cannot be read as video" in said.reason
    assert "\n" not in said.reason


def test_a_stream_that_nobody_sends_is_one_line() -> None:
    (said,) = open_source("tcp://127.0.0.1:9").frames()
    assert isinstance(said, Skipped)
    assert "tcp://127.0.0.1:9: cannot be read as video" in said.reason


def test_video_without_pyav_names_the_extra(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("irpoint.frames.video.find_spec", lambda name: None)
    (said,) = open_source(tmp_path / "clip.mp4").frames()
    assert isinstance(said, Skipped)
    assert "pip install 'irpoint[video]'" in said.reason


def test_a_dropped_stream_is_called_again_and_then_given_up(monkeypatch) -> None:
    from irpoint.frames.sources import video_stream

    calls: list[int] = []

    def connected(container: Any, source: str, began: float) -> Iterator[Any]:
        calls.append(len(calls))
        if len(calls) in (1, 3):
            yield 0.0, blobs()[0]
        raise FrameError(f"{source}: breaks off")

    monkeypatch.setattr(video_stream, "open_video", nullcontext)
    monkeypatch.setattr(video_stream, "read_container", connected)
    monkeypatch.setattr(video_stream.time, "sleep", lambda seconds: None)
    clock = iter(range(1000))
    monkeypatch.setattr(video_stream.time, "monotonic", lambda: float(next(clock)))
    items = list(open_source("rtsp://camera/1").frames())
    assert [item.index for item in items if isinstance(item, SourceFrame)] == [0, 1]
    said = [item.reason for item in items if isinstance(item, Skipped)]
    assert all("breaks off; reconnecting" in reason for reason in said[:-1])
    assert "gave up after 4 attempts" in said[-1]
    assert len(calls) == 7


@pytest.mark.parametrize(
    ("source", "video", "live"),
    [("a.MP4", True, False), ("rtsp://x/1", True, True), ("udp://@:5000", True, True),
     ("/dev/video0", True, True), ("a.tiff", False, False), ("-", False, False),
     ("file:///clips/a.mp4", True, False), ("https://x/a.mp4", True, True)],
)  # fmt: skip
def test_kinds_of_sources(source: str, video: bool, live: bool) -> None:
    assert (open_source(source).clock, open_source(source).live) == (video, live)


def test_a_stream_over_the_network_is_read_to_its_end(tmp_path: Path) -> None:
    """MPEG-TS over TCP, as encoders send it; the end counts as a drop and is said."""
    import socket

    path = write_video(tmp_path / "clip.ts", blobs() * 3, "mpeg2video", "yuv420p")
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(path.read_bytes())
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    read = []
    for item in open_source(f"tcp://127.0.0.1:{server.getsockname()[1]}").frames():
        if isinstance(item, Skipped):
            break
        read.append(item)
    thread.join()
    assert len(read) == 24
    assert isinstance(item, Skipped)
    assert "reconnecting" in item.reason


def test_a_video_behind_an_address_ends_as_a_file_does(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", blobs(), "ffv1", "gray")
    assert len(whole(f"file://{path}")) == 8
    handler = partial(SilentHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        read = whole(f"http://127.0.0.1:{server.server_port}/clip.mkv")
        server.shutdown()
    assert [item.time_s for item in read] == pytest.approx([k / 25 for k in range(8)])


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_colon_in_a_name_is_no_protocol(
    cli, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "12:30:00.mkv", blobs(), "ffv1", "gray")
    code, _, err = cli("detect", "12:30:00.mkv", "--out", "o:1", "--overlay")
    assert code == 0, err
    assert len(whole("o:1/overlays/12:30:00.mp4")) == 8


# --- detecting


def test_points_follow_the_target_through_every_kind_of_sequence(
    model: Path, tmp_path: Path
) -> None:
    frames = blobs(16)
    write_video(tmp_path / "clip.mkv", frames, "ffv1", "gray16le")
    tifffile.imwrite(tmp_path / "stack.tif", np.stack(frames), photometric="minisblack")
    (tmp_path / "dump.raw").write_bytes(b"".join(frame.tobytes() for frame in frames))
    raw = RawLayout.parse("128x96:uint16:le")
    detector = Detector(model, backend="onnxruntime", threads=1)
    for source, layout in (("clip.mkv", None), ("stack.tif", None), ("dump.raw", raw)):
        found = list(detect_frames(detector, [open_source(tmp_path / source, layout)], 3))
        assert [item.index for item in found if isinstance(item, FrameResult)] == [*range(8)]
        for item, place in zip(found, PLACES, strict=True):
            assert isinstance(item, FrameResult)
            assert item.points.xy == pytest.approx(np.array([place]), abs=0.4)
    streamed = list(detector.stream(tmp_path / "clip.mkv"))
    assert [result.time_s for result in streamed] == pytest.approx([k / 25 for k in range(8)])


def test_real_clips_are_read_to_their_end(shared_data: Path) -> None:
    clips = sorted((shared_data / "video-ir").glob("*.mp4"))
    assert clips
    for clip in clips[:3]:
        frames = whole(clip)
        assert len(frames) > 50
        times = [item.time_s for item in frames]
        assert times == sorted(times)
        assert len({item.frame.shape for item in frames}) == 1


def test_cli_writes_times_and_a_video(cli, shipped: Path, tmp_path: Path) -> None:
    empty = [np.full((96, 128), 90, np.uint8)]
    write_video(tmp_path / "clip.mkv", blobs() + empty, "ffv1", "gray")
    out = tmp_path / "out"
    code, _, err = cli("detect", tmp_path / "clip.mkv", "--out", out, "--overlay")
    assert code == 0, err
    assert "in 8 of 9 frames" in " ".join(err.split())
    rows = list(csv.DictReader((out / "points.csv").open()))
    assert [float(row["time_s"]) for row in rows] == pytest.approx([k / 25 for k in range(8)])
    drawn = whole(out / "overlays" / "clip.mp4")
    assert [item.time_s for item in drawn] == pytest.approx([k / 25 for k in range(9)], abs=2e-3)
    assert {item.frame.shape for item in drawn} == {(480, 640)}
    assert [path.name for path in (out / "overlays").iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize("moment", ["begin", "end"])
def test_an_overlay_that_cannot_be_written_costs_no_points(
    cli, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    write_video(tmp_path / "clip.mkv", blobs(), "ffv1", "gray")
    out, replace = tmp_path / "out", os.replace

    def full(source: Any, target: Any) -> None:
        if str(target).endswith(".mp4"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    if moment == "end":
        monkeypatch.setattr(os, "replace", full)
    else:
        out.mkdir()
        (out / "overlays").touch()
    code, _, err = cli("detect", tmp_path / "clip.mkv", "--out", out, "--overlay")
    assert code == 1
    assert "clip.mp4: cannot be written (" in err
    assert len(err.splitlines()) == 1
    rows = (out / "points.csv").read_text().splitlines()
    assert len(rows) == 1 + (8 if moment == "end" else 1)
    assert not list((tmp_path / "out").glob("overlays/.*"))


def test_cli_reads_raw_frames_as_json(cli, shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "dump.raw").write_bytes(b"".join(frame.tobytes() for frame in blobs()))
    code, out, _ = cli("detect", tmp_path, "--raw", "128x96:uint8", "--format", "json")
    assert code == 0
    assert [frame["frame"] for frame in json.loads(out)["frames"]] == list(range(8))
    code, _, err = cli("detect", tmp_path / "dump.raw", "--raw", "128x96:uint12")
    assert code == 1
    assert "--raw 128x96:uint12" in " ".join(err.split())
