"""What a report shows of each model: from a training run, or from ``evaluate --json --points``."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from irpoint.errors import EvaluationError, first_error, one_line
from irpoint.evaluation import Evaluation, Sweep, bootstrap_intervals, evaluate, sweep
from irpoint.evaluation.matching import RADIUS_PX, match
from irpoint.evaluation.records import FrameRecord, TargetRecord, record

REPORTED = "point"
_FRAMES = TypeAdapter(tuple[FrameRecord, ...])


@dataclass(frozen=True)
class Outcome:
    """One target or answer and what became of it.

    Attributes:
        frame: the frame that it is in.
        kind: ``hit``, ``miss`` or ``false``.
        xy: the target, or for a false alarm the answer, in frame pixels.
        target: the target; None for a false alarm.
        answer: the answer's x, y and score; None for a miss.
    """

    frame: FrameRecord
    kind: str
    xy: tuple[float, float]
    target: TargetRecord | None = None
    answer: tuple[float, float, float] | None = None

    @property
    def error(self) -> float:
        """Distance of target and answer in pixels; 0 where one of them is missing."""
        if self.target is None or self.answer is None:
            return 0.0
        return float(np.hypot(self.answer[0] - self.target.x, self.answer[1] - self.target.y))


@dataclass(frozen=True)
class Subject:
    """One model in a report.

    Attributes:
        name: of the model, or of the file of answers.
        split: what it was evaluated on.
        threshold: answers that score at least this count; all where None.
        radius: of matching, pixels.
        frames: every frame with targets and answers.
        trained_on: names of the data sets whose frames here the model was trained on.
        training: (epoch, column → value) rows of the training log; empty where there is none.
    """

    name: str
    split: str
    threshold: float | None
    radius: float
    frames: tuple[FrameRecord, ...]
    trained_on: tuple[str, ...] = ()
    training: tuple[dict[str, float], ...] = field(default=())

    @cached_property
    def evaluation(self) -> Evaluation:
        """Figures at the threshold."""
        frames = [frame.evaluated() for frame in self.frames]
        return evaluate(frames, radius=self.radius, threshold=self.threshold)

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float] | None]:
        """95 % intervals of the figures."""
        return bootstrap_intervals(self.evaluation)

    @cached_property
    def sweep(self) -> Sweep:
        """Counts at every threshold."""
        return sweep([frame.evaluated() for frame in self.frames], radius=self.radius)

    @property
    def datasets(self) -> list[str]:
        """Names of the data sets, in order."""
        return list(dict.fromkeys(frame.dataset for frame in self.frames))

    def of(self, dataset: str) -> Subject:
        """The part of one data set."""
        frames = tuple(frame for frame in self.frames if frame.dataset == dataset)
        return replace(self, frames=frames, training=())

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Every target and every answer above the threshold."""
        return [outcome for frame in self.frames for outcome in self._outcomes(frame)]

    def _outcomes(self, frame: FrameRecord) -> list[Outcome]:
        # In the precision of scores, as the figures count them.
        least = np.float32(-np.inf if self.threshold is None else self.threshold)
        said = [answer for answer in frame.predicted if np.float32(answer[2]) >= least]
        truth = [(target.x, target.y) for target in frame.targets]
        pairs = match(truth, [answer[:2] for answer in said], self.radius)
        answered = dict(
            zip(pairs.truth_index.tolist(), pairs.predicted_index.tolist(), strict=True)
        )
        outcomes = [
            Outcome(frame, "hit" if k in answered else "miss", truth[k], target,
                    said[answered[k]] if k in answered else None)
            for k, target in enumerate(frame.targets)
        ]  # fmt: skip
        taken = set(answered.values())
        outcomes += [
            Outcome(frame, "false", answer[:2], None, answer)
            for k, answer in enumerate(said)
            if k not in taken
        ]
        return outcomes


def gather(source: Path) -> Subject:
    """A model from the folder of its training run, or from a result file.

    Raises:
        EvaluationError: where it is neither, or the result holds no frames.
    """
    if source.is_dir():
        return _from_run(source)
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvaluationError(f"{source}: cannot be read ({one_line(error)})") from error
    except ValueError as error:
        raise EvaluationError(f"{source}: is not JSON; give what evaluate --json wrote") from error
    if not isinstance(content, dict) or "frames" not in content:
        raise EvaluationError(
            f"{source}: holds no frames; write it with  irpoint evaluate … --json FILE --points"
        )
    if content.get("protocol", REPORTED) != REPORTED:
        raise EvaluationError(
            f"{source}: protocol {content['protocol']}; reports are of protocol {REPORTED} alone"
        )
    try:
        frames = _FRAMES.validate_python(content["frames"])
    except ValidationError as error:
        raise EvaluationError(f"{source}: {first_error(error, 'frames')}") from error
    if not frames:
        raise EvaluationError(f"{source}: the split is empty; nothing to report")
    threshold = content.get("threshold")
    return Subject(
        str(content.get("model") or source.stem),
        str(content.get("split", "")),
        None if threshold is None else float(threshold),
        float(content.get("radius_px", RADIUS_PX)),
        frames,
        tuple(map(str, content.get("trained_on", ()))),
    )


def _from_run(run: Path) -> Subject:
    from irpoint.datasets import load_dataset, pool
    from irpoint.evaluation.splits import find_points, trained_on
    from irpoint.runtime import Detector

    settings = _settings(run)
    detector = Detector(run)
    card = detector.card
    split = str(settings["val_split"])
    datasets = [load_dataset(Path(root), split) for root in settings["data"]]
    frames = pool(datasets)
    found = find_points(detector.candidates, frames)
    return Subject(
        card.name,
        split,
        card.thresholds.default,
        RADIUS_PX,
        tuple(record(frames, found)),
        tuple(trained_on(card.data, card.split, [d.name for d in datasets], split)),
        _training(run / "logs" / "csv" / "metrics.csv"),
    )


def _settings(run: Path) -> dict[str, Any]:
    try:
        settings: dict[str, Any] = json.loads((run / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{run}: no training run (settings.json is missing)") from error
    return settings


def _training(log: Path) -> tuple[dict[str, float], ...]:
    """The rows of the training log, without empty cells."""
    if not log.is_file():
        return ()
    with log.open(newline="") as lines:
        rows = csv.DictReader(lines)
        return tuple({k: float(v) for k, v in row.items() if k and v} for row in rows)
