"""Read a model for a report from a training run, or from a result of ``irpoint evaluate``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from irpoint.errors import EvaluationError, first_error, one_line
from irpoint.evaluation.matching import RADIUS_PX
from irpoint.evaluation.records import FrameRecord, record
from irpoint.report.model import ReportedModel

_PROTOCOL = "point"  # the only one whose matches a report can show
_FRAMES = TypeAdapter(tuple[FrameRecord, ...])


def read_model(source: Path) -> ReportedModel:
    """Read a model from the folder of its training run, or from a result file.

    Args:
        source: a run of ``irpoint train``, whose model is evaluated on its validation split, or a
            file that ``irpoint evaluate --json FILE --points`` wrote.

    Raises:
        EvaluationError: if it is neither, or the result has no frames.
    """
    if source.is_dir():
        return _read_run(source)
    content = _read_result(source)
    try:
        frames = _FRAMES.validate_python(content["frames"])
    except ValidationError as error:
        raise EvaluationError(f"{source}: {first_error(error, 'frames')}") from error
    if not frames:
        raise EvaluationError(f"{source}: has no frames; evaluate a split that is not empty")
    threshold = content.get("threshold")
    return ReportedModel(
        name=str(content.get("model") or source.stem),
        split=str(content.get("split", "")),
        threshold=None if threshold is None else float(threshold),
        radius=float(content.get("radius_px", RADIUS_PX)),
        frames=frames,
        trained_on=tuple(map(str, content.get("trained_on", ()))),
    )


def _read_result(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvaluationError(f"{file}: cannot be read ({one_line(error)})") from error
    except ValueError as error:
        raise EvaluationError(
            f"{file}: is not JSON; give a file that irpoint evaluate --json wrote"
        ) from error
    if not isinstance(content, dict) or "frames" not in content:
        raise EvaluationError(
            f"{file}: has no frames; write it with  irpoint evaluate … --json FILE --points"
        )
    protocol = content.get("protocol", _PROTOCOL)
    if protocol != _PROTOCOL:
        raise EvaluationError(
            f"{file}: was evaluated with protocol {protocol}; reports need --protocol {_PROTOCOL}"
        )
    return content


def _read_run(run: Path) -> ReportedModel:
    from irpoint.datasets import load_dataset, pool
    from irpoint.evaluation.splits import find_points, trained_on
    from irpoint.runtime import Detector

    settings = _read_settings(run)
    detector = Detector(run)
    card = detector.card
    split = str(settings["val_split"])
    datasets = [load_dataset(Path(root), split) for root in settings["data"]]
    frames = pool(datasets)
    found = find_points(detector.candidates, frames)
    names = [dataset.name for dataset in datasets]
    return ReportedModel(
        name=card.name,
        split=split,
        threshold=card.thresholds.default,
        radius=RADIUS_PX,
        frames=tuple(record(frames, found)),
        trained_on=tuple(trained_on(card.data, card.split, names, split)),
        training=_read_training_log(run / "logs" / "csv" / "metrics.csv"),
    )


def _read_settings(run: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads((run / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationError(
            f"{run}: is not a training run, because it has no readable settings.json"
        ) from error
    return settings


def _read_training_log(log: Path) -> tuple[dict[str, float], ...]:
    """The rows of the training log without empty cells; none if there is no log."""
    if not log.is_file():
        return ()
    with log.open(newline="") as lines:
        rows = csv.DictReader(lines)
        return tuple({k: float(v) for k, v in row.items() if k and v} for row in rows)
