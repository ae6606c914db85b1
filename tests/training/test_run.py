"""A run: what it refuses before it starts, what it leaves behind, and that it learns."""

from __future__ import annotations

import csv
import json
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from irpoint.errors import DatasetError, IrpointError, ModelError, SettingsError
from irpoint.methods import METHODS
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset
from irpoint.training.crops import Crops
from irpoint.training.losses import LOSSES
from irpoint.training.module import ResponseModule
from irpoint.training.network_frames import NetworkFrame
from irpoint.training.run import fit, labelled
from irpoint.training.run_folder import SETTINGS
from support.runs import short_run, small_scenes
from support.tiny_method import tiny_network

pytestmark = pytest.mark.usefixtures("one_thread", "tiny_method")


def test_a_real_network_learns_to_find_targets(scenes: Path, tmp_path: Path) -> None:
    """The only long training of a real network; other tests train the tiny one."""
    settings = short_run(
        scenes, method="spire", epochs=8, val_every=8, mine_every=4, crops_per_epoch=96,
        foreground=4.0,
    )  # fmt: skip
    fit(settings, tmp_path / "run")
    with (tmp_path / "run" / "logs" / "csv" / "metrics.csv").open() as stream:
        losses = [float(row["train_loss"]) for row in csv.DictReader(stream) if row["train_loss"]]
    assert losses[-1] < 0.5 * losses[0]
    assert json.loads((tmp_path / "run" / "best.json").read_text())["val_f1"] > 0.5


def test_every_real_method_makes_a_step(scenes: Path, tmp_path: Path) -> None:
    for method, width in (("p2p-lite", None), ("sshd", 8)):
        settings = short_run(
            scenes, method=method, width=width, epochs=1, val_every=1, crops_per_epoch=2, batch=2,
            target_map="published", label_noise=0.5,
        )  # fmt: skip
        fit(settings, tmp_path / method)
        state = load_file(tmp_path / method / "best.safetensors")
        assert all(value.isfinite().all() for value in state.values())


def test_a_resume_with_other_settings_is_refused(scenes: Path, tmp_path: Path) -> None:
    (tmp_path / SETTINGS).write_text(short_run(scenes).model_dump_json(indent=2) + "\n")
    with pytest.raises(
        SettingsError, match=r"settings\.json: .* other settings \(seed: 0, now 1\)"
    ):
        fit(short_run(scenes, seed=1), tmp_path, resume=True)
    with pytest.raises(SettingsError, match="not empty; choose another folder, or resume"):
        fit(short_run(scenes), tmp_path)
    assert json.loads((tmp_path / SETTINGS).read_text())["seed"] == 0


