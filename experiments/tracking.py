"""Measure what tracking gains on simulated points.

    python -m experiments.tracking

Prints the tables of docs/video.md. The first: targets found, false points, MOTA, IDF1 and switched
numbers, with and without tracking. Targets cross, disappear for a while, and enter late. A detector
finds each of them with a probability of 0.9 and an error of 0.7 px, and adds false alarms. The
frame is 640 × 512 pixels.

The second: errors of measured points, and of the places of their tracks, with one noise for all
points or with the covariance of each. Each target has an uncertainty of its own, from 0.05 to
0.4 px; in every seventh frame it cannot be measured, and its error is 1.5 px. The camera stands
still or shakes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import motmetrics
import numpy as np
import numpy.typing as npt

from experiments.common import argument_parser, run
from irpoint.tracking.m_of_n import Tracker

WIDTH, HEIGHT, FRAMES = 640, 512, 200
P_FOUND, ERROR_PX, RADIUS_PX = 0.9, 0.7, 5.0
HIDDEN_FRAMES = 5  # each target disappears once
FALSE_ALARMS_PER_FRAME = (0.5, 2.0, 8.0)
SEQUENCES = 10
SHAKES_PX = (0.0, 0.3, 1.0)  # standard deviation of the camera's position
SURE_PX, POOR_PX, P_POOR = (0.05, 0.4), 1.5, 1 / 7

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    """A simulated sequence.

    Attributes:
        truth: per frame, the targets that are visible: (n, 3) of number, x, y.
        found: per frame, the points of the detector: (m, 2) of x, y.
    """

    truth: list[Floats]
    found: list[Floats]


def simulate(seed: int, targets: int = 6, false_alarms: float = 2.0) -> Recording:
    """Targets of nearly constant velocity, each of which disappears once for five frames.

    Args:
        seed: random seed.
        targets: number of targets.
        false_alarms: mean number of false points per frame.
    """
    rng = np.random.default_rng(seed)
    crossing = rng.uniform((200, 160), (440, 350), (targets, 2))  # position at half-time
    velocity = rng.uniform(0.3, 1.5, (targets, 1)) * _directions(rng, targets)
    enters = rng.integers(0, 60, targets)
    hidden = rng.integers(90, 170, targets)
    truth, found = [], []
    for frame in range(FRAMES):
        xy = crossing + velocity * (frame - FRAMES / 2)
        xy += 3 * np.sin(frame / 20 + np.arange(targets))[:, None]
        inside = ((xy > 0) & (xy < (WIDTH - 1, HEIGHT - 1))).all(axis=1)
        covered = (frame >= hidden) & (frame < hidden + HIDDEN_FRAMES)
        visible = inside & (frame >= enters) & ~covered
        truth.append(np.column_stack([np.flatnonzero(visible), xy[visible]]))
        seen = xy[visible][rng.random(visible.sum()) < P_FOUND]
        false = rng.uniform(0, (WIDTH, HEIGHT), (rng.poisson(false_alarms), 2))
        found.append(np.concatenate([seen + rng.normal(0, ERROR_PX, seen.shape), false]))
    return Recording(truth, found)


def _directions(rng: np.random.Generator, count: int) -> Floats:
    angle = rng.uniform(0, 2 * np.pi, count)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def score(sequences: Sequence[Recording], *, tracked: bool) -> dict[str, float]:
    """Figures of the detector's points, or of the confirmed tracks, over all sequences.

    Returns:
        ``found``: fraction of targets found; ``false``: false points per frame; ``switches``,
        ``mota``, ``idf1``: figures of motmetrics.
    """
    accounts = []
    for sequence in sequences:
        tracker, account = Tracker(), motmetrics.MOTAccumulator(auto_id=True)
        for truth, found in zip(sequence.truth, sequence.found, strict=True):
            numbers = tracker.update(found) if tracked else np.arange(1, len(found) + 1)
            kept = numbers > 0
            gaps = np.linalg.norm(truth[:, None, 1:] - found[kept][None], axis=2)
            distances = np.where(gaps <= RADIUS_PX, gaps, np.nan)
            account.update(truth[:, 0].astype(int), numbers[kept], distances)
        accounts.append(account)
    names = ["num_objects", "num_detections", "num_false_positives", "num_switches", "mota", "idf1"]
    metrics = motmetrics.metrics.create()
    table = metrics.compute_many(accounts, metrics=names, generate_overall=True).loc["OVERALL"]
    return {
        "found": table["num_detections"] / table["num_objects"],
        "false": table["num_false_positives"] / (FRAMES * len(sequences)),
        "switches": table["num_switches"],
        "mota": table["mota"],
        "idf1": table["idf1"],
    }


def markdown(sequences: int = SEQUENCES) -> str:
    """The table of docs/video.md."""
    lines = [
        "| false alarms per frame | | found % | false points per frame | MOTA | IDF1 | switches |",
        "|---|---|---|---|---|---|---|",
    ]
    for rate in FALSE_ALARMS_PER_FRAME:
        simulated = [simulate(seed, false_alarms=rate) for seed in range(sequences)]
        for tracked in (False, True):
            figures = score(simulated, tracked=tracked)
            cells = [f"{rate}", "tracked" if tracked else "points"]
            cells += [f"{100 * figures['found']:.1f}", f"{figures['false']:.3f}"]
            if tracked:
                cells += [f"{figures['mota']:.3f}", f"{figures['idf1']:.3f}"]
                cells += [f"{figures['switches']:.0f}"]
            else:  # these figures are about tracks
                cells += ["–"] * 3
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


@dataclass(frozen=True)
class Places:
    """Errors of the places in simulated sequences of measured points.

    Attributes:
        points, tracks: root mean square per axis, of the points of targets and of their tracks, px.
        found: fraction of the points of targets that are in confirmed tracks.
    """

    points: float
    tracks: float
    found: float


def measure_places(seeds: Sequence[int], shake: float, *, covariances: bool) -> Places:
    """Track measured points, with the covariance of each or with one noise for all."""
    of_points, of_tracks, visible = [], [], 0
    for seed in seeds:
        rng, tracker = np.random.default_rng(seed), Tracker()
        sure = np.exp(rng.uniform(math.log(SURE_PX[0]), math.log(SURE_PX[1]), 6))
        for truth in simulate(seed, false_alarms=0).truth:
            numbers = truth[:, 0].astype(int)
            places = truth[:, 1:] + rng.normal(0, shake, 2)
            std = np.where(rng.random(len(truth)) < P_POOR, POOR_PX, sure[numbers])
            seen = rng.random(len(truth)) < P_FOUND
            off = rng.normal(0, 1, truth[:, 1:].shape) * std[:, None]
            given = std[seen, None, None] ** 2 * np.eye(2) if covariances else None
            tracked = tracker.update((places + off)[seen], None, given) > 0
            of_points.append(off[seen])
            ends = np.array([tail[-1] for _, tail in tracker.tails()]).reshape(-1, 2)
            gaps = np.linalg.norm(places[seen][tracked][:, None] - ends[None], axis=2)
            nearest = gaps.argmin(axis=1) if ends.size else np.empty(0, int)
            of_tracks.append(ends[nearest] - places[seen][tracked])
            visible += int(seen.sum())
    points, tracks = np.concatenate(of_points), np.concatenate(of_tracks)
    return Places(rms(points), rms(tracks), len(tracks) / visible)


def rms(offsets: Floats) -> float:
    """Root mean square of offsets (N, 2) per axis."""
    return float(np.sqrt(np.mean(offsets**2)))


def places_markdown(sequences: int = SEQUENCES) -> str:
    """The table of places in docs/video.md."""
    lines = [
        "| camera shakes by | noise of a point | points, px | tracks, px | points in tracks % |",
        "|---|---|---|---|---|",
    ]
    for shake in SHAKES_PX:
        for covariances, name in ((False, "0.7 px"), (True, "its covariance, and 0.7 px")):
            places = measure_places(range(sequences), shake, covariances=covariances)
            cells = [f"{shake:g} px", name, f"{places.points:.2f}", f"{places.tracks:.2f}"]
            lines.append(f"| {' | '.join([*cells, f'{100 * places.found:.1f}'])} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    argument_parser("tracking", __doc__).parse_args(arguments)
    print(markdown(), places_markdown(), sep="\n\n")


if __name__ == "__main__":
    run(main)
