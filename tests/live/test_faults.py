"""Faults of a real stream: one process, a camera that is unplugged, a disk without space."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import pytest

pytest.importorskip("av", reason="needs the extra video")
pytest.importorskip("fastapi", reason="needs the extra live")
from support.live_process import LiveProcess
from support.tcp_camera import TcpCamera
from support.videos import moving_blob
from support.waiting import wait_until


def ask(live: LiveProcess, path: str, body: Any = None) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = Request(live.address + path, data, {"Content-Type": "application/json"})
    with urlopen(request) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def test_detection_goes_on_through_every_fault(model: Path, tmp_path: Path) -> None:
    camera = TcpCamera(tmp_path)
    small = moving_blob() * 8
    large = [np.pad(frame, ((0, 32), (0, 64)), "reflect") for frame in small]
    options = ["--model", model, "--out", tmp_path / "out", "--keep-free", 10**12]
    camera.send(small)
    with LiveProcess(camera.address, *options) as live:

        def read() -> int:
            return int(ask(live, "api/state")["health"]["frames"])

        def says(text: str) -> bool:
            return any(text in line for line in live.lines)

        wait_until(lambda: read() >= len(small) - 8)  # FFmpeg keeps the last ones until more come
        wait_until(lambda: says("no frame for 2 s"))  # the camera stalls
        camera.unplug()
        wait_until(lambda: ask(live, "api/state")["health"]["skipped"] > 0)
        camera.plug()
        camera.send(large)
        wait_until(lambda: says("frames are now 192x128, before 128x96"))
        assert says("frames again after")
        assert ask(live, "api/record", {"on": True})["recording"]["active"]
        camera.unplug()
        camera.plug()
        camera.send(large)
        wait_until(lambda: says("recording stopped after 0 frames"))
        health = ask(live, "api/state")["health"]
        assert health["detected"] > 1
        assert health["failed"] == 0
        events = [event["text"] for event in ask(live, "api/state")["events"]]
        printed = [line.removeprefix("irpoint: ") for line in live.lines if "irpoint: " in line]
        assert events == printed  # each line is on the page and on standard error
        assert len(events) == len(set(events))
        assert live.stop() == 128 + 15
        assert not says("Traceback")
    camera.unplug()
