"""Training from points alone: resume after a kill, settings, bad input, the run's folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from irpoint.errors import DatasetError, IrpointWarning, ModelError, SettingsError
from irpoint.frames.scale import InputScale
from irpoint.methods import METHODS, find_target_map
from irpoint.points import Points
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset
from irpoint.training.crops import Crops
from irpoint.training.module import ResponseModule
from irpoint.training.network_frames import NetworkFrame, load_frames
from irpoint.training.overrides import settings_from
from irpoint.training.run import SETTINGS, export_run, fit, labelled, saved_settings
from irpoint.training.settings import TrainSettings
from support.blobs import blob

_FIT = """
import sys
from pathlib import Path
from irpoint.training.run import fit
from irpoint.training.settings import TrainSettings
settings = TrainSettings.model_validate_json(Path(sys.argv[1]).read_text())
fit(settings, Path(sys.argv[2]), resume="--resume" in sys.argv)
"""


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set of simulated frames, with truth as points only."""
    root = tmp_path_factory.mktemp("scenes")
    settings = SceneSettings.checked(width=64, height=48, targets=(1, 2), snr=(15, 40))
    simulate_dataset(root, settings, frames=8, seed=1)
    return root


def small(scenes: Path, **changes: object) -> TrainSettings:
    values = {
        "data": [scenes],
        "split": "all",
        "val_split": "all",
        "input_scale": "native",
        "epochs": 4,
        "crops_per_epoch": 32,
        "crop": 32,
        "batch": 8,
        "val_every": 2,
        "mine_every": 1,
        "compile": False,
    }
    return TrainSettings.model_validate(values | changes)


def start(settings: TrainSettings, run: Path, *more: str) -> subprocess.Popen[bytes]:
    file = run.parent / "wanted.json"
    file.write_text(settings.model_dump_json())
    command = [sys.executable, "-c", _FIT, str(file), str(run), *more]
    # Its own group, so that a kill takes the loader's worker along, as a power cut would.
    return subprocess.Popen(
        command,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def finish(process: subprocess.Popen[bytes]) -> None:
    _, error = process.communicate(timeout=600)
    assert process.returncode == 0, error.decode()


def test_killed_and_resumed_run_ends_bit_equal(scenes: Path, tmp_path: Path) -> None:
    settings = small(scenes)
    (tmp_path / "a").mkdir()
    whole, broken = tmp_path / "a" / "whole", tmp_path / "broken"
    finish(start(settings, whole))
    killed = start(settings, broken)
    deadline = time.monotonic() + 300
    while not (broken / "last.ckpt").exists() and killed.poll() is None:
        assert time.monotonic() < deadline, "no checkpoint"
        time.sleep(0.01)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    reached = torch.load(broken / "last.ckpt", weights_only=True)["epoch"]
    assert reached < settings.epochs - 1, "the run ended before it could be killed"
    finish(start(settings, broken, "--resume"))
    ends = [torch.load(run / "last.ckpt", weights_only=True) for run in (whole, broken)]
    for name, value in ends[0]["state_dict"].items():
        assert torch.equal(value, ends[1]["state_dict"][name]), name
    for mined in ("false_alarms", "missed"):
        assert torch.equal(ends[0][mined], ends[1][mined]), mined
    best = [load_file(run / "best.safetensors") for run in (whole, broken)]
    assert all(torch.equal(value, best[1][name]) for name, value in best[0].items())
    assert (whole / "best.json").read_text() == (broken / "best.json").read_text()


def test_learns_and_exports_a_model_with_a_measured_card(scenes: Path, tmp_path: Path) -> None:
    run = tmp_path / "mine"
    longer = {"epochs": 16, "val_every": 8, "crops_per_epoch": 128, "workers": 0}
    fit(small(scenes, **longer, foreground=4.0), run)
    first, *_, last = (
        float(line.split(",")[2])
        for line in (run / "logs" / "csv" / "metrics.csv").read_text().splitlines()[1:]
        if line.split(",")[2]
    )
    assert last < 0.5 * first
    model = export_run(run)
    card = json.loads(model.with_suffix(".json").read_text())
    assert card["name"] == "mine"
    assert card["parameters"] == 294_753
    assert card["metrics"]["f1"] > 0.5
    assert card["metrics"]["threshold"] == pytest.approx(card["thresholds"]["default"])
    assert str(Path.home()) not in model.read_bytes().decode("latin1")

    from irpoint import Detector

    points = Detector(run)(np.zeros((48, 64), np.uint8))
    assert len(points) == 0


def test_a_run_on_train_and_val_has_the_figures_of_its_twin(scenes: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(scenes, data)
    (data / "img_idx").mkdir(exist_ok=True)
    names = [f"frame_{k:05d}" for k in range(8)]
    (data / "img_idx" / "train.txt").write_text("\n".join(names[:6]))
    (data / "img_idx" / "val.txt").write_text("\n".join(names[6:]))
    of_train = small(data, split="train", val_split="val", workers=0, target_map="published")
    fit(of_train, tmp_path / "twin")
    twin = json.loads(export_run(tmp_path / "twin").with_suffix(".json").read_text())
    more = of_train.model_copy(update={"split": "train+val", "held_out_run": tmp_path / "twin"})
    fit(more, tmp_path / "all")
    card = json.loads(export_run(tmp_path / "all").with_suffix(".json").read_text())
    # SPIRE's publication rounds labels to the corners of cells: they are read back from there.
    assert twin["map_offset"] == card["map_offset"] == 0.0
    assert card["split"] == "train+val"
    assert card["metrics"] == twin["metrics"]
    assert card["thresholds"]["default"] == twin["thresholds"]["default"]
    assert card["thresholds"]["chosen"] == "best F1 on val, by the held-out run trained on train"
    assert twin["sha256"][:12] in card["note"]
    assert card["sha256"] != twin["sha256"]
    assert not (tmp_path / "all" / "best.json").exists()  # nothing was chosen on val
    assert "val_f1" not in (tmp_path / "all" / "logs" / "csv" / "metrics.csv").read_text()


def test_a_run_on_val_too_needs_a_twin_and_no_other_has_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="trains on its validation split needs held_out_run"):
        settings_from({"data": ["x"], "split": "train+val"}, [])
    with pytest.raises(SettingsError, match="held_out_run is only for"):
        settings_from({"data": ["x"], "split": "train"}, ["held_out_run=runs/a"])
    lost = small(tmp_path, split="train+val", val_split="val", held_out_run=tmp_path / "lost")
    with pytest.raises(ModelError, match="lost: no such model"):
        fit(lost, tmp_path / "run")  # at once, not after the training
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("changes", [{"method": "p2p-lite"}, {"method": "sshd", "width": 8}])
def test_other_methods_train_and_export(
    scenes: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    few = {"epochs": 1, "val_every": 1, "crops_per_epoch": 8, "batch": 4, "workers": 0}
    settings = small(scenes, **few, **changes, target_map="published", label_noise=0.5)
    fit(settings, tmp_path / "run")
    card = json.loads(export_run(tmp_path / "run").with_suffix(".json").read_text())
    assert card["method"] == changes["method"]
    assert card["width"] == changes.get("width")
    assert card["map_offset"] == 1.5
    assert 0 <= card["metrics"]["f1"] <= 1


def test_settings_are_saved_and_a_resume_with_others_is_refused(
    scenes: Path, tmp_path: Path
) -> None:
    (tmp_path / SETTINGS).write_text(small(scenes).model_dump_json(indent=2) + "\n")
    with pytest.raises(SettingsError, match="other settings"):
        fit(small(scenes, seed=1), tmp_path, resume=True)
    with pytest.raises(SettingsError, match="not empty"):
        fit(small(scenes), tmp_path)
    assert json.loads((tmp_path / SETTINGS).read_text())["seed"] == 0


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    root = tmp_path / "empty-sky"
    simulate_dataset(
        root, SceneSettings.checked(width=64, height=64, targets=(0, 0)), frames=2, seed=0
    )
    with pytest.raises(DatasetError, match="nothing to learn"):
        fit(small(root), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_that_cannot_start_leaves_no_folder(scenes: Path, tmp_path: Path) -> None:
    (tmp_path / "junk.safetensors").write_bytes(b"junk")
    with pytest.raises(ModelError, match="no readable safetensors"):
        fit(small(scenes, init=tmp_path / "junk.safetensors"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_overrides_reach_every_setting() -> None:
    settings = settings_from({"data": ["x"]}, ["augment.noise=0.2", "compile=false", "epochs=3"])
    assert settings.augment.noise == 0.2
    assert settings_from({"data": ["x"], "label_noise": 1.5}, []).label_noise == 1.5
    assert settings_from({"data": ["x"]}, ["label_noise=coarse"]).label_noise == "coarse"
    assert settings_from({"data": ["x"]}, ["crop=64"]).crop == ((64, 64),)
    assert settings_from({"data": ["x"]}, ["crop=[[64, 96]]"]).crop == ((64, 96),)
    assert settings_from({"data": ["x"]}, ["dataset_weights.x=2"]).dataset_weights == {"x": 2}
    for odds in ("0", "-1", "nan", "inf", "often"):
        with pytest.raises(SettingsError, match=r"settings: dataset_weights\.x: "):
            settings_from({"data": ["x"]}, [f"dataset_weights.x={odds}"])
    assert settings.compile is False
    assert settings.epochs == 3


@pytest.mark.parametrize("changes", [{"batch": 1}, {"batch": 31}])
def test_dynamic_kernels_need_two_crops_a_batch(
    scenes: Path, tmp_path: Path, changes: dict[str, int]
) -> None:
    with pytest.raises(SettingsError, match="batches of two"):
        fit(small(scenes, method="p2p-lite", **changes), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_width_is_refused_where_there_is_one_only(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="width"):
        fit(small(scenes, width=16), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_weights_of_another_method_are_refused(scenes: Path, tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    save_file(METHODS["p2p-lite"].build(None).state_dict(), file)
    with pytest.raises(ModelError, match=r"weights\.safetensors: not the weights of a HRPE"):
        fit(small(scenes, init=file), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("epochs", "NAME=VALUE"),
        ("epoch=3", "epoch"),
        ("epochs=0", "epochs"),
        ("augment.gain=0", "gain"),
        ("label_noise=rough", "label_noise"),
        ("label_noise=-1", "label_noise: .*pixels above 0"),
        ("label_noise=NaN", "label_noise: .*pixels above 0"),
        ("optimizer=sgd", "optimizer"),
        ("crop=large", "crop: write the side of a square"),
        ("crop=[[64, 63]]", "crop"),
    ],
)
def test_wrong_overrides_name_the_setting(override: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        settings_from({"data": ["x"]}, [override])


def test_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no training run"):
        export_run(tmp_path)


@pytest.mark.parametrize(("target", "place"), [("published", 28.0), ("prps", 25.5)])
def test_validation_reads_places_by_the_lattice_of_the_target(
    scenes: Path, monkeypatch: pytest.MonkeyPatch, target: str, place: float
) -> None:
    settings = small(scenes, target_map=target)
    frame = load_frames(labelled(settings.data, "all"), InputScale.parse("native"))[0]
    module = ResponseModule(settings, Crops([frame], settings), [frame])
    label = np.array([[place, place]])
    drawn = find_target_map(target, METHODS["spire"]).draw(blob((48, 64), label), label, 1.5)
    monkeypatch.setattr(module, "forward", lambda _: torch.from_numpy(drawn)[None, None])
    assert module.find(frame, 0.5).xy == pytest.approx(label, abs=0.1)


def test_what_a_search_learns_of_a_frame(scenes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = small(scenes)
    crops = Crops(load_frames(labelled(settings.data, "all"), InputScale.parse("native")), settings)
    module = ResponseModule(settings, crops, [])
    crops.false_alarms = np.array([[0.0, 1, 1, 1], [1, 2, 2, 1]])  # of a search before
    crops.missed = np.array([[3.0, 4, 4], [4, 5, 5]])
    beside, far = np.array([3.0, 0.0]), np.array([40.0, 0.0])

    def found(frame: NetworkFrame, threshold: float) -> Points:
        """The first label found, sure or unsure, and a false alarm far from all labels."""
        assert threshold < 0.5
        sure = frame is crops.frames[0]
        at = np.array([frame.xy[0] + beside, frame.xy.max(axis=0) + far], np.float32)
        return Points(at, np.array([0.9 if sure else 0.3, 0.3], np.float32))

    monkeypatch.setattr(module, "find", found)
    module._mine([0])  # frames 0, 3, 6
    assert crops.false_alarms[:, 0].tolist() == [1, 0, 3, 6]
    for index, *xy, score in crops.false_alarms[1:]:
        assert score == pytest.approx(0.3)
        assert xy == pytest.approx(crops.frames[int(index)].xy.max(axis=0) + far, abs=1e-3)
    lost = {index: (crops.missed[:, 0] == index).sum() for index in range(8)}
    labels = [len(frame.xy) for frame in crops.frames]
    assert lost[4] == 1, "what was known of frames that were not searched is kept"
    assert lost[0] < labels[0], "a label that is surely found is not lost"
    assert lost[3] == labels[3]
    assert lost[6] == labels[6]


@pytest.mark.parametrize(("epochs", "warm", "seen"), [(2, True, 1), (3, False, 2)])
def test_searches_and_the_last_epoch_is_judged(
    scenes: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    epochs: int,
    warm: bool,
    seen: int,
) -> None:
    """Of weights that were trained before, errors are known from the first epoch on."""
    searched: list[list[int]] = []
    monkeypatch.setattr(ResponseModule, "_mine", lambda _, thirds: searched.append(list(thirds)))
    judged: list[int] = []
    after = ResponseModule.on_validation_epoch_end

    def count(module: ResponseModule) -> None:
        judged.append(module.current_epoch)
        after(module)

    monkeypatch.setattr(ResponseModule, "on_validation_epoch_end", count)
    init = tmp_path / "weights.safetensors"
    save_file(METHODS["p2p-lite"].build(None).state_dict(), init)
    settings = small(
        scenes, method="p2p-lite", epochs=epochs, val_every=2, mine_every=2, workers=0,
        crops_per_epoch=8, init=init if warm else None,
    )  # fmt: skip
    fit(settings, tmp_path / "run")
    assert searched == [[0, 1, 2]]
    assert len(judged) == seen
    best = json.loads((tmp_path / "run" / "best.json").read_text())
    assert best["epoch"] <= epochs
    assert (tmp_path / "run" / "best.safetensors").exists()


def test_the_mean_that_is_kept_holds_its_share_of_the_weights_started_from(
    scenes: Path, tmp_path: Path
) -> None:
    init = tmp_path / "init.safetensors"
    torch.manual_seed(0)
    save_file(METHODS["p2p-lite"].build(None).state_dict(), init)
    kept = []
    for share in (0.0, 0.25):
        once = small(
            scenes, method="p2p-lite", init=init, initial_weight_share=share, epochs=1,
            val_every=1, mine_every=0,
        )  # fmt: skip
        fit(once, tmp_path / f"{share}")
        kept.append(load_file(tmp_path / f"{share}" / "best.safetensors"))
    began = load_file(init)
    moved = 0
    for name, plain in kept[0].items():
        if plain.is_floating_point():
            expected = 0.75 * plain + 0.25 * began[name]
            assert torch.allclose(kept[1][name], expected, atol=1e-5)
            moved += not torch.allclose(plain, began[name], atol=1e-4)
    assert moved > 10
    with pytest.raises(ValidationError, match="initial_weight_share needs init"):
        small(scenes, initial_weight_share=0.25)


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("target=gaussian", "target_map", "gaussian"),
        ("emphasis.sky=2", "dataset_weights", {"sky": 2}),
        ("init_share=0.5", "initial_weight_share", 0.5),
        ("twin=runs/a", "held_out_run", Path("runs/a")),
    ],
)
def test_old_setting_names_work_with_a_warning(old: str, new: str, value: object) -> None:
    values = {"data": ["x"], "init": "spire"}
    if new == "held_out_run":
        values["split"] = "train+val"
    with pytest.warns(IrpointWarning, match=rf"setting {old.split('=')[0].split('.')[0]} .*{new}"):
        settings = settings_from(values, [old])
    assert getattr(settings, new) == value


def test_old_and_new_name_together_are_refused() -> None:
    with pytest.raises(SettingsError, match="target is the old name of target_map"):
        settings_from({"data": ["x"]}, ["target=gaussian", "target_map=prps"])


def test_a_run_with_old_setting_names_is_still_read(tmp_path: Path) -> None:
    saved = json.loads(TrainSettings(data=(Path("x"),), init="spire").model_dump_json())
    saved["init_share"] = saved.pop("initial_weight_share")
    (tmp_path / SETTINGS).write_text(json.dumps(saved | {"init_share": 0.25}))
    with pytest.warns(IrpointWarning, match="initial_weight_share"):
        settings = saved_settings(tmp_path)
    assert settings.initial_weight_share == 0.25
    (tmp_path / SETTINGS).write_text('{"data": ["x"], "epochs": 0}')
    with pytest.raises(ModelError, match=r"settings\.json: epochs"):
        saved_settings(tmp_path)
