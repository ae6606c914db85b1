"""Measure how often the interval of irpoint calibrate holds the true false-alarm rate.

    python -m experiments.calibration_intervals --draws 500

Simulates the false alarms of footage in which clutter lasts, or comes in bursts. In each draw, it
chooses a threshold as ``irpoint calibrate`` does. Prints the share of draws whose 95 % interval
holds the true rate at that threshold, and that of the plain Poisson interval, which takes each
false alarm as independent. Used in docs/calibrate.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import numpy as np

from experiments.common import argument_parser, run
from irpoint.calibration.events import Alarms
from irpoint.calibration.threshold import choose_threshold, count
from irpoint.evaluation.intervals import poisson_interval

FRAMES = 1000
SIDE = 4000  # px, so that unrelated clutter rarely comes together
EVENTS = 40  # mean number of events
LENGTHS = (3, 30)  # frames in which lasting clutter is seen
FLICKER = 0.05  # standard deviation of the score of one piece of clutter
BURSTS, PER_BURST = 12, 10  # mean numbers
LOWEST = 0.05

Footage = Callable[[np.random.Generator], Alarms]


def lasting(random: np.random.Generator) -> Alarms:
    """Clutter in one place for 3 to 30 frames, with a score that flickers."""
    rows = []
    for first in random.integers(0, FRAMES - LENGTHS[1], random.poisson(EVENTS)):
        length = random.integers(LENGTHS[0], LENGTHS[1] + 1)
        place, level = random.uniform(0, SIDE, 2), random.uniform(0.2, 0.9)
        scores = level + random.normal(0, FLICKER, length)
        rows += [(score, *place, first + k) for k, score in enumerate(scores)]
    table = np.array(rows).reshape(-1, 4)
    return _alarms(table[:, 0], table[:, 1:3], table[:, 3])


def bursts(random: np.random.Generator) -> Alarms:
    """Clutter at different places in the same frame, each seen once."""
    when = random.integers(0, FRAMES, random.poisson(BURSTS))
    frame = np.repeat(when, random.poisson(PER_BURST, len(when)))
    level = random.uniform(0.2, 0.9, len(frame))
    score = level + random.normal(0, FLICKER, len(frame))
    return _alarms(score, random.uniform(0, SIDE, (len(frame), 2)), frame)


def _alarms(score: np.ndarray, xy: np.ndarray, frame: np.ndarray) -> Alarms:
    frame = frame.astype(np.intp)
    return Alarms(np.clip(score, LOWEST, 1), xy, frame, np.zeros(len(frame), np.intp))


# Footage, its mean number of false alarms at the lowest score, and the number that is wanted.
KINDS: dict[str, tuple[Footage, float, float]] = {
    "lasting": (lasting, EVENTS * sum(LENGTHS) / 2, 200),
    "bursts": (bursts, BURSTS * PER_BURST, 60),
}


def coverage(kind: str, draws: int, seed: int = 0) -> tuple[float, float]:
    """Share of draws in which the interval, and the plain one, hold the true rate."""
    footage, mean, wanted = KINDS[kind]
    random = np.random.default_rng(seed)
    levels = random.uniform(0.2, 0.9, 200_000) + random.normal(0, FLICKER, 200_000)
    levels.sort()
    held = plain = 0
    for _ in range(draws):
        alarms = footage(random)
        found = count(alarms, choose_threshold(alarms, wanted, LOWEST), np.ones(FRAMES))
        truth = mean * (1 - np.searchsorted(levels, found.threshold) / len(levels))
        held += int(found.interval[0] <= truth <= found.interval[1])
        low, high = poisson_interval(found.alarms)
        plain += int(low <= truth <= high)
    return held / draws, plain / draws


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser: argparse.ArgumentParser = argument_parser("calibration_intervals", __doc__)
    parser.add_argument("--draws", type=int, default=500, metavar="N", help="simulated footages")
    given = parser.parse_args(arguments)
    for kind in KINDS:
        held, plain = coverage(kind, given.draws)
        shares = (
            f"in {100 * held:.0f} % of draws, the plain Poisson interval in {100 * plain:.0f} %"
        )
        print(f"{kind}: the interval holds the true rate {shares}")


if __name__ == "__main__":
    run(main)
