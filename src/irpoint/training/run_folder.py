"""The folder of a training run: its settings, and whether a run may start or resume there."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from irpoint.errors import ModelError, SettingsError, first_error
from irpoint.system.atomic import atomic_write, check_folder
from irpoint.training.settings import TrainSettings

SETTINGS = "settings.json"
LAST = "last.ckpt"
BEST = "best.safetensors"


def save_settings(run: Path, settings: TrainSettings) -> None:
    """Write the settings of a run into its folder."""
    atomic_write(run / SETTINGS, settings.model_dump_json(indent=2) + "\n")


def saved_settings(run: Path) -> TrainSettings:
    """The settings of a run.

    Raises:
        ModelError: if the folder is not a run, or this version cannot read its settings.
    """
    file = run / SETTINGS
    try:
        return TrainSettings.model_validate_json(file.read_bytes())
    except OSError as error:
        raise ModelError(f"{run}: not a training run ({SETTINGS} is missing)") from error
    except ValidationError as error:
        raise ModelError(f"{file}: {first_error(error)}") from error


def check_run_folder(run: Path, settings: TrainSettings, *, resume: bool) -> None:
    """Check that a run with these settings may write to its folder.

    Raises:
        SettingsError: if the folder is a file, is not empty, or has a run with other settings.
    """
    check_folder(run)
    if resume and (run / SETTINGS).exists():
        if saved_settings(run) != settings:
            raise SettingsError(
                f"{run / SETTINGS}: the run was started with other settings; resume with the same "
                "settings, or choose another folder"
            )
    elif run.exists() and any(run.iterdir()):
        raise SettingsError(f"{run}: not empty; choose another folder, or resume with --resume")
