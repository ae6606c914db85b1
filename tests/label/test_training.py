"""Training from the page: a short real one, and stand-ins for a training."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("lightning", reason="needs the extra train")
import httpx
from fastapi.testclient import TestClient
from safetensors.torch import save_file

from irpoint.errors import DatasetError, SettingsError
from irpoint.label import LabelSession
from irpoint.label.training import Progress, Schedule, Trainer
from support.label_client import JSON, get_labels, label_all, put
from support.label_scenes import write_folder
from support.tiny_method import TINY
from support.waiting import wait_until

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
FAILS = [sys.executable, "-c", "print('epoch 1'); print('out of memory'); raise SystemExit(3)"]


def finished(session: LabelSession) -> Callable[[], bool]:
    return lambda: session.trainer.progress().state != "running"


@pytest.fixture
def run_instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Replaces the training process by another command."""

    def replace(command: list[str]) -> None:
        monkeypatch.setattr(Trainer, "command", lambda *_: command)

    return replace


# `irpoint train` in a process that knows the tiny method. Its export, which takes most of the time
# and has tests of its own, is replaced by a graph that responds to blobs.
_TRAIN_TINY = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from irpoint.methods import METHODS
from irpoint.training import export_run
from support.models import tiny_graph
from support.tiny_method import TINY
METHODS["tiny"] = TINY
export_run.export_onnx = lambda *network, **options: tiny_graph()
from irpoint.cli import main
main()
"""


@pytest.fixture
def shipped_tiny(shipped: Path, write_model: Callable[..., Path]) -> None:
    """A zoo that ships a model of the tiny method, with its weights, as ``spire``."""
    write_model(shipped, name="spire", method="tiny", width=None)
    save_file(TINY.build(None).state_dict(), shipped.with_suffix(".safetensors"))


def test_a_trained_model_proposes_and_the_next_training_starts_from_it(
    client: TestClient,
    session: LabelSession,
    shipped_tiny: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = Trainer.command

    def with_tiny(*arguments: Any) -> list[str]:
        python, option, _, *rest = real(*arguments)
        return [python, option, _TRAIN_TINY, *rest]

    monkeypatch.setattr(Trainer, "command", with_tiny)
    session.trainer = Trainer(
        session.out / "runs", Schedule(epochs=2, crops_per_frame=2, min_crops=12)
    )
    label_all(client)
    started = client.post("/api/training", headers=JSON, json={"model": "glint"}).json()
    assert (started["state"], started["name"]) == ("running", "runs/1")
    wait_until(finished(session))
    ended = client.get("/api/training").json()
    assert (ended["state"], ended["message"]) == ("done", "")
    assert (ended["epoch"], ended["epochs"], len(ended["loss"])) == (2, 2, 2)
    assert [epoch for epoch, _ in ended["f1"]] == [2]
    assert session.proposer.models() == ["glint", "spire", "runs/1"]
    client.post("/api/model", headers=JSON, json={"model": "runs/1"})
    assert session.proposer.model == "runs/1"
    assert get_labels(client, "a.png")["labels"]["state"] == "done"
    command = session.training_command("runs/1")[1]
    assert command[command.index("--method") + 1] == "tiny"
    assert command[command.index("--init") + 1] == str(session.out / "runs/1/best.safetensors")
    assert command[command.index("--out") + 1] == str(session.out / "runs/2")


def test_the_command_follows_the_schedule(session: LabelSession) -> None:
    trainer = Trainer(session.out / "runs", Schedule(epochs=3, crops_per_frame=5, max_crops=400))
    command = trainer.command(Path("data"), 50, "spire", trainer.new_run())
    assert command[command.index("--epochs") + 1] == "3"
    assert "crops_per_epoch=250" in command
    assert "crops_per_epoch=400" in trainer.command(Path("data"), 900, "spire", trainer.new_run())


def test_one_training_runs_at_a_time_and_can_be_stopped(
    client: TestClient, session: LabelSession, run_instead: Callable[[list[str]], None]
) -> None:
    run_instead(SLEEPS)
    assert session.trainer.progress() == Progress()
    label_all(client)
    assert session.train("spire").state == "running"
    with pytest.raises(SettingsError, match="running already"):
        session.train("spire")
    response = client.post("/api/training", headers=JSON, json={"model": "spire"})
    assert "running already" in response.json()["error"]
    assert client.delete("/api/training", headers=JSON).json()["state"] == "stopped"
    assert session.train("spire").name == "runs/2"
    session.close()
    assert session.trainer.progress().state == "stopped"


def test_a_failed_training_shows_its_last_line(
    client: TestClient, session: LabelSession, run_instead: Callable[[list[str]], None]
) -> None:
    run_instead(FAILS)
    label_all(client)
    session.train("spire")
    wait_until(finished(session))
    progress = session.trainer.progress()
    assert (progress.state, progress.message) == ("failed", "out of memory")


def test_training_needs_a_target(client: TestClient, session: LabelSession) -> None:
    put(client, "c.png", state="empty")
    with pytest.raises(DatasetError, match="no target"):
        session.train("spire")


_SERVER = """
import sys
from irpoint.cli import main
from irpoint.label.training import Trainer
file = sys.argv.pop(1)
sleeps = "import os, sys, time; open(sys.argv[1], 'w').write(f'{os.getpid()}.'); time.sleep(600)"
Trainer.command = lambda *_: [sys.executable, "-c", sleeps, file]
main()
"""


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_training_ends_with_its_server(tmp_path: Path, ending: signal.Signals) -> None:
    folder, file = write_folder(tmp_path / "frames"), tmp_path / "process"
    call = [sys.executable, "-c", _SERVER, str(file), "label", str(folder), "--no-browser"]
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
        wait_until(lambda: file.exists() and file.read_text().endswith("."))
        number = int(file.read_text()[:-1])
        try:
            server.send_signal(ending)
            server.wait(60)
            with pytest.raises(ProcessLookupError):
                os.kill(number, 0)
            assert not (tmp_path / "out" / "labels.sqlite-wal").exists()  # the file is complete
        finally:
            server.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
