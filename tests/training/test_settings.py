"""Settings of a run: what is accepted, under which names, and how errors name them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from irpoint.errors import IrpointWarning, ModelError, SettingsError
from irpoint.simulate import SceneSettings
from irpoint.training.overrides import settings_from
from irpoint.training.run_folder import SETTINGS, check_run_folder, saved_settings
from irpoint.training.settings import TrainSettings


def test_overrides_reach_every_setting() -> None:
    settings = settings_from({"data": ["x"]}, ["augment.noise=0.2", "compile=false", "epochs=3"])
    assert settings.augment.noise == 0.2
    assert settings.compile is False
    assert settings.epochs == 3
    assert settings_from({"data": ["x"], "label_noise": 1.5}, []).label_noise == 1.5
    assert settings_from({"data": ["x"]}, ["label_noise=coarse"]).label_noise == "coarse"
    assert settings_from({"data": ["x"]}, ["crop=64"]).crop == ((64, 64),)
    assert settings_from({"data": ["x"]}, ["crop=[[64, 96]]"]).crop == ((64, 96),)
    assert settings_from({"data": ["x"]}, ["dataset_weights.x=2"]).dataset_weights == {"x": 2}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epochs", "--set epochs: write NAME=VALUE"),
        ("epochs.x=1", "epochs"),
        ("epoch=3", "epoch"),
        ("epochs=0", "epochs: should be greater"),
        ("augment.gain=0", "gain"),
        ("label_noise=rough", "label_noise"),
        ("label_noise=-1", "label_noise: .*pixels above 0"),
        ("label_noise=NaN", "label_noise: .*pixels above 0"),
        ("optimizer=sgd", "optimizer"),
        ("method=yolo", "method 'yolo' is unknown; choose from spire"),
        ("crop=large", "crop: write the side of a square"),
        ("crop=[[64, 63]]", "crop"),
        ("dataset_weights.x=0", r"dataset_weights\.x"),
        ("dataset_weights.x=inf", r"dataset_weights\.x"),
        ("dataset_weights.x=often", r"dataset_weights\.x"),
        ("initial_weight_share=0.25", "initial_weight_share needs init"),
        ("split=train+val", "needs held_out_run: a finished run"),
        ('stages=[{"share": 1, "augment": {"nois": 1}}]', "stages: augment.nois"),
        ('stages=[{"share": 0}]', "stages.0.share: should be greater"),
        ('stages=[{"share": 1, "crop": 65}]', "stages.0.crop"),
        ("held_out_run=runs/a", "held_out_run is only for a run that trains on its validation"),
    ],
)
def test_errors_name_the_setting(override: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        settings_from({"data": ["x"]}, [override])


def test_names_that_cannot_be_saved_are_refused(tmp_path: Path) -> None:
    bad = os.fsdecode(b"sky\xff")
    for values in ({"data": ["x", bad]}, {"data": ["x"], "init": bad}):
        with pytest.raises(SettingsError, match="is not UTF-8; rename it"):
            settings_from(values, [])
    with pytest.raises(SettingsError, match="the name is not UTF-8; choose another folder"):
        check_run_folder(tmp_path / bad, settings_from({"data": ["x"]}, []), resume=False)


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("target=gaussian", "target_map", "gaussian"),
        ("emphasis.sky=2", "dataset_weights", {"sky": 2}),
        ("init_share=0.5", "initial_weight_share", 0.5),
        ("twin=runs/a", "held_out_run", Path("runs/a")),
    ],
)
def test_old_names_work_with_a_warning(old: str, new: str, value: object) -> None:
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


def test_a_folder_without_a_readable_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"not a training run \(settings\.json is missing\)"):
        saved_settings(tmp_path)
    (tmp_path / SETTINGS).write_text('{"data": ["x"], "epochs": 0}')
    with pytest.raises(ModelError, match=r"settings\.json: epochs"):
        saved_settings(tmp_path)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("epoch=3", r"epoch: unknown name; did you mean epochs\?"),
        ("lr=3", r"did you mean learning_rate\?"),
        ("batch_size=3", r"did you mean batch\?"),
        ("learning-rate=1", r"did you mean learning_rate\?"),
        ("noise=1", r"did you mean augment\.noise\?"),
        ("augment.nois=1", r"augment\.nois: unknown name; did you mean augment\.noise\?"),
        ("augmnt.noise=1", r"did you mean augment\.noise\?"),
        ("augment.epochs=3", r"did you mean epochs\?"),
        ('teachers=[{"method": "spire", "weights": "x", "widht": 8}]', r"mean teachers\.0\.width"),
        ("optimizer=adam", r"not 'adam'; did you mean adamw\?"),
        ("method=spir", r"'spir' is unknown; did you mean spire\? Choose from spire, sshd"),
        ("loss=squared_eror", r"did you mean squared-error\?"),
        ("target_map=gausian", r"did you mean gaussian"),
        ("xyz=1", r"xyz: unknown name; the settings are method, data, .*, augment\.noise"),
    ],
)
def test_errors_propose_what_was_meant(override: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        settings_from({"data": ["x"]}, [override])
    assert "\n" not in str(raised.value)


def test_scenes_of_the_simulation_are_proposed_too() -> None:
    with pytest.raises(SettingsError, match=r"scene: .* not 'cloud'; did you mean clouds\?"):
        SceneSettings.checked(scene="cloud")
    with pytest.raises(SettingsError, match=r"bit: unknown name; did you mean bits\?"):
        SceneSettings.checked(bit=8)
