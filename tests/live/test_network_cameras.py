"""Real network cameras, each a process: they stall, restart, and change frames and clock."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("av", reason="needs the extra video")
pytest.importorskip("fastapi", reason="needs the extra live")
from support.live_process import LiveProcess
from support.network_sender import NetworkSender
from support.receivers import free_port
from support.rtsp_camera import RtspCamera, can_serve
from support.waiting import wait_until

SMALL, LARGE = (96, 128), (128, 192)


def wait_for_frames(live: LiveProcess, count: int = 8) -> None:
    """Wait until more frames are detected."""
    before = live.health["detected"]
    wait_until(lambda: live.health["detected"] >= before + count)


def test_a_camera_that_sends_mpeg_ts_over_udp(model: Path, tmp_path: Path) -> None:
    address = f"udp://127.0.0.1:{free_port()}"
    sent = f"{address}?pkt_size=1316"
    with LiveProcess(address, "--model", model, "--out", tmp_path / "out") as live:
        with NetworkSender(sent, SMALL, start_s=50.0) as camera:
            wait_for_frames(live)
            camera.stall()
            wait_until(lambda: live.says("no frame for 2 s"))
            camera.resume()
            wait_until(lambda: live.says("frames again after"))
        with NetworkSender(sent, LARGE):  # in the same connection, from another clock
            wait_until(lambda: live.says("frames are now 192x128, before 128x96"))
            wait_for_frames(live)
        counts = live.health
        assert counts["stalls"] >= 1  # on a busy machine, one more until the next sender starts
        assert counts["jumps"] == 1
        assert (counts["failed"], counts["skipped"], counts["lost"]) == (0, 0, 0)
        assert live.says(f"{address}: its clock jumped by -5")
        lines = [line for line in live.lines if line.startswith("irpoint: ")]
        assert len(lines) == 2 + 2 * counts["stalls"], lines
        assert live.stop() == 128 + 15


@pytest.mark.skipif(not can_serve(), reason="GStreamer's RTSP server is not installed")
def test_a_camera_that_serves_rtsp(model: Path, tmp_path: Path) -> None:
    port = free_port()
    options = ["--model", model, "--out", tmp_path / "out"]
    with RtspCamera(port, SMALL) as camera, LiveProcess(camera.address, *options) as live:
        wait_for_frames(live)
        camera.stall()
        wait_until(lambda: live.says("no frame for 2 s"))
        camera.resume()
        wait_until(lambda: live.says("frames again after"))
        camera.unplug()
        wait_until(lambda: live.says("the stream ended; reconnecting"))
        with RtspCamera(port, LARGE):
            wait_until(lambda: live.says("frames are now 192x128, before 128x96"))
            wait_for_frames(live)
        counts = live.health
        assert counts["stalls"] >= 1
        assert (counts["jumps"], counts["failed"]) == (0, 0)
        assert counts["skipped"] >= 1
        assert live.stop() == 128 + 15
