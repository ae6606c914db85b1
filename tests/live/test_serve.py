"""``irpoint live`` as a command: a real process, a real socket."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra live")
pytest.importorskip("websockets", reason="needs the extra live")
from websockets.sync.client import connect

from support.live import parse, write_stack
from support.live_process import LiveProcess
from support.videos import POSITIONS


def test_a_file_is_shown_as_if_live_until_a_signal(model: Path, tmp_path: Path) -> None:
    write_stack(tmp_path / "clip.npy")
    settings, emitted = tmp_path / "live.toml", tmp_path / "frames.jsonl"
    settings.write_text(f'[live]\nloop = true\nemit = ["{emitted}"]\n[detect]\nbatch = 1\n')
    options = ["--model", model, "--config", settings, "--out", tmp_path / "out"]
    with LiveProcess(tmp_path / "clip.npy", *options) as live:
        socket = connect(live.address.replace("http", "ws") + "api/frames", compression=None)
        numbers = []
        with socket:
            socket.send("0")
            while len(numbers) < 3:
                message = socket.recv(timeout=60)
                if isinstance(message, str):
                    state = json.loads(message)
                    continue
                head, _ = parse(message)
                places = [head["others"][0][:2]] if head["others"] else []
                places += [[track["x"], track["y"]] for track in head["frame"]["tracks"]]
                if places:
                    gaps = np.array(places) - POSITIONS[head["frame"]["frame"]]
                    assert np.linalg.norm(gaps, axis=1).min() < 3
                numbers.append(head["number"])
                socket.send(str(head["number"]))
        assert numbers == sorted(set(numbers))
        assert state["model"] == "tiny"
        assert live.stop() == 128 + signal.SIGTERM
    records = [json.loads(line) for line in emitted.read_text().splitlines()]
    assert len(records) >= max(numbers)
    assert records[0]["model"]["name"] == "tiny"
    assert not (tmp_path / "out").exists()  # nothing was stored
    assert not any("Traceback" in line for line in live.lines)


def test_wrong_options_are_one_line(cli: Callable[..., Any], tmp_path: Path) -> None:
    for options, line in (
        ((tmp_path / "no.mp4",), "no such file"),
        ((tmp_path, "--fps", "0"), "--fps 0: give more than 0"),
        ((tmp_path, "--false-tracks-per-hour", "0"), "give a number above 0, at most 1000000"),
        ((tmp_path, "--threads", "-1"), "--threads -1: give 1 or more"),
    ):
        code, _, err = cli("live", *options)
        assert code == 1
        assert line in err
        assert len(err.splitlines()) == 1
