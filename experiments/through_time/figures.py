"""Figures of what a method said of streams whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import motmetrics
import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from experiments.through_time.methods import Said
from experiments.through_time.streams import Stream

Floats = npt.NDArray[np.float64]
FROM_FRAME = 15  # of a target's life, from which it must be found
_GROWN_PX = 4.0  # by which labelled boxes are grown
_FALSE_SHARE = 0.5  # of its first ten frames on a target, below which a track is false


@dataclass(frozen=True)
class Found:
    """Of each target-frame: (N, 3) SNR, SCNR, and whether it was found."""

    rows: Floats

    def share(self, low: float = 0.0, high: float = np.inf) -> tuple[float, int]:
        """Share found at a SCNR in [low, high), and number of target-frames."""
        inside = (self.rows[:, 1] >= low) & (self.rows[:, 1] < high)
        count = int(inside.sum())
        return (float(self.rows[inside, 2].mean()) if count else float("nan")), count


def found(streams: Sequence[Stream], said: Sequence[Said], from_frame: int = FROM_FRAME) -> Found:
    """Which visible targets were found, from a frame of their lives on."""
    rows: list[tuple[float, float, bool]] = []
    for stream, frames in zip(streams, said, strict=True):
        for frame, places in zip(stream.frames, frames, strict=True):
            for row in frame.truth[(frame.truth[:, 5] > 0) & (frame.truth[:, 8] >= from_frame)]:
                rows.append((row[3], row[4], bool(_hits(row, places).any())))
    return Found(np.array(rows, float).reshape(-1, 3))


def false_tracks(stream: Stream, said: Said) -> int:
    """Number of tracks that are on no target in most of their first ten frames."""
    on_target: dict[int, list[bool]] = {}
    for frame, places in zip(stream.frames, said, strict=True):
        hits = [_hits(row, places) for row in frame.truth]
        near = np.any(hits, axis=0) if hits else np.zeros(len(places), bool)
        for number, hit in zip(places[:, 0].astype(int).tolist(), near.tolist(), strict=True):
            on_target.setdefault(number, []).append(hit)
    return sum(float(np.mean(hits[:10])) < _FALSE_SHARE for hits in on_target.values())


def identity(streams: Sequence[Stream], said: Sequence[Said]) -> tuple[float, float]:
    """IDF1, and switched numbers per thousand target-frames."""
    accounts, count = [], 0
    for stream, frames in zip(streams, said, strict=True):
        account = motmetrics.MOTAccumulator(auto_id=True)
        for frame, places in zip(stream.frames, frames, strict=True):
            truth = frame.truth[frame.truth[:, 5] > 0]
            count += len(truth)
            gaps = np.linalg.norm(truth[:, None, 1:3] - places[None, :, 1:], axis=2)
            distances = np.where(gaps <= 5.0, gaps, np.nan)
            account.update(truth[:, 0].astype(int), places[:, 0].astype(int), distances)
        accounts.append(account)
    metrics = motmetrics.metrics.create()
    table = metrics.compute_many(
        accounts, metrics=["idf1", "num_switches"], generate_overall=True
    ).loc["OVERALL"]
    return float(table["idf1"]), 1000 * float(table["num_switches"]) / max(count, 1)


def poisson_interval(count: int) -> tuple[float, float]:
    """95 % interval of the mean of a Poisson distribution of which one count is known."""
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * count + 2) / 2)


def _hits(row: Floats, places: Floats) -> npt.NDArray[np.bool_]:
    """Which places (n, 3) are inside the box of a target, grown by 4 px if it is a label."""
    simulated = row[3] > 0
    reach = row[6:8] + (0.0 if simulated else _GROWN_PX)
    return np.asarray((np.abs(places[:, 1:] - row[1:3]) <= reach).all(axis=1))


Method = Callable[[Stream], Said]
