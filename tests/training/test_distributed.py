"""Two processes, each with half of every batch, train as one process does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from irpoint.errors import SettingsError
from irpoint.training.crops import EpochNumbers
from irpoint.training.module import ResponseModule
from irpoint.training.run import fit
from irpoint.training.run_folder import save_settings
from irpoint.training.settings import TrainSettings
from support.runs import short_run

# Lightning starts the second process by running this file again.
_FIT = """
import sys
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[1])
from irpoint.methods import METHODS
from irpoint.training.leader import is_leader
from irpoint.training.module import ResponseModule
from irpoint.training.run import fit
from irpoint.training.run_folder import saved_settings
from support.tiny_method import TINY
METHODS["tiny"] = TINY
folder, run = Path(sys.argv[2]), Path(sys.argv[3])
average = ResponseModule.on_train_batch_end
def saved(module, *arguments):
    average(module, *arguments)
    if module.global_step == 1 and is_leader():
        torch.save(module.network.state_dict(), folder / "first_step.pt")
ResponseModule.on_train_batch_end = saved
fit(saved_settings(folder), run, devices=2)
"""

Weights = dict[str, torch.Tensor]


@pytest.fixture
def settings(scenes: Path, tiny_method: object) -> TrainSettings:
    return short_run(scenes, epochs=2, val_every=1, mine_every=0, precision="f32")


def alone(settings: TrainSettings, run: Path) -> tuple[Weights, Weights]:
    """Weights after the first step and at the end, trained in this process."""
    steps: list[Weights] = []
    average = ResponseModule.on_train_batch_end

    def kept(module: ResponseModule, *arguments: object) -> None:
        average(module, *arguments)
        steps.append({k: v.clone() for k, v in module.network.state_dict().items()})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ResponseModule, "on_train_batch_end", kept)
        fit(settings, run)
    return steps[0], torch.load(run / "last.ckpt", weights_only=True)["state_dict"]


def in_two_processes(settings: TrainSettings, folder: Path) -> tuple[Weights, Weights]:
    """The same, trained in two processes."""
    script, run, tests = folder / "fit.py", folder / "run", Path(__file__).parents[1]
    script.write_text(_FIT)
    save_settings(folder, settings)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, str(script), str(tests), str(folder), str(run)],
        capture_output=True, text=True, timeout=600, check=False,
        env=clean | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert (run / "best.safetensors").exists()
    first = torch.load(folder / "first_step.pt", weights_only=True)
    return first, torch.load(run / "last.ckpt", weights_only=True)["state_dict"]


@pytest.mark.usefixtures("one_thread")
def test_two_processes_train_as_one(settings: TrainSettings, tmp_path: Path) -> None:
    one_step, one_end = alone(settings, tmp_path / "alone")
    two_step, two_end = in_two_processes(settings, tmp_path)
    # After one step, statistics and kernels moved by Muon agree up to rounding. AdamW's first step
    # is the sign of the gradient, which is chance wherever the gradient is zero up to rounding.
    for name, value in one_step.items():
        gap = float((value.double() - two_step[name].double()).abs().max())
        if "running" in name or "tracked" in name:
            assert gap < 1e-5, name
        elif name == "stem.6.weight":
            assert value.numel() >= 512
            assert gap < 0.02 * settings.learning_rate, name
    # At the end, after several steps and validations, the averages are close.
    assert one_end.keys() == two_end.keys()
    for name, value in one_end.items():
        if name.startswith("average.") and value.is_floating_point():
            assert (value - two_end[name]).abs().max() < 0.05 * value.abs().max(), name


def test_parts_of_a_batch_make_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = EpochNumbers(16, 8)
    numbers.set_epoch(3)
    whole = list(numbers)
    parts = []
    for part in range(2):
        monkeypatch.setattr("irpoint.training.crops.part_of_batch", lambda p=part: (p, 2))
        parts.append(list(numbers))
        assert len(numbers) == len(parts[-1]) == 8
    assert whole == list(range(48, 64))
    assert parts[0][:4] + parts[1][:4] + parts[0][4:] + parts[1][4:] == whole


@pytest.mark.parametrize("changes", [{"batch": 7}, {"batch": 8, "crops_per_epoch": 20}])
def test_batches_that_cannot_be_shared_are_refused(
    settings: TrainSettings, tmp_path: Path, changes: dict[str, int]
) -> None:
    with pytest.raises(SettingsError, match="share every batch"):
        fit(settings.model_copy(update=changes), tmp_path / "run", devices=2)
    assert not (tmp_path / "run").exists()
