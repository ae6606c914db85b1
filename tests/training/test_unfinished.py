"""A run that is not finished, as a model: its best weights so far, or what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from irpoint import Detector
from irpoint.errors import IrpointWarning, ModelError
from irpoint.frames import read_frame
from irpoint.training.export_run import export_run
from irpoint.training.run import fit
from irpoint.training.unfinished import model_or_run
from irpoint.zoo import Model
from support.runs import short_run

Cli = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("one_thread", "tiny_method")


@pytest.fixture(autouse=True)
def quick_export(monkeypatch: pytest.MonkeyPatch, graph: bytes) -> None:
    monkeypatch.setattr("irpoint.training.export_run.export_onnx", lambda *_, **__: graph)


@pytest.fixture
def run(scenes: Path, tmp_path: Path) -> Path:
    """A run of two epochs that was stopped before its model was exported."""
    fit(short_run(scenes, epochs=2), tmp_path / "run")
    return tmp_path / "run"


def test_its_best_weights_are_used_with_a_line_that_says_so(run: Path) -> None:
    best = json.loads((run / "best.json").read_text())
    before = sorted(run.rglob("*"))
    with pytest.warns(IrpointWarning, match=r"run: the run is not finished; using the best weights "
                      r"so far, of epoch 2 of 2"):  # fmt: skip
        model = model_or_run(run)
    assert isinstance(model, Model)
    assert model.card.thresholds.default == best["val_threshold"]
    assert model.card.thresholds.chosen == "best F1 on all, in training"
    assert "not finished" in model.card.note
    assert sorted(run.rglob("*")) == before
    assert Detector(model, backend="onnxruntime").threshold == best["val_threshold"]


@pytest.mark.parametrize("command", ["evaluate", "report", "detect", "benchmark"])
def test_every_command_takes_it(
    cli: Cli, run: Path, scenes: Path, tmp_path: Path, command: str
) -> None:
    image = next((scenes / "images").iterdir())
    options = {
        "evaluate": ("--data", scenes, "--split", "val", "--model", run),
        "report": (run, "--out", tmp_path / "page.html"),
        "detect": (image, "--model", run, "--out", tmp_path / "found"),
        "benchmark": ("--model", run, "--size", "32", "--repeats", "1"),
    }
    code, _, err = cli(command, *options[command])
    assert code == 0, err
    assert err.count("the run is not finished; using the best weights so far, of epoch 2") == 1
    assert not (run / "model.onnx").exists()


def test_python_says_what_to_do(run: Path) -> None:
    with pytest.raises(ModelError, match=r"not finished; resume it .* irpoint export --model"):
        Detector(run)
    export_run(run)
    assert model_or_run(run) == run
    frame = read_frame(next(Path(json.loads((run / "settings.json").read_text())["data"][0])
                            .glob("images/*")))  # fmt: skip
    assert Detector(run).candidates(frame).xy.shape[1] == 2


def test_without_pytorch_the_error_says_what_to_do(
    cli: Cli, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("irpoint.training.unfinished.find_spec", lambda name: None)
    code, _, err = cli("detect", "x.png", "--model", run)
    assert code == 1
    assert "irpoint export --model" in err


def test_a_run_without_weights_says_when_there_will_be_some(run: Path, cli: Cli) -> None:
    (run / "best.safetensors").unlink()
    for command in (("detect", "x.png"), ("export",)):
        code, _, err = cli(*command, "--model", run)
        assert code == 1
        assert "has no weights yet; the first are kept after epoch 2 of 2; resume the run" in err
        assert len(err.splitlines()) == 1


def test_damaged_figures_are_one_line(run: Path) -> None:
    (run / "best.json").write_text('{"epoch": 2}')
    with pytest.raises(ModelError, match=r"best\.json: not the figures of a run"):
        model_or_run(run)


def test_the_threshold_of_a_run_on_everything_is_that_of_its_held_out_run(
    scenes: Path, tmp_path: Path
) -> None:
    settings = short_run(scenes, split="train", val_split="val", epochs=2)
    fit(settings, tmp_path / "held-out")
    export_run(tmp_path / "held-out")
    update = {"split": "train+val", "held_out_run": tmp_path / "held-out"}
    fit(settings.model_copy(update=update), tmp_path / "all")
    with pytest.warns(IrpointWarning, match="using the last weights of a run of 2 epochs"):
        model = model_or_run(tmp_path / "all")
    assert isinstance(model, Model)
    assert model.card.thresholds.chosen.startswith("best F1 on val, by the held-out run")
