"""Cameras and addresses as sources."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from irpoint.errors import FrameError
from irpoint.frames import open_source
from irpoint.frames.source import Skipped, SourceFrame
from irpoint.frames.sources import video_stream
from support.sources import read_frames, read_with_problems
from support.videos import moving_blob, write_video

pytest.importorskip("av", reason="PyAV is not installed")


def test_an_address_without_a_sender_is_skipped() -> None:
    frames, (reason,) = read_with_problems("tcp://127.0.0.1:9")
    assert not frames
    assert "tcp://127.0.0.1:9: cannot be read as video" in reason


def test_a_dropped_stream_is_opened_again_until_four_attempts_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connections: list[int] = []

    def read(container: Any, name: str, live: bool) -> Iterator[Any]:
        connections.append(len(connections))
        if len(connections) in (1, 3):
            yield 0.0, moving_blob()[0]
        raise FrameError(f"{name}: breaks off")

    clock = iter(range(1000))
    monkeypatch.setattr(video_stream, "open_video", nullcontext)
    monkeypatch.setattr(video_stream, "read_container", read)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    frames, reasons = read_with_problems("rtsp://camera/1")
    assert [item.index for item in frames] == [0, 1]
    assert all("breaks off; reconnecting" in reason for reason in reasons[:-1])
    assert "gave up after 4 attempts" in reasons[-1]
    assert len(connections) == 7


def test_a_network_stream_is_read_to_its_end(tmp_path: Path) -> None:
    """MPEG-TS over TCP, as encoders send it. Its end counts as a drop."""
    path = write_video(tmp_path / "clip.ts", moving_blob() * 3, "mpeg2video", "yuv420p")
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            connection.sendall(path.read_bytes())
        server.close()

    thread = threading.Thread(target=serve)
    thread.start()
    items = open_source(f"tcp://127.0.0.1:{server.getsockname()[1]}").frames()
    assert all(isinstance(next(items), SourceFrame) for _ in range(24))
    last = next(items)
    thread.join()
    assert isinstance(last, Skipped)
    assert "reconnecting" in last.reason


def test_a_video_at_an_address_ends_like_a_file(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", moving_blob())
    assert len(read_frames(f"file://{path}")) == 8
    handler = partial(SilentHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        read = read_frames(f"http://127.0.0.1:{server.server_port}/clip.mkv")
        server.shutdown()
    assert [item.time_s for item in read] == pytest.approx([k / 25 for k in range(8)])


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass
