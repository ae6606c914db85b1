"""Training from the page: one for real, and stand-ins that last as long as a test wants."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.label_client import JSON, client, point, put, session
from support.label_scenes import TRUTH, write_folder

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("lightning", reason="needs the extra train")
import httpx
from fastapi.testclient import TestClient

from irpoint.errors import SettingsError
from irpoint.label import LabelSession, training
from irpoint.label.training import Progress, Trainer

__all__ = ["client", "session"]  # fixtures

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
FAILS = [sys.executable, "-c", "print('on the way'); print('no memory left'); raise SystemExit(3)"]


def label_all(client: httpx.Client) -> None:
    for name, targets in TRUTH.items():
        state = "done" if targets else "empty"
        put(client, name, state=state, points=[point(x, y) for x, y in targets])


def instead(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    """Everything as it is but for the command that runs."""
    real = Trainer.command

    def stand_in(self: Trainer, data: Path, frames: int, init: str) -> list[str]:
        real(self, data, frames, init)
        return command

    monkeypatch.setattr(Trainer, "command", stand_in)


def until(done: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_is_labelled_trains_a_model_that_then_proposes(
    client: TestClient, session: LabelSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_EPOCHS", 2)
    monkeypatch.setattr(training, "_LEAST_CROPS", 12)
    monkeypatch.setattr(training, "_CROPS_A_FRAME", 2)
    label_all(client)
    begun = client.post("/api/training", headers=JSON, json={"model": "p2p-lite"}).json()
    assert (begun["state"], begun["name"]) == ("running", "runs/1")
    until(lambda: session.trainer.progress().state != "running")
    ended = client.get("/api/training").json()
    assert (ended["state"], ended["message"]) == ("done", "")
    assert (ended["epoch"], ended["epochs"], len(ended["loss"])) == (2, 2, 2)
    assert [epoch for epoch, _ in ended["f1"]] == [2]
    assert session.proposer.models()[-1] == "runs/1"
    client.post("/api/model", headers=JSON, json={"model": "runs/1"})
    assert session.proposer.model == "runs/1"
    proposed = client.get("/api/labels", params={"frame": "a.png"}).json()
    assert proposed["labels"]["state"] == "done"
    # The next one starts from it.
    command = session.training_command("runs/1")[1]
    assert command[command.index("--method") + 1] == "p2p-lite"
    assert command[command.index("--init") + 1] == str(session.out / "runs/1/best.safetensors")
    assert command[command.index("--out") + 1] == str(session.out / "runs/2")


def test_one_training_at_a_time_and_it_can_be_stopped(
    client: TestClient, session: LabelSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, SLEEPS)
    assert session.trainer.progress() == Progress()
    label_all(client)
    assert session.train("spire").state == "running"
    with pytest.raises(SettingsError, match="running already"):
        session.train("spire")
    answer = client.post("/api/training", headers=JSON, json={"model": "spire"})
    assert "running already" in answer.json()["error"]
    assert client.delete("/api/training", headers=JSON).json()["state"] == "stopped"
    assert session.train("spire").name == "runs/2"
    session.close()
    assert session.trainer.progress().state == "stopped"


def test_why_a_training_failed_is_its_last_line(
    client: TestClient, session: LabelSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    instead(monkeypatch, FAILS)
    label_all(client)
    session.train("spire")
    until(lambda: session.trainer.progress().state != "running")
    progress = session.trainer.progress()
    assert (progress.state, progress.message) == ("failed", "no memory left")


_SERVED = """
import sys
from irpoint.cli import main
from irpoint.label.training import Trainer
real, file = Trainer.command, sys.argv.pop(1)
sleeps = "import os, sys, time; open(sys.argv[1], 'w').write(f'{os.getpid()}.'); time.sleep(600)"
def stand_in(*given):
    real(*given)
    return [sys.executable, "-c", sleeps, file]
Trainer.command = stand_in
main()
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_training_ends_with_its_server(tmp_path: Path, ending: signal.Signals) -> None:
    """Otherwise it would go on unseen, and take the processor from the next."""
    folder, file = write_folder(tmp_path / "frames"), tmp_path / "number"
    call = [sys.executable, "-c", _SERVED, str(file), "label", str(folder), "--no-browser"]
    with subprocess.Popen(
        [*call, "--port", "0", "--out", str(tmp_path / "out")], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:  # fmt: skip
        assert server.stdout is not None
        found = (re.search(r"http://[^/]+/", line) for line in server.stdout)
        address = next(match[0] for match in found if match)
        with httpx.Client(base_url=address) as client:
            label_all(client)
            assert client.post("/api/training", headers=JSON, json={"model": "spire"}).is_success
        until(lambda: file.exists() and file.read_text().endswith("."))
        number = int(file.read_text()[:-1])
        try:
            server.send_signal(ending)
            server.wait(60)
            with pytest.raises(ProcessLookupError):
                os.kill(number, 0)
        finally:
            server.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
