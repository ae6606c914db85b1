"""Errors of network and measurement on labelled frames, with the centroids of masks as truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from experiments.common import validation_frames
from irpoint import Detector
from irpoint.evaluation.matching import match
from irpoint.measurement import Flag

KINDS = ("point-like", "extended", "not measured")
HEADER = (
    "| val | points | number | share % | network px | measured px | medians px |\n"
    "|---|---|---|---|---|---|---|"
)


def table(detector: Detector, folder: Path) -> list[str]:
    """A row per kind of point of the val frames of a dataset: both mean errors, and medians."""
    kinds: list[npt.NDArray[np.intp]] = []
    errors: list[npt.NDArray[np.float64]] = []
    for frame in validation_frames([folder]):
        points = detector(frame.read())
        measured = points.measured
        if measured is None or not len(points) or not len(frame.points):
            continue
        pairs = match(frame.points.xy, measured.network_xy)
        truth = frame.points.xy[pairs.truth_index].astype(np.float64)
        places = (measured.network_xy, points.xy.astype(np.float64))
        errors.append(
            np.stack([np.linalg.norm(p[pairs.predicted_index] - truth, axis=1) for p in places], 1)
        )
        own = measured[pairs.predicted_index]
        kinds.append(np.where(own.has(Flag.UNMEASURED), 2, np.where(own.has(Flag.EXTENDED), 1, 0)))
    kind, error = np.concatenate(kinds), np.concatenate(errors)
    return [_row(folder.name, name, kind == k, error) for k, name in enumerate(KINDS)]


def _row(
    dataset: str, name: str, some: npt.NDArray[np.bool_], error: npt.NDArray[np.float64]
) -> str:
    cells = [dataset, name, str(some.sum()), f"{100 * some.mean():.0f}"]
    if some.any():
        mean, median = error[some].mean(0), np.median(error[some], 0)
        cells += [f"{mean[0]:.3f}", f"{mean[1]:.3f}", f"{median[0]:.3f} → {median[1]:.3f}"]
    else:
        cells += ["–"] * 3
    return f"| {' | '.join(cells)} |"
