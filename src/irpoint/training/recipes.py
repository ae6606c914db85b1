"""Recipes: the settings with which the shipped models are trained, one YAML file each.

A recipe has three parts: ``about`` (text), ``data`` (names of the datasets that the model learned
from) and ``settings`` (of :class:`irpoint.training.settings.TrainSettings`).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from irpoint.errors import IrpointWarning, SettingsError, first_error, one_line
from irpoint.system.extras import import_extra
from irpoint.system.spelling import did_you_mean

_FOLDER = resources.files("irpoint") / "recipes"
_SUFFIX = ".yaml"


class Recipe(BaseModel):
    """The content of a recipe's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    data: tuple[str, ...]
    settings: dict[str, Any]


def recipe_names() -> list[str]:
    """Names of the recipes in the package."""
    names = (file.name for file in _FOLDER.iterdir())
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def read_recipe(name: str) -> Recipe:
    """Read a recipe of the package, or a file.

    Args:
        name: name of a recipe, or path of a YAML file.

    Raises:
        SettingsError: if there is no such recipe, its file is damaged, or PyYAML is missing.
    """
    yaml = import_extra("yaml", "train", "a recipe", SettingsError)
    if name.endswith((_SUFFIX, ".yml")):
        file: Traversable = Path(name)
    elif name in recipe_names():
        file = _FOLDER / f"{name}{_SUFFIX}"
    else:
        listed = ", ".join(recipe_names())
        raise SettingsError(
            f"recipe {name!r} is unknown{did_you_mean(name, recipe_names())}; choose {listed}, or "
            "give a YAML file"
        )
    try:
        return Recipe.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        raise SettingsError(f"{name}: {first_error(error)}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{name}: not readable as a recipe ({one_line(error)})") from error


def recipe_settings(name: str, data: Sequence[Path]) -> dict[str, Any]:
    """The settings of a recipe, for the datasets that are given.

    Args:
        name: name of a recipe, or path of a YAML file.
        data: folders of the datasets. Settings for other datasets (``dataset_weights``,
            ``recentre``) are left out.

    Raises:
        SettingsError: as :func:`read_recipe`.

    Warns:
        IrpointWarning: with the datasets of the recipe that are not given.
    """
    recipe = read_recipe(name)
    given = {folder.resolve().name for folder in data}
    absent = [wanted for wanted in recipe.data if wanted not in given]
    if absent and len(absent) < len(recipe.data):  # own data only: nothing is to be repeated
        warnings.warn(
            f"recipe {name} learns from {', '.join(absent)} as well; add them with --data to "
            "repeat it",
            IrpointWarning,
            stacklevel=2,
        )
    settings = dict(recipe.settings)
    weights, recentre = settings.get("dataset_weights", {}), settings.get("recentre", ())
    settings["dataset_weights"] = {k: v for k, v in weights.items() if k in given}
    settings["recentre"] = [k for k in recentre if k in given]
    return settings
