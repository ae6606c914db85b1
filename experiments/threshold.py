"""Measure how much F1 gains because the threshold was chosen on the evaluated frames.

    python -m experiments.threshold weights/p2p-lite-train --data NUDT-SIRST IRSTD-1k

Prints the best F1 over all thresholds on the val frames, and the F1 of a random half of them at the
best threshold of the other half, as mean and standard deviation over 60 draws. Used in
docs/accuracy.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.common import (
    add_data,
    add_models,
    argument_parser,
    candidates,
    run,
    validation_frames,
)
from irpoint import Detector
from irpoint.evaluation import EvaluatedFrame, evaluate, sweep

DRAWS = 60  # each gives two figures


def f1_of_halves(frames: Sequence[EvaluatedFrame], draws: int = DRAWS) -> list[float]:
    """F1 of each half of the frames at the best threshold of the other half, for every draw."""
    rng = np.random.default_rng(0)
    figures = []
    for _ in range(draws):
        order = rng.permutation(len(frames))
        one, two = ([frames[k] for k in half] for half in np.array_split(order, 2))
        for chosen_on, evaluated_on in ((one, two), (two, one)):
            threshold = sweep(chosen_on).best_f1()[0]
            figures.append(evaluate(evaluated_on, threshold=threshold).f1)
    return figures


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("threshold", __doc__)
    add_models(parser)
    add_data(parser)
    given = parser.parse_args(arguments)
    frames = validation_frames(given.data)
    for name in given.models:
        evaluated = candidates(Detector(name, backend="onnxruntime"), frames)
        threshold, best = sweep(evaluated).best_f1()
        halves = 100 * np.array(f1_of_halves(evaluated))
        print(
            f"{name}: best F1 {100 * best:.1f} % at threshold {threshold:.3f}; "
            f"{halves.mean():.1f} ± {halves.std():.1f} % at the threshold of the other half"
        )


if __name__ == "__main__":
    run(main)
