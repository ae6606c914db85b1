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
BEST_FIGURES = "best.json"


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
        SettingsError: if the folder is a file, is not empty, has a run with other settings, or has
            a name that the model's card cannot state.
    """
    check_folder(run)
    try:
        run.resolve().name.encode()
    except UnicodeEncodeError:
        raise SettingsError(f"{run}: the name is not UTF-8; choose another folder") from None
    if resume and (run / SETTINGS).exists():
        saved, given = (s.model_dump(mode="json") for s in (saved_settings(run), settings))
        changed = [f"{k}: {saved[k]}, now {given[k]}" for k in saved if saved[k] != given[k]]
        if changed:
            raise SettingsError(
                f"{run / SETTINGS}: the run was started with other settings "
                f"({'; '.join(changed)}); resume with the same settings, or choose another folder"
            )
    if resume:
        _remove_parts(run)
        if (run / SETTINGS).exists():
            return
    if run.exists() and any(run.iterdir()):
        raise SettingsError(f"{run}: not empty; choose another folder, or resume with --resume")


def _remove_parts(run: Path) -> None:
    """Remove the temporary files of a process that was killed while it wrote."""
    for name in (SETTINGS, LAST, BEST, BEST_FIGURES, "metrics.csv", "model.onnx", "model.json"):
        for part in run.rglob(f".{name}*"):
            part.unlink(missing_ok=True)
