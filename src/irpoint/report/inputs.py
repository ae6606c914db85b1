"""Read a model for a report from a training run, or from a result of ``irpoint evaluate``."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from irpoint.errors import EvaluationError, first_error, one_line
from irpoint.evaluation.matching import RADIUS_PX
from irpoint.evaluation.records import FrameRecord, SplitRecords, record_split
from irpoint.report.model import ReportedModel
from irpoint.zoo import ModelCard, ScoreOdds, SimulatedRecall

_PROTOCOL = "point"  # the only one whose matches a report can show


class _Result(BaseModel):
    """The fields of a result that a report shows."""

    frames: tuple[FrameRecord, ...]
    repeated: tuple[FrameRecord, ...] = ()
    model: str | None = None
    data: tuple[str, ...] = ()
    split: str = ""
    threshold: float | None = Field(None, allow_inf_nan=False)
    radius_px: float = Field(RADIUS_PX, gt=0, le=1e9)
    trained_on: tuple[str, ...] = ()
    score_odds: ScoreOdds | None = None
    simulated_recall: SimulatedRecall | None = None
    settings: dict[str, Any] = {}
    card: ModelCard | None = None


class _RunSettings(BaseModel):
    """The settings of a training run that a report needs."""

    data: tuple[Path, ...]
    val_split: str


def read_model(source: Path, backend: str = "onnxruntime") -> ReportedModel:
    """Read a model from the folder of its training run, or from a result file.

    Args:
        source: a run of ``irpoint train``, whose model is evaluated on its validation split, or a
            file that ``irpoint evaluate --json FILE --points`` wrote.
        backend: runtime of the network of a run. The figures on the cards are those of ONNX
            Runtime, as those of ``irpoint evaluate``.

    Raises:
        EvaluationError: if it is neither, or the result has no frames.
    """
    if source.is_dir():
        return _read_run(source, backend)
    content = _read_result(source)
    try:
        result = _Result.model_validate(content)
    except ValidationError as error:
        raise EvaluationError(f"{source}: {first_error(error)}; evaluate again") from error
    if not result.frames:
        raise EvaluationError(f"{source}: has no frames; evaluate a split that is not empty")
    return ReportedModel(
        name=result.model or source.stem,
        split=result.split,
        threshold=result.threshold,
        radius=result.radius_px,
        records=SplitRecords(result.frames, result.repeated, result.data),
        trained_on=result.trained_on,
        score_odds=result.score_odds,
        simulated_recall=result.simulated_recall,
        settings=result.settings,
        card=result.card,
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


def _read_run(run: Path, backend: str) -> ReportedModel:
    """Evaluate the model of a run as ``irpoint evaluate`` does on its validation split."""
    from irpoint.datasets.auto_split import saved_lists
    from irpoint.evaluation import load_split, predictions_of_model
    from irpoint.runtime import Detector
    from irpoint.training.unfinished import model_or_run

    settings = _read_settings(run)
    split = load_split(settings.data, settings.val_split, lists=saved_lists(run))
    predicted = predictions_of_model(Detector(model_or_run(run), backend=backend), split)
    return ReportedModel(
        name=predicted.title,
        split=split.name,
        threshold=predicted.threshold,
        radius=RADIUS_PX,
        records=record_split(split, predicted.points),
        trained_on=predicted.trained_on,
        score_odds=predicted.score_odds,
        simulated_recall=predicted.simulated_recall,
        training=_read_training_log(run / "logs" / "csv" / "metrics.csv"),
        settings=predicted.settings,
        card=predicted.card,
        run=json.loads((run / "settings.json").read_bytes()),
    )


def _read_settings(run: Path) -> _RunSettings:
    file = run / "settings.json"
    try:
        return _RunSettings.model_validate_json(file.read_bytes())
    except OSError as error:
        raise EvaluationError(
            f"{run}: is not a training run, because it has no readable settings.json"
        ) from error
    except ValidationError as error:
        raise EvaluationError(f"{file}: {first_error(error)}; fix it") from error


def _read_training_log(log: Path) -> tuple[dict[str, float], ...]:
    """The rows of the training log without empty cells; none if there is no log."""
    if not log.is_file():
        return ()
    try:
        with log.open(newline="", encoding="utf-8") as lines:
            rows = csv.DictReader(lines)
            return tuple({k: float(v) for k, v in row.items() if k and v} for row in rows)
    except (OSError, ValueError, TypeError, csv.Error) as error:
        raise EvaluationError(
            f"{log}: not a training log ({one_line(error)}); remove it to leave out its curves"
        ) from error
