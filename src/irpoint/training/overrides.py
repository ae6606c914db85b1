"""Settings from the command line: named values, and any other as ``NAME=VALUE``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from irpoint.errors import SettingsError, first_error
from irpoint.training.settings import TrainSettings


def settings_from(values: Mapping[str, Any], overrides: Sequence[str]) -> TrainSettings:
    """Settings from named values and ``NAME=VALUE`` texts.

    ``augment.NAME=VALUE`` sets an augmentation, ``dataset_weights.NAME=VALUE`` a dataset's weight.

    Raises:
        SettingsError: if a text has no ``=``, a name is unknown or a value is out of range.
    """
    tree: dict[str, Any] = dict(values)
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"--set {text}: write NAME=VALUE")
        *groups, leaf = name.split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
            if not isinstance(branch, dict):
                raise SettingsError(f"--set {text}: {group!r} is not a group of settings")
        branch[leaf] = _value(value)
    try:
        return TrainSettings.model_validate(tree)
    except ValidationError as error:
        raise SettingsError(f"settings: {first_error(error)}") from error


def _value(text: str) -> Any:
    """Numbers, lists, true and false as in JSON; anything else is text."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
