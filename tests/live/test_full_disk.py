"""``irpoint live`` on a disk that is really full."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.error import HTTPError

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra live")
from irpoint.frames import read_frame
from support.live import write_stack
from support.live_process import LiveProcess
from support.small_disk import small_disk
from support.waiting import wait_until


def test_a_full_disk_stops_the_recording_alone(model: Path, tmp_path: Path) -> None:
    write_stack(tmp_path / "clip.npy")
    with small_disk(tmp_path / "disk", 2**20) as disk:
        out, lines = disk.path / "out", disk.path / "frames.jsonl"
        options = ["--model", model, "--loop", "--keep-free", 0, "--out", out, "--emit", lines]
        with LiveProcess(tmp_path / "clip.npy", *options) as live:
            live.ask("api/record", {"on": True})
            wait_until(lambda: live.says("recording stopped after"))
            recording = live.ask("api/state")["recording"]
            check_recording(Path(recording["folder"]), recording["frames"])
            assert recording["lost"] >= 1
            disk.fill(leave=0)
            wait_until(lambda: live.says(f"--emit {lines}: No space left on device; retrying"))
            with pytest.raises(HTTPError, match="422"):
                live.ask("api/snapshot", {})
            assert not list(out.glob("snapshot*"))
            before = live.health["detected"]
            wait_until(lambda: live.health["detected"] > before + 10)
            disk.free()
            shutil.rmtree(recording["folder"])
            wait_until(lambda: live.says(f"--emit {lines}: works again after"))
            live.ask("api/record", {"on": True})
            wait_until(lambda: live.ask("api/state")["recording"]["frames"] > 2)
            assert live.health["failed"] == 0
            assert live.stop() == 128 + 15
            assert [json.loads(line)["frame"] for line in lines.read_text().splitlines()]
        assert not live.says("Traceback")


def check_recording(folder: Path, count: int) -> None:
    """Check that every recorded frame is whole, and has its record."""
    records = [json.loads(line) for line in (folder / "points.jsonl").read_text().splitlines()]
    assert len(records) == count > 5
    assert sorted(path.name for path in folder.glob("*.tif")) == [r["file"] for r in records]
    assert all(np.ptp(read_frame(folder / record["file"])) > 0 for record in records)