def test_data_without_a_target_are_refused(tmp_path: Path) -> None:
    scene = SceneSettings.checked(width=64, height=64, targets=(0, 0))
    simulate_dataset(tmp_path / "empty", scene, frames=2, seed=0)
    with pytest.raises(DatasetError, match="no target in split 'all'"):
        fit(short_run(tmp_path / "empty"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_validation_split_without_targets_is_refused_before_training(
    scenes: Path, tmp_path: Path
) -> None:
    """Its F1 would be undefined, and the network that finds nothing would be the best one."""
    scene = SceneSettings.checked(width=64, height=48, targets=(0, 0))
    simulate_dataset(tmp_path / "more", scene, frames=2, seed=0)
    (tmp_path / "more" / "img_idx").mkdir()
    names = [path.stem for path in sorted((tmp_path / "more" / "images").iterdir())]
    for split in ("train", "val"):
        (tmp_path / "more" / "img_idx" / f"{split}.txt").write_text("\n".join(names))
    changes = {"split": "train", "val_split": "val", "epochs": 1, "val_every": 1}
    both = short_run(scenes, data=[scenes, tmp_path / "more"], **changes)
    fit(both, tmp_path / "both")  # the other dataset has targets
    best = json.loads((tmp_path / "both" / "best.json").read_text())
    assert f"val_f1_{scenes.name}" in best
    assert "val_f1_more" not in best
    empty = tmp_path / "empty"
    simulate_dataset(empty, SceneSettings.checked(width=64, height=64), frames=2, seed=0)
    (empty / "img_idx").mkdir()
    (empty / "img_idx" / "val.txt").write_text("frame_00001")
    simulate_dataset(empty, scene, frames=1, seed=3, name="none", append=True)
    (empty / "img_idx" / "val.txt").write_text("none_00000")
    refused = short_run(empty, split="all", val_split="val")
    with pytest.raises(DatasetError, match=r"no target in split 'val' .* --val-split NAME"):
        fit(refused, tmp_path / "run")
    (empty / "img_idx" / "val.txt").write_text("")
    with pytest.raises(DatasetError, match="the list 'val' is empty"):
        fit(refused, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_frame_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    root = small_scenes(tmp_path / "damaged")
    damaged = root / "images" / "frame_00005.png"
    damaged.write_bytes(damaged.read_bytes()[:200])
    with pytest.raises(IrpointError, match=r"frame_00005\.png"):
        fit(short_run(root, split="train", val_split="val"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_unusable_initial_weights_are_refused(scenes: Path, tmp_path: Path) -> None:
    junk, other = tmp_path / "junk.safetensors", tmp_path / "other.safetensors"
    junk.write_bytes(b"junk")
    save_file(METHODS["p2p-lite"].build(None).state_dict(), other)
    for file, message in (
        (junk, r"junk\.safetensors: not readable as safetensors"),
        (other, r"other\.safetensors: not the weights of a TinyNetwork"),
    ):
        with pytest.raises(ModelError, match=message):
            fit(short_run(scenes, init=file), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_missing_held_out_run_is_refused_at_once(scenes: Path, tmp_path: Path) -> None:
    lost = short_run(scenes, split="train+val", val_split="val", held_out_run=tmp_path / "lost")
    with pytest.raises(ModelError, match="lost: no such model"):
        fit(lost, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_batches_of_one_are_refused_for_dynamic_kernels(scenes: Path, tmp_path: Path) -> None:
    settings = short_run(scenes, method="p2p-lite", batch=8, crops_per_epoch=17)
    with pytest.raises(SettingsError, match="the last batch of an epoch has 1"):
        fit(settings, tmp_path / "run")


@pytest.mark.parametrize(("epochs", "warm", "validations"), [(2, True, 1), (3, False, 2)])
def test_when_a_run_validates_and_searches_for_errors(
    scenes: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    epochs: int,
    warm: bool,
    validations: int,
) -> None:
    """The last epoch is always validated. With initial weights, the search precedes the first."""
    searched: list[list[int]] = []
    monkeypatch.setattr(ResponseModule, "mine", lambda _, thirds: searched.append(list(thirds)))
    validated: list[int] = []
    after = ResponseModule.on_validation_epoch_end

    def count(module: ResponseModule) -> None:
        validated.append(module.current_epoch)
        after(module)

    monkeypatch.setattr(ResponseModule, "on_validation_epoch_end", count)
    init = tmp_path / "weights.safetensors"
    save_file(tiny_network().state_dict(), init)
    settings = short_run(
        scenes, epochs=epochs, val_every=2, mine_every=2, crops_per_epoch=8,
        init=init if warm else None,
    )  # fmt: skip
    fit(settings, tmp_path / "run")
    assert searched == [[0, 1, 2]]
    assert len(validated) == validations
    assert json.loads((tmp_path / "run" / "best.json").read_text())["epoch"] <= epochs
    assert (tmp_path / "run" / "best.safetensors").exists()


def test_the_average_holds_its_share_of_the_initial_weights(scenes: Path, tmp_path: Path) -> None:
    init = tmp_path / "init.safetensors"
    save_file(tiny_network().state_dict(), init)
    kept = []
    for share in (0.0, 0.25):
        settings = short_run(
            scenes, init=init, initial_weight_share=share, epochs=1, val_every=1, mine_every=0
        )
        fit(settings, tmp_path / f"{share}")
        kept.append(load_file(tmp_path / f"{share}" / "best.safetensors"))
    initial = load_file(init)
    moved = 0
    for name, plain in kept[0].items():
        if plain.is_floating_point():
            expected = 0.75 * plain + 0.25 * initial[name]
            assert torch.allclose(kept[1][name], expected, atol=1e-5)
            moved += not torch.allclose(plain, initial[name], atol=1e-4)
    assert moved > 5


def test_the_loss_of_the_settings_is_minimised(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights: list[float] = []

    def recorded(response: torch.Tensor, target_map: torch.Tensor, weight: float) -> torch.Tensor:
        weights.append(weight)
        return (response - target_map).abs().mean()

    monkeypatch.setitem(LOSSES, "recorded", recorded)
    settings = short_run(scenes, loss="recorded", foreground=0.5, epochs=1, val_every=1)
    fit(settings, tmp_path / "run")
    assert weights == [0.5, 0.5]


def test_in_python_ctrl_c_is_a_keyboard_interrupt(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lightning would exit, and ignore Ctrl-C from then on."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ResponseModule, "training_step", interrupted)
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fit(short_run(scenes), tmp_path / "run")
    assert signal.getsignal(signal.SIGINT) == handler != signal.SIG_IGN


def test_a_loss_that_is_not_finite_ends_the_run(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LOSSES, "broken", lambda response, *_: response.mean() * torch.nan)
    with pytest.raises(SettingsError, match="no longer finite in epoch 1: lower learning_rate"):
        fit(short_run(scenes, loss="broken"), tmp_path / "run")


def test_a_run_trains_on_simulated_frames_and_recentred_labels(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[NetworkFrame] = []
    monkeypatch.setattr(
        "irpoint.training.run.Crops",
        lambda frames, settings: seen.extend(frames) or Crops(frames, settings),
    )
    settings = short_run(
        scenes, epochs=1, val_every=1, simulated_frames=3, recentre=[scenes.name], label_noise=1.5,
        augment={"camera_share": 0.5, "antialias": True, "scale": 2, "paste_from": "same"},
    )  # fmt: skip
    fit(settings, tmp_path / "run")
    real = [frame for frame in seen if frame.label.dataset == scenes.name]
    assert len(seen) == len(real) + 3
    truth = {frame.name: frame.points.xy for frame in labelled([scenes], "all")}
    moved = [np.abs(frame.label.points.xy - truth[frame.label.name]).max() for frame in real]
    assert np.median(moved) < 0.6
