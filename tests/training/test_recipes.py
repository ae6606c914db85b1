"""Recipes: what is packaged, and which of its settings apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from irpoint.errors import IrpointWarning, SettingsError
from irpoint.training.overrides import settings_from
from irpoint.training.recipes import read_recipe, recipe_names, recipe_settings

pytest.importorskip("yaml", reason="needs the extra train")

ALL = [Path("NUDT-SIRST"), Path("IRSTD-1k"), Path("SIRST-v1"), Path("SIRST-v2"), Path("DDT-IR")]
ALL.append(Path("HIT-UAV-empty"))


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_fits_the_screen_and_has_valid_settings(name: str) -> None:
    recipe = read_recipe(name)
    assert "hours on two CPU cores" in recipe.about
    assert [Path(data) for data in recipe.data] == ALL
    settings = settings_from({"data": ALL, **recipe_settings(name, ALL)}, ["epochs=7"])
    assert settings.method == name
    assert settings.init is None
    assert settings.epochs == 7
    assert len(settings.in_stages()) == 2
    assert set(settings.dataset_weights) <= set(recipe.data)
    assert all(teacher.sha256 for teacher in settings.teachers)


def test_there_is_a_recipe_for_each_shipped_model() -> None:
    assert {"spire", "p2p-lite", "sshd"} <= set(recipe_names())


def test_settings_for_data_that_are_not_given_are_left_out() -> None:
    with pytest.warns(IrpointWarning, match="learns from .*DDT-IR.* add them with --data"):
        values = recipe_settings("spire", [Path("/somewhere/NUDT-SIRST")])
    assert values["dataset_weights"].keys() == {"NUDT-SIRST"}
    assert values["recentre"] == []
    assert recipe_settings("spire", [Path("mine")])["dataset_weights"] == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "not readable as a recipe"),
        ("a: [", "not readable as a recipe"),
        ("about: x", "data"),
        ("about: x\ndata: []\nsettings: {}\nstages: []", "stages"),
    ],
)
def test_damaged_recipes_are_one_line(tmp_path: Path, text: str | None, message: str) -> None:
    file = tmp_path / "mine.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=message) as raised:
        read_recipe(str(file))
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_unknown_recipe_is_named_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'spir' is unknown; did you mean spire\?.* p2p-lite"):
        read_recipe("spir")


def test_a_recipe_may_be_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("about: x\ndata: [a]\nsettings: {epochs: 3}\n")
    assert recipe_settings(str(file), [Path("a")])["epochs"] == 3
