"""What choosing a threshold on val costs: ``experiments/threshold.py MODEL… --data NUDT-SIRST …``.

The best F1 over all thresholds flatters: it was chosen on the frames that it is measured on. Here
the threshold comes from a random half of them and F1 from the other half, over many draws.
"""

from __future__ import annotations

import numpy as np

from experiments.ensemble import models_and_frames
from irpoint.evaluation import EvaluatedFrame, evaluate, sweep
from irpoint.evaluation.splits import find_points

DRAWS = 60  # each gives two figures


def main() -> None:
    models, frames = models_and_frames(__doc__)
    for name, detector in models.items():
        found = find_points(detector.candidates, frames)
        judged = [EvaluatedFrame.of(f, found[f.image]) for f in frames]
        threshold, best = sweep(judged).best_f1()
        other = np.array(f1_of_other_halves(judged))
        print(
            f"{name}: F1 {100 * best:.1f} at {threshold:.3f}, the best; "
            f"{100 * other.mean():.1f} ± {100 * other.std():.1f} with thresholds of the other half"
        )


def f1_of_other_halves(judged: list[EvaluatedFrame]) -> list[float]:
    """F1 of one half of the frames at the best threshold of the other, both ways, of every draw."""
    rng = np.random.default_rng(0)
    figures = []
    for _ in range(DRAWS):
        order = rng.permutation(len(judged))
        one, two = ([judged[k] for k in half] for half in np.array_split(order, 2))
        for chosen_on, measured_on in ((one, two), (two, one)):
            threshold = sweep(chosen_on).best_f1()[0]
            figures.append(evaluate(measured_on, threshold=threshold).f1)
    return figures


if __name__ == "__main__":
    main()
