"""What tracking buys on simulated points; prints the table of docs/tracking.md.

Targets cross, vanish for a while, and enter late; a detector sees each with probability 0.9 and
0.7 px of noise, and adds false alarms anywhere. The frame is 640 × 512.
"""

from __future__ import annotations

from dataclasses import dataclass

import motmetrics
import numpy as np

from irpoint.pipeline import Tracker

WIDTH, HEIGHT, FRAMES = 640, 512, 200
SEEN, NOISE, RADIUS = 0.9, 0.7, 5.0


@dataclass(frozen=True)
class Sequence:
    """Per frame: true places by target (n, 3: number, x, y), and what a detector says (m, 2)."""

    truth: list[np.ndarray]
    said: list[np.ndarray]


def sequence(seed: int, targets: int = 6, false_alarms: float = 2.0) -> Sequence:
    """Targets of constant speed with a little sway, each away for 5 frames once."""
    rng = np.random.default_rng(seed)
    middle = rng.uniform((200, 160), (440, 350), (targets, 2))  # where their ways cross
    velocity = rng.uniform(0.3, 1.5, (targets, 1)) * _directions(rng, targets)
    enters = rng.integers(0, 60, targets)
    hidden = rng.integers(90, 170, targets)
    truth, said = [], []
    for frame in range(FRAMES):
        place = middle + velocity * (frame - FRAMES / 2)
        place += 3 * np.sin(frame / 20 + np.arange(targets))[:, None]
        inside = ((place > 0) & (place < (WIDTH - 1, HEIGHT - 1))).all(axis=1)
        there = inside & (frame >= enters) & ~((frame >= hidden) & (frame < hidden + 5))
        truth.append(np.column_stack([np.flatnonzero(there), place[there]]))
        seen = place[there][rng.random(there.sum()) < SEEN]
        wrong = rng.uniform(0, (WIDTH, HEIGHT), (rng.poisson(false_alarms), 2))
        said.append(np.concatenate([seen + rng.normal(0, NOISE, seen.shape), wrong]))
    return Sequence(truth, said)


def _directions(rng: np.random.Generator, count: int) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi, count)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def score(sequences: list[Sequence], *, tracked: bool) -> dict[str, float]:
    """Share found, false points a frame, and the standard tracking figures (motmetrics)."""
    judged = []
    for each in sequences:
        tracker, account = Tracker(), motmetrics.MOTAccumulator(auto_id=True)
        for truth, said in zip(each.truth, each.said, strict=True):
            numbers = tracker.update(said) if tracked else np.arange(1, len(said) + 1)
            kept = numbers > 0
            gaps = np.linalg.norm(truth[:, None, 1:] - said[kept][None], axis=2)
            account.update(
                truth[:, 0].astype(int), numbers[kept], np.where(gaps <= RADIUS, gaps, np.nan)
            )
        judged.append(account)
    names = ["num_objects", "num_detections", "num_false_positives", "num_switches", "mota", "idf1"]
    handler = motmetrics.metrics.create()
    table = handler.compute_many(judged, metrics=names, generate_overall=True).loc["OVERALL"]
    return {
        "found": table["num_detections"] / table["num_objects"],
        "false": table["num_false_positives"] / (FRAMES * len(sequences)),
        "switches": table["num_switches"],
        "mota": table["mota"],
        "idf1": table["idf1"],
    }


def main() -> None:
    """Print the table."""
    print("| false alarms a frame | | found % | false points a frame | MOTA | IDF1 | switches |")
    print("|---|---|---|---|---|---|---|")
    for rate in (0.5, 2.0, 8.0):
        sequences = [sequence(seed, false_alarms=rate) for seed in range(10)]
        for tracked in (False, True):
            figures = score(sequences, tracked=tracked)
            cells = [rate, "tracked" if tracked else "points"]
            cells += [f"{100 * figures['found']:.1f}", f"{figures['false']:.3f}"]
            if tracked:
                cells += [f"{figures['mota']:.3f}", f"{figures['idf1']:.3f}"]
                cells += [f"{figures['switches']:.0f}"]
            else:
                cells += ["–"] * 3
            print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    main()
