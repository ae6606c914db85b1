"""Faults of a real stream: one process, a camera that is unplugged, a disk without space."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("av", reason="needs the extra video")
pytest.importorskip("fastapi", reason="needs the extra live")
from support.live_process import LiveProcess
from support.tcp_camera import TcpCamera
from support.videos import moving_blob
from support.waiting import wait_until


def test_detection_goes_on_through_every_fault(model: Path, tmp_path: Path) -> None:
    camera = TcpCamera(tmp_path)
    small = moving_blob() * 8
    large = [np.pad(frame, ((0, 32), (0, 64)), "reflect") for frame in small]
    options = ["--model", model, "--out", tmp_path / "out", "--keep-free", 10**12]
    camera.send(small)
    with LiveProcess(camera.address, *options) as live:
        # FFmpeg keeps the last ones until more come.
        wait_until(lambda: live.health["frames"] >= len(small) - 8)
        wait_until(lambda: live.says("no frame for 2 s"))  # the camera stalls
        camera.unplug()
        wait_until(lambda: live.health["skipped"] > 0)
        camera.plug()
        camera.send(large)
        wait_until(lambda: live.says("frames are now 192x128, before 128x96"))
        wait_until(lambda: live.says("frames again after"))
        live.ask("api/record", {"on": True})  # the first frame stops it, maybe before the answer
        camera.unplug()
        camera.plug()
        camera.send(large)
        wait_until(lambda: live.says("recording stopped after 0 frames"))
        health = live.health
        assert health["detected"] > 1
        assert health["failed"] == 0
        wait_until(lambda: shown(live) == printed(live))
        assert len(shown(live)) < 20  # no fault floods the page
        assert live.stop() == 128 + 15
        assert not live.says("Traceback")
    camera.unplug()


def shown(live: LiveProcess) -> list[str]:
    """The lines on the page."""
    return [event["text"] for event in live.ask("api/state")["events"]]


def printed(live: LiveProcess) -> list[str]:
    """The lines on standard error."""
    said = [line for line in list(live.lines) if "irpoint: " in line]
    return [line.removeprefix("irpoint: ") for line in said]
