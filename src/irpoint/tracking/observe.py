"""What a frame shows: the network's points and the specks, as candidates on one scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from irpoint.measurement import Flag
from irpoint.points import Points
from irpoint.tracking.candidates import Candidates
from irpoint.tracking.clutter import CELL_PX, Rates
from irpoint.tracking.near import is_near, near_pairs
from irpoint.tracking.paths import Floats
from irpoint.tracking.specks import LOWEST_STATISTIC, Specks
from irpoint.zoo import ModelCard

_SCORES = np.exp(np.linspace(np.log(1e-3), np.log(2.0), 80))
_STATISTICS = np.linspace(LOWEST_STATISTIC, 14.0, 80)
SPECK_STD = 0.65  # px, of the place of a weak speck
_NETWORK_STD = 1.4  # px, of a weak point, at the place that the network gives
_SAME_PX = 4.0  # a point and a speck this close are one candidate
_FIRST_Z, _MORE_Z = 3.0, 0.5  # highest z of specks: of the first frame, and added by each next
_STILL_ODDS = -2.0  # log-odds that a speck that stands still is a target


@dataclass(frozen=True)
class Fallback:
    """What scores mean if no card says so: rates per megapixel, log-odds that a point is real."""

    scores: tuple[float, ...] = (1e-3, 0.05, 0.5, 1.0)
    per_mpx: tuple[float, ...] = (300.0, 15.0, 1.0, 0.1)
    odds: tuple[float, ...] = (-7.0, -5.0, -2.0, 4.0)


class Observer:
    """Turns the points and specks of successive frames into candidates.

    Args:
        shape: (height, width) of the frames in pixels.
        card: of the model that gave the points; None if it is not known.
        lowest: score from which points are given, > 0.
    """

    def __init__(
        self, shape: tuple[int, int], card: ModelCard | None = None, lowest: float = 0.05
    ) -> None:
        self._lowest = lowest
        self._odds = _odds_of(card)
        self._network = Rates(shape, _SCORES, _rates_of(card))
        self._specks = Rates(shape, _STATISTICS, _speck_rates)
        self._latest: tuple[Points, Specks | None] | None = None
        self._with_specks = False
        self._speck_frames = 0

    def candidates(self, points: Points, specks: Specks | None) -> Candidates:
        """The candidates of the next frame: first the points, in their order, then other specks."""
        self._latest, self._with_specks = (points, specks), specks is not None
        xy, variance, dark = points.xy.astype(float), _variance(points), points.dark
        score = points.score.astype(float)
        z, odds = self._network.deviations(xy, score), np.interp(score, *self._odds)
        if specks is None or not len(specks.xy):
            return Candidates(xy, variance, z, odds, dark, np.zeros(len(xy), bool))
        # The deviation of a structured scene is known only after some frames.
        highest = _FIRST_Z + _MORE_Z * self._speck_frames
        self._speck_frames += 1
        speck_z = np.minimum(self._specks.deviations(specks.xy, specks.statistic), highest)
        alone = np.ones(len(specks.xy), bool)
        rows, columns = near_pairs(xy, specks.xy, _SAME_PX)
        same = dark[rows] == specks.dark[columns]
        rows, columns = rows[same], columns[same]
        off = np.abs(xy[rows] - specks.xy[columns]).max(axis=1)
        order = np.argsort(-off, kind="stable")  # the nearest comes last, and stays
        nearest = np.full(len(points), -1)
        nearest[rows[order]] = columns[order]
        close = np.flatnonzero(nearest >= 0)
        alone[nearest[close]] = False
        z[close] = np.maximum(z[close], speck_z[nearest[close]])
        own = specks.variance[nearest[close]]
        better = variance[close] > own
        xy[close[better]] = specks.xy[nearest[close[better]]]
        variance[close[better]] = own[better]
        rest = int(alone.sum())
        return Candidates(
            np.concatenate([xy, specks.xy[alone]]),
            np.concatenate([variance, specks.variance[alone]]),
            np.concatenate([z, speck_z[alone]]),
            np.concatenate([odds, np.full(rest, _STILL_ODDS)]),
            np.concatenate([dark, specks.dark[alone]]),
            np.concatenate([nearest < 0, np.zeros(rest, bool)]),
        )

    def floor(self, xy: Floats) -> Floats:
        """z from which a candidate at places (N, 2) would be seen."""
        network = self._network.floor(xy, self._lowest)
        if not self._with_specks:
            return network
        return np.asarray(np.minimum(network, self._specks.floor(xy, LOWEST_STATISTIC)))

    def learn(self, taken: Floats, shift: tuple[float, float]) -> None:
        """Count the latest frame's points and specks as clutter, except beside ``taken`` (N, 2)."""
        if self._latest is None:
            return
        points, specks = self._latest
        kept = _apart(points.xy, taken)
        self._network.learn(points.xy[kept].astype(float), points.score[kept].astype(float), shift)
        if specks is not None:
            kept = _apart(specks.xy, taken)
            self._specks.learn(specks.xy[kept], specks.statistic[kept], shift)


def _apart(xy: npt.NDArray[np.floating], taken: Floats) -> npt.NDArray[np.bool_]:
    return ~is_near(xy.astype(np.float64), taken, 2 * _SAME_PX)


def _variance(points: Points) -> Floats:
    """(N,) variance of the places along each axis."""
    if points.measured is None:
        return np.full(len(points), _NETWORK_STD**2)
    x_std, y_std = points.measured.x_std, points.measured.y_std
    variance = (x_std.astype(float) ** 2 + y_std.astype(float) ** 2) / 2
    failed = points.measured.has(Flag.UNMEASURED)
    return np.asarray(np.where(failed, np.maximum(variance, _NETWORK_STD**2), variance))


def _odds_of(card: ModelCard | None) -> tuple[Floats, Floats]:
    """Scores, and the log-odds that a point of this score is real, at the card's prior."""
    odds = None if card is None else card.score_odds
    if odds is None:
        return np.array(Fallback.scores), np.array(Fallback.odds)
    return np.array(odds.scores), np.array(odds.log_odds)


def _rates_of(card: ModelCard | None) -> Callable[[Floats], Floats]:
    known = {} if card is None else card.thresholds.false_alarms_per_mpx
    pairs = [(score, float(rate)) for rate, score in known.items() if score is not None]
    if card is not None and (odds := card.score_odds) is not None:
        false = odds.candidates - odds.real
        pairs.append((max(odds.lowest_score, 1e-3), max(false, 1) / odds.megapixels))
    pairs = (
        sorted(pairs)
        if len(pairs) > 1
        else list(zip(Fallback.scores, Fallback.per_mpx, strict=True))
    )
    scores, rates = np.array(pairs).T

    def rate(at: Floats) -> Floats:
        """Log-linear between what is known, and beyond."""
        logs = np.log(rates)
        inside = np.interp(at, scores, logs)
        slope = max((logs[0] - logs[-1]) / (scores[-1] - scores[0]), 1.0)
        inside = inside - slope * np.maximum(at - scores[-1], 0)
        below = np.log(np.maximum(scores[0] / at, 1.0))
        return np.asarray(np.exp(inside + below))

    return rate


def _speck_rates(at: Floats) -> Floats:
    """Noise is normal, but for an exponential tail of what else flickers."""
    return np.asarray((ndtr(-at) + 1e-5 * np.exp(-1.2 * (at - 4))) * 1e6 / CELL_PX)
