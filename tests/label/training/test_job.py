"""Real trainings of the tiny method: comparison, stop, resume, and the choice of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
pytest.importorskip("lightning", reason="needs the extra train")

from irpoint.label import LabelSession
from irpoint.label.training import Trainer
from support.label_client import JSON, client_of
from support.label_training import SHORT, label_blobs, ship_blind_model, tiny_job, write_blobs
from support.waiting import wait_until


@pytest.fixture
def session(
    tmp_path: Path,
    shipped: Path,
    write_model: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[LabelSession]:
    """Twelve labelled frames, and a model that finds nothing in them."""
    ship_blind_model(write_model, shipped)
    monkeypatch.setattr(Trainer, "job", lambda _, folder: tiny_job(shipped.parent, folder))
    session = LabelSession(write_blobs(tmp_path / "frames"), tmp_path / "out")
    session.trainer = Trainer(session.out / "runs", SHORT)
    label_blobs(client_of(session))
    yield session
    session.close()


def test_a_training_is_stopped_and_resumed_and_its_model_compared_chosen_and_taken_back(
    session: LabelSession, shipped: Path
) -> None:
    client, old = client_of(session), shipped.stem
    session.choose(old)

    def ask() -> dict[str, Any]:
        found: dict[str, Any] = client.get("/api/training").json()
        return found

    started = client.post("/api/training", headers=JSON, json={}).json()
    assert (started["state"], started["reason"]) == ("running", "")
    folder = session.out / "runs" / "1.training"
    first = folder / "judged" / "fold-1.json"
    wait_until(first.exists)
    stopped = client.delete("/api/training", headers=JSON).json()
    assert stopped["state"] == "stopped"
    assert 0 < stopped["share"] < 1
    judged = first.stat().st_mtime_ns
    assert "no training is done" in _answer(client, use=True)["error"]

    assert client.post("/api/training/resume", headers=JSON).json()["state"] == "running"
    wait_until(lambda: ask()["state"] != "running")
    ended = ask()
    assert (ended["state"], ended["message"], ended["share"]) == ("done", "", 1)
    assert first.stat().st_mtime_ns == judged  # it was not trained again
    compared = ended["outcome"]["compared"]
    assert (compared["verdict"], compared["before"]["found"]) == ("better", 0)
    assert (compared["frames"], compared["targets"]) == (12, 24)
    assert compared["after"]["found"] == 24
    assert ended["outcome"]["growth"]["sentence"].startswith("More labels like these hardly pay")
    assert not list(folder.glob("fold-*"))  # only the new model is kept

    # The page asks first.
    assert (session.proposer.model, ended["answer"]) == (old, "")
    assert session.proposer.models()[-1] == "runs/1"
    assert _answer(client, use=True)["chosen"] == session.proposer.model == "runs/1"
    assert session.remembered_model == "runs/1"
    assert _answer(client, use=False)["chosen"] == session.proposer.model == old
    assert (ask()["answer"], session.remembered_model) == ("kept", old)

    # The next training begins where the first one did, and judges nothing that runs/1 has learned.
    learned = session.estimate("runs/1")
    assert "Label 12 more frames with targets, which runs/1 has not learned." in learned.reason
    assert learned.measured
    command = session.training_command("runs/1")[1]
    assert command[command.index("--init") + 1] == str(shipped.with_suffix(".safetensors"))


def _answer(client: Any, *, use: bool) -> dict[str, Any]:
    answered: dict[str, Any] = client.post(
        "/api/training/answer", headers=JSON, json={"use": use}
    ).json()
    return answered


def test_an_error_of_the_training_is_one_line(session: LabelSession, shipped: Path) -> None:
    shipped.with_suffix(".safetensors").write_bytes(b"damaged")
    session.train(shipped.stem, compare=False)
    wait_until(lambda: session.trainer.progress().state != "running")
    progress = session.trainer.progress()
    assert (progress.state, progress.reason) == ("failed", "The models are not compared.")
    assert progress.message.startswith(f"{shipped.with_suffix('.safetensors')}: ")
    assert "\n" not in progress.message
