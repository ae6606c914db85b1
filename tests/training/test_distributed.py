"""Two processes with half the batch each train as one with all of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from irpoint.errors import SettingsError
from irpoint.export.onnx import OURS, native
from irpoint.methods import METHODS
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset
from irpoint.training.crops import EpochNumbers
from irpoint.training.run import fit
from irpoint.training.settings import TrainSettings

_FIT = """
import sys
from pathlib import Path
from irpoint.training.run import fit
from irpoint.training.settings import TrainSettings
settings = TrainSettings.model_validate_json(Path(sys.argv[1]).read_text())
fit(settings, Path(sys.argv[2]), devices=int(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> TrainSettings:
    root = tmp_path_factory.mktemp("scenes")
    scene = SceneSettings.checked(width=64, height=48, targets=(1, 2), snr=(15, 40))
    simulate_dataset(root, scene, frames=6, seed=1)
    return TrainSettings.model_validate(
        {
            "data": [root], "split": "all", "val_split": "all", "input_scale": "native",
            "epochs": 2, "crops_per_epoch": 16, "crop": 32, "batch": 8, "val_every": 1,
            "mine_every": 0, "compile": False, "precision": "f32", "workers": 0,
        }
    )  # fmt: skip


def run(settings: TrainSettings, folder: Path, devices: int) -> dict[str, torch.Tensor]:
    """Weights after a training under torchrun (two processes) or in one."""
    folder.mkdir()
    script, wanted = folder / "fit.py", folder / "wanted.json"
    script.write_text(_FIT)
    wanted.write_text(settings.model_dump_json())
    launch = [sys.executable]
    if devices > 1:
        port = ["--rdzv-backend=c10d", "--rdzv-endpoint=localhost:0"]
        launch += ["-m", "torch.distributed.run", f"--nproc-per-node={devices}", *port]
    command = [*launch, str(script), str(wanted), str(folder / "run"), str(devices)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=600, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    state: dict[str, torch.Tensor] = torch.load(
        folder / "run" / "last.ckpt", weights_only=True, map_location="cpu"
    )["state_dict"]
    return state


def test_two_processes_make_the_step_of_one(settings: TrainSettings, tmp_path: Path) -> None:
    """One step: the same batch statistics, the same gradient, and so the same kernels.

    Only kernels that Muon moves are compared: AdamW's first step is the sign of the gradient, and
    where that is zero but for rounding its sign is chance.
    """
    step = settings.model_copy(update={"epochs": 1, "crops_per_epoch": 8})
    one, two = run(step, tmp_path / "one", 1), run(step, tmp_path / "two", 2)
    start = METHODS["spire"].build(None).state_dict()
    assert one.keys() == two.keys()
    moved = 0
    for name, value in one.items():
        gap = float((value.double() - two[name].double()).abs().max())
        if "running" in name or "tracked" in name:
            assert gap < 1e-5, name
        elif name.startswith("network.") and value.ndim == 4 and value[0].numel() > 9:
            moved += float((value - start[name.removeprefix("network.")]).abs().max()) > 1e-3
            assert gap < 0.02 * settings.learning_rate, name
    assert moved > 10
    assert (tmp_path / "two" / "run" / "best.safetensors").exists()


def test_two_processes_end_where_one_does(settings: TrainSettings, tmp_path: Path) -> None:
    """Several steps and validations: the averaged networks answer alike."""
    image, answers = torch.rand(1, 1, 48, 64, generator=torch.Generator().manual_seed(0)), []
    for devices in (1, 2):
        state = run(settings, tmp_path / str(devices), devices)
        network = METHODS["spire"].build(None).eval()
        network.load_state_dict(
            {k.removeprefix("average."): v for k, v in state.items() if k.startswith("average.")}
        )
        with torch.no_grad():
            answers.append(native(network, image, OURS))
    assert answers[0].std() > 0
    assert (answers[0] - answers[1]).abs().max() < 0.05 * answers[0].abs().max()


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
