"""The settings of a training run from the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from irpoint.system.overrides import overridden
from irpoint.training.settings import TrainSettings


def settings_from(values: Mapping[str, Any], overrides: Sequence[str]) -> TrainSettings:
    """Settings from named values and ``NAME=VALUE`` texts.

    ``augment.NAME=VALUE`` sets an augmentation, ``dataset_weights.NAME=VALUE`` a dataset's weight.

    Raises:
        SettingsError: as :func:`irpoint.system.overrides.overridden`.
    """
    return overridden(TrainSettings, values, overrides)
