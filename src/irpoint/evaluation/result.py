"""The result of an evaluation as the dictionary that ``irpoint evaluate --json`` writes."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from irpoint.evaluation.bootstrap import bootstrap_intervals
from irpoint.evaluation.counts import Evaluation
from irpoint.evaluation.splits import SplitEvaluation

_LOCALISATION = ("mean", "median", "p95", "bias_x", "bias_y")


def figures(evaluation: Evaluation) -> dict[str, Any]:
    """The figures of one evaluation with their 95 % intervals, ready for JSON.

    Fractions are in 0..1, errors in pixels and None where nothing matched. The keys are a
    contract: scripts read them.
    """
    error = evaluation.localisation_error
    false_pixels = evaluation.false_pixels_per_mpx
    return {
        "f1": evaluation.f1,
        "precision": evaluation.precision,
        "recall": evaluation.recall,
        "tp": evaluation.tp,
        "fp": evaluation.fp,
        "fn": evaluation.fn,
        "false_alarms_per_image": evaluation.false_alarms_per_image,
        "false_alarms_per_mpx": evaluation.false_alarms_per_mpx,
        **({} if false_pixels is None else {"false_pixels_per_mpx": false_pixels}),
        "localisation_error_px": asdict(error) if error else dict.fromkeys(_LOCALISATION),
        "interval_95": {
            name: None if interval is None else list(interval)
            for name, interval in bootstrap_intervals(evaluation).items()
        },
        "threshold": evaluation.threshold,
        "radius_px": evaluation.radius,
        "protocol": evaluation.protocol,
        "images": evaluation.images,
        "targets": evaluation.targets,
    }


def result(evaluation: SplitEvaluation, split: str, model: str | None) -> dict[str, Any]:
    """The pooled figures with ``model`` (None for somebody else's predictions), ``data`` (names)
    and ``split``; with several data sets, each one's own figures under ``datasets``."""
    content = {
        **figures(evaluation.pooled),
        "model": model,
        "data": list(evaluation.datasets),
        "split": split,
    }
    if len(evaluation.datasets) > 1:
        content["datasets"] = {name: figures(own) for name, own in evaluation.datasets.items()}
    return content
