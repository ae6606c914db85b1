"""Simulated frames with camera artefacts, and their truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from irpoint.cli import app
from irpoint.datasets import load_dataset
from irpoint.errors import SettingsError
from irpoint.simulate import (
    Artefacts,
    Scene,
    SceneSettings,
    add_artefacts,
    hidden_share,
    scene_rng,
)
from irpoint.simulate.background import background_electrons
from irpoint.simulate.dataset import simulate_dataset
from irpoint.simulate.scene import simulate_scene
from irpoint.simulate.sensor import digitise, draw_fixed_pattern, expose
from irpoint.simulate.targets import draw_targets, target_electrons


def simulated(artefacts: Artefacts, index: int = 0, **values: Any) -> Scene:
    chosen = SceneSettings(
        **{"width": 128, "height": 96, "targets": (6, 6)} | values, artefacts=artefacts
    )
    return simulate_scene(chosen, scene_rng(3, index))


@pytest.mark.parametrize("bits", [8, 14])
def test_without_artefacts_a_frame_is_what_the_sensor_delivers(bits: int) -> None:
    chosen, rng = SceneSettings(width=64, height=48, bits=bits), scene_rng(3, 0)
    pattern = draw_fixed_pattern(chosen, rng)
    background, _ = background_electrons(chosen, rng)
    targets = draw_targets(background, chosen, rng)
    expected = np.maximum(background + target_electrons(chosen.shape, targets), 0.0)
    frame = digitise(expose(expected, chosen, pattern, rng), chosen)
    scene = simulate_scene(chosen, scene_rng(3, 0))
    np.testing.assert_array_equal(scene.frame, frame)
    assert scene.targets == tuple(targets)
    assert not scene.mask.any()
    assert not scene.hidden


def test_artefacts_are_added_to_the_same_scene_with_the_rails_of_its_bits() -> None:
    artefacts = Artefacts(text=3, border=2, border_value="high")
    plain, covered = (simulated(chosen, bits=14) for chosen in (Artefacts(), artefacts))
    assert covered.mask.any()
    np.testing.assert_array_equal(covered.frame[~covered.mask], plain.frame[~covered.mask])
    assert covered.frame.max() == 16383
    assert (covered.frame[0, :10] == 16383).all()


def test_targets_under_an_artefact_are_hidden_and_the_others_stay() -> None:
    plain, covered = (simulated(chosen) for chosen in (Artefacts(), Artefacts(border=24)))
    assert len(plain.targets) == 6
    assert sorted(covered.targets + covered.hidden, key=lambda target: target.x) == sorted(
        plain.targets, key=lambda target: target.x
    )
    assert covered.hidden
    assert covered.targets
    inside = [24 <= t.x < 104 and 24 <= t.y < 72 for t in covered.targets]
    assert all(inside)
    np.testing.assert_allclose(covered.points.xy, [(t.x, t.y) for t in covered.targets])


def test_a_thin_line_through_a_target_does_not_hide_it() -> None:
    target = (10.0, 8.0)
    mask = np.zeros((20, 30), bool)
    mask[8] = True
    assert hidden_share(target, mask) == pytest.approx(0.383, abs=0.01)
    mask[7:9] = True
    assert hidden_share(target, mask) > 0.5
    assert hidden_share(target, ~mask | mask) == pytest.approx(1)


def test_black_hot_keeps_the_truth() -> None:
    white, black = (
        simulated(chosen, bits=14) for chosen in (Artefacts(), Artefacts(black_hot=True))
    )
    np.testing.assert_array_equal(black.frame, 16383 - white.frame)
    assert black.points == white.points


def test_temperatures_without_data_are_written_as_float32(tmp_path: Path) -> None:
    values = {"kelvin_per_count": 0.04, "nodata": 0.2, "nodata_value": "nan"}
    chosen = SceneSettings(
        width=64, height=48, bits=14, targets=(3, 3), artefacts=Artefacts.checked(**values)
    )
    with pytest.raises(SettingsError, match="PNG has no float32"):
        simulate_dataset(tmp_path / "png", chosen, frames=1, seed=1)
    assert not (tmp_path / "png").exists()
    simulate_dataset(tmp_path, chosen, frames=2, seed=1, file_format="tiff")
    stored = tifffile.imread(tmp_path / "images/frame_00000.tiff")
    eight = simulated(Artefacts.checked(**values), bits=8).frame
    np.testing.assert_array_equal(eight, simulated(Artefacts.checked(**values), bits=14).frame)
    assert stored.dtype == np.float32
    assert np.isnan(stored).any()
    assert 200 < np.nanmedian(stored) < 500
    run = json.loads((tmp_path / "simulation.json").read_text())["runs"][0]
    again = SceneSettings.model_validate(run["settings"])
    assert np.isnan(again.artefacts.nodata_value)
    listed = sum(len(frame.points) for frame in load_dataset(tmp_path, "all"))
    assert listed + run["hidden_targets"] == 6


@pytest.mark.parametrize(("value", "text"), [(-9999, "-9999"), ("nan", "nan"), (0, "0")])
def test_the_value_without_data_is_written_as_a_tag(tmp_path: Path, value: Any, text: str) -> None:
    artefacts = Artefacts.checked(
        kelvin_per_count=0.04, nodata=0.2, nodata_value=value, nodata_tag=True
    )
    chosen = SceneSettings(width=64, height=48, bits=14, artefacts=artefacts)
    with pytest.raises(SettingsError, match="PNG has no"):
        simulate_dataset(tmp_path / "png", chosen, frames=1, seed=1)
    simulate_dataset(tmp_path, chosen, frames=1, seed=1, file_format="tiff")
    with tifffile.TiffFile(tmp_path / "images/frame_00000.tiff") as file:
        assert float(file.pages[0].tags[42113].value) == pytest.approx(float(text), nan_ok=True)
    with pytest.raises(SettingsError, match="give nodata_value as a number"):
        Artefacts.checked(nodata_tag=True, nodata_value="high")


def test_the_command_sets_artefacts_by_name(tmp_path: Path) -> None:
    options = ["simulate", "--out", str(tmp_path / "o"), "--frames", "1", "--size", "64x48"]
    chosen = ["artefacts.border=4", "artefacts.border_sides=left,top", "artefacts.black_hot=true"]
    result = CliRunner().invoke(app, options + [w for text in chosen for w in ("--set", text)])
    assert result.exit_code == 0, result.output
    run = json.loads((tmp_path / "o/simulation.json").read_text())["runs"][0]
    artefacts = SceneSettings.model_validate(run["settings"]).artefacts
    assert artefacts == Artefacts(border=4, border_sides=("left", "top"), black_hot=True)
    stored = np.asarray(Image.open(tmp_path / "o/images/frame_00000.png"))
    assert not stored[:, :4].any()
    assert not stored[:4].any()
    assert stored[4:, 4:].min() > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("artefacts.bordr=4", "artefacts.bordr: unknown name"),
        ("artefacts.border=-1", "artefacts.border: should be greater"),
        ("artefacts.border", "write NAME=VALUE"),
        ("artefacts.nodata_value=-9999", "does not fit in uint8 frames"),
    ],
)
def test_a_wrong_artefact_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    options = ["simulate", "--out", str(tmp_path / "o"), "--size", "64x48", "--set", text]
    result = CliRunner().invoke(app, [*options, "--set", "artefacts.nodata=0.1"])
    assert isinstance(result.exception, SettingsError)
    assert message in str(result.exception)


def test_a_given_frame_takes_the_same_artefacts_as_a_simulated_one() -> None:
    plain = simulated(Artefacts())
    first, _ = add_artefacts(plain.frame, Artefacts(text=2), np.random.default_rng(4), 8)
    second, _ = add_artefacts(plain.frame, Artefacts(text=2), np.random.default_rng(4))
    np.testing.assert_array_equal(first, second)
