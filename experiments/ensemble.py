"""Measure what several models, and mirrored frames, find together.

    python -m experiments.ensemble runs/spire-1 runs/p2p-1 --data NUDT-SIRST IRSTD-1k

Prints the best F1 over thresholds on the val frames of each model, of their average, and of both
with each frame mirrored four ways. Responses are divided by the threshold of the model's card
before they are averaged. Used in docs/experiments.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from experiments.common import add_data, add_models, argument_parser, run, validation_frames
from irpoint import Detector, Points
from irpoint.evaluation import EvaluatedFrame, sweep
from irpoint.frames import read_frame

FLIPS = ((1, 1), (-1, 1), (1, -1), (-1, -1))  # step through rows and columns
MIN_SCORE = 0.05  # of the averaged response

Part = tuple[int, int]
"""Index of a model, and of a flip."""


def combinations(names: Sequence[str]) -> dict[str, list[Part]]:
    """The rows of the table: which responses are averaged for each."""
    every = range(len(names))
    rows: dict[str, list[Part]] = {name: [(k, 0)] for k, name in enumerate(names)}
    if len(names) > 1:
        rows["all"] = [(k, 0) for k in every]
    for k, name in enumerate(names):
        rows[f"{name}, mirrored four ways"] = [(k, flip) for flip in range(len(FLIPS))]
    if len(names) > 1:
        rows["all, mirrored four ways"] = list(product(every, range(len(FLIPS))))
    return rows


def find(
    detectors: Sequence[Detector],
    frame: npt.NDArray[np.generic],
    rows: Mapping[str, Sequence[Part]],
) -> dict[str, Points]:
    """The points of each row of the table in one frame (H, W)."""
    prepared = detectors[0].prepare(frame)
    responses = {}
    for (k, detector), (flip, (down, across)) in product(enumerate(detectors), enumerate(FLIPS)):
        image = np.ascontiguousarray(prepared.image[::down, ::across])
        response = detector.respond([replace(prepared, image=image)])[0][::down, ::across]
        responses[k, flip] = response / detector.card.thresholds.default
    points = {}
    for name, parts in rows.items():
        mean = np.ascontiguousarray(np.mean([responses[part] for part in parts], axis=0))
        points[name] = detectors[0].locate(mean.astype(np.float32), prepared, MIN_SCORE)
    return points


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("ensemble", __doc__)
    add_models(parser)
    add_data(parser)
    given = parser.parse_args(arguments)
    rows = combinations(given.models)
    detectors = [Detector(name, backend="onnxruntime") for name in given.models]
    evaluated: dict[str, list[EvaluatedFrame]] = {name: [] for name in rows}
    for frame in validation_frames(given.data):
        for name, points in find(detectors, read_frame(frame.image), rows).items():
            evaluated[name].append(EvaluatedFrame.of(frame, points))
    for name, frames in evaluated.items():
        print(f"{name:32} F1 {100 * sweep(frames).best_f1()[1]:.1f} %")


if __name__ == "__main__":
    run(main)
