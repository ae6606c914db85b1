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

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("lightning", reason="needs the extra train")
import httpx
from fastapi.testclient import TestClient

from irpoint.errors import DatasetError, SettingsError
from irpoint.label import LabelSession
from irpoint.label.training import Progress, Schedule, Trainer
from support.label_client import JSON, label_all, point, put
from support.label_scenes import write_folder
from support.waiting import wait_until

# Stand-ins for the process of a training, which ends with its input.
SLEEPS = [sys.executable, "-c", "import sys; sys.stdin.read()"]
FAILS = [sys.executable, "-c", "print('epoch 1'); print('out of memory'); raise SystemExit(3)"]
IS_KILLED = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]


def finished(session: LabelSession) -> Callable[[], bool]:
    return lambda: session.trainer.progress().state != "running"


@pytest.fixture
def run_instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Replaces the training process by another command."""

    def replace(command: list[str]) -> None:
        monkeypatch.setattr(Trainer, "job", lambda *_: command)

    return replace


def test_the_command_follows_the_schedule(session: LabelSession) -> None:
    trainer = Trainer(session.out / "runs", Schedule(epochs=3, crops_per_frame=5, max_crops=400))
    command = trainer.command(Path("data"), 50, "spire", trainer.new_run())
    assert command[command.index("--epochs") + 1] == "3"
    assert "crops_per_epoch=250" in command
    assert "crops_per_epoch=400" in trainer.command(Path("data"), 900, "spire", trainer.new_run())


def test_one_training_runs_at_a_time_and_can_be_stopped_and_resumed(
    client: TestClient, session: LabelSession, run_instead: Callable[[list[str]], None]
) -> None:
    run_instead(SLEEPS)
    assert session.trainer.progress() == Progress()
    with pytest.raises(SettingsError, match="no training to resume"):
        session.trainer.resume()
    label_all(client)
    assert session.train("spire").state == "running"
    with pytest.raises(SettingsError, match="running already"):
        session.train("spire")
    response = client.post("/api/training", headers=JSON, json={"model": "spire"})
    assert "running already" in response.json()["error"]
    assert "running already" in client.post("/api/training/resume", headers=JSON).json()["error"]
    assert client.delete("/api/training", headers=JSON).json()["state"] == "stopped"
    resumed = client.post("/api/training/resume", headers=JSON).json()
    assert (resumed["state"], resumed["name"]) == ("running", "runs/1")
    session.trainer.stop()
    assert session.train("spire").name == "runs/2"
    session.close()
    assert session.trainer.progress().state == "stopped"


@pytest.mark.parametrize(
    ("command", "message"),
    [(FAILS, "out of memory"), (IS_KILLED, r"was killed \(signal 9\), perhaps for lack of memory")],
)
def test_a_failed_training_says_why_in_one_line(
    client: TestClient, session: LabelSession, run_instead: Callable[[list[str]], None],
    command: list[str], message: str,
) -> None:  # fmt: skip
    run_instead(command)
    label_all(client)
    session.train("spire")
    wait_until(finished(session))
    progress = session.trainer.progress()
    assert progress.state == "failed"
    assert re.search(message, progress.message)
    run_instead(SLEEPS)
    assert session.trainer.resume().message == ""


def test_a_plan_that_is_damaged_is_one_line(
    client: TestClient, session: LabelSession, run_instead: Callable[[list[str]], None]
) -> None:
    run_instead(SLEEPS)
    label_all(client)
    session.train("spire")
    session.trainer.stop()
    (session.out / "runs" / "1.training" / "plan.json").write_text("{}")
    progress = session.trainer.progress()
    assert progress.state == "failed"
    assert progress.message.endswith("start another training")


def test_training_needs_a_target(client: TestClient, session: LabelSession) -> None:
    put(client, "c.png", state="empty")
    with pytest.raises(DatasetError, match="no target"):
        session.train("spire")


def test_too_few_frames_are_said_before_and_the_time(
    client: TestClient, session: LabelSession, run_instead: Callable[[list[str]], None]
) -> None:
    nothing = client.get("/api/training/estimate").json()
    assert (nothing["frames"], nothing["targets"]) == (0, 0)
    label_all(client)
    found = client.get("/api/training/estimate", params={"model": "spire"}).json()
    assert (found["frames"], found["targets"], found["compare_seconds"]) == (4, 4, 0)
    assert "Label 11 more frames with targets." in found["reason"]
    assert 60 < found["seconds"] < 600
    assert not found["measured"]
    run_instead(SLEEPS)
    assert session.train("spire").reason == found["reason"]


def test_the_dataset_of_a_training_is_kept_as_it_was(
    client: TestClient, session: LabelSession, run_instead: Callable[[list[str]], None]
) -> None:
    run_instead(SLEEPS)
    label_all(client)
    session.train("spire")
    put(client, "b.png", version=1, state="unsure")
    session.write_dataset()
    copy = session.out / "runs" / "1.training" / "dataset"
    assert (copy / "images" / "b.png").exists()
    assert not (session.out / "dataset" / "images" / "b.png").exists()
    assert {file.name for file in (copy / "img_idx").iterdir()} == {"train.txt", "val.txt"}


def test_the_only_frame_with_a_target_trains_and_validates(
    client: TestClient, session: LabelSession, run_instead: Callable[[list[str]], None]
) -> None:
    run_instead(SLEEPS)
    put(client, "a.png", state="done", points=[point(40.3, 30.6)])
    put(client, "c.png", state="empty")
    session.train("spire")
    lists = session.out / "runs" / "1.training" / "dataset" / "img_idx"
    for split in ("train", "val"):
        assert "a" in (lists / f"{split}.txt").read_text().split()


_SERVER = """
import sys
from irpoint.cli import main
from irpoint.label.training import Trainer
file = sys.argv.pop(1)
sleeps = "import os, sys; open(sys.argv[1], 'w').write(f'{os.getpid()}.'); sys.stdin.read()"
Trainer.job = lambda *_: [sys.executable, "-c", sleeps, file]
main()
"""


def is_gone(number: int) -> bool:
    """Whether there is no process with this number."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{number}/stat").exists() and (
        Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    )


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_training_ends_with_its_server_and_can_be_resumed(
    tmp_path: Path, ending: signal.Signals
) -> None:
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
            wait_until(lambda: is_gone(number))
            if ending != signal.SIGKILL:  # the file is complete
                assert not (tmp_path / "out" / "labels.sqlite-wal").exists()
            again = LabelSession(folder, tmp_path / "out")
            assert again.trainer.progress().state == "stopped"
            again.close()
        finally:
            server.kill()
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
