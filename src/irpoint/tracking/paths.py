"""Many possible paths at once: a Kalman filter of constant velocity for each, in arrays.

The two axes are independent, and so are the covariances of place and speed along them. Speeds are
in pixels per nominal frame, a thirtieth of a second.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.tracking.evidence import STRENGTHS

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


# Variances by which a still thing drifts in a nominal frame, in the scene and in the frame, px².
_DRIFT = np.array([0.05, 0.02]) ** 2


class _Part:
    """Columns of a table, read and written as an array (N, ...) of their own."""

    def __init__(self, table: str, start: int, *shape: int) -> None:
        self._table, self._shape = table, shape
        self._columns = slice(start, start + math.prod(shape)) if shape else start

    def __get__(self, paths: Paths, owner: type[Paths]) -> Any:
        part = getattr(paths, self._table)[:, self._columns]
        return part.reshape(-1, *self._shape) if len(self._shape) > 1 else part

    def __set__(self, paths: Paths, values: npt.NDArray[Any]) -> None:
        part = getattr(paths, self._table)[:, self._columns]
        part[...] = values if values.ndim == part.ndim else values.reshape(part.shape)


class Paths:
    """N possible paths of targets.

    All numbers of a path lie in one row of a table, because selecting rows of two tables is much
    faster than selecting from an array for each attribute. Attributes are views of the tables.

    Attributes:
        place, speed: (N, 2).
        pp, pv, vv: (N, 2) variances of place and speed along each axis, and their covariance.
        sums: (N, K) log-likelihood ratio against clutter for each strength of a target.
        still: (N, 2, 2) mean place, for a thing that stands still in the scene, and in the frame.
        still_var: (N, 2, 2) variance of these means along each axis.
        moving: (N, 2) log-likelihood ratio of motion against standing still in either.
        odds: (N,) sum of the log-odds of its scores.
        hits: (N,) number of candidates on it.
        age: (N,) frames since its first candidate.
        missed: (N,) frames since its latest candidate.
        number: (N,) of its track; 0 if it is not confirmed.
        dark: (N,) 1 if it is of a dark target, else 0.
        candidate: (N,) index of its candidate in the latest frame; -1 for none.
        parent: (N,) its row in the frame before; -1 for none.
    """

    place, speed = _Part("floats", 0, 2), _Part("floats", 2, 2)
    pp, pv, vv = (_Part("floats", start, 2) for start in (4, 6, 8))
    still, still_var = _Part("floats", 10, 2, 2), _Part("floats", 14, 2, 2)
    moving, odds = _Part("floats", 18, 2), _Part("floats", 20)
    sums = _Part("floats", 21, len(STRENGTHS))
    hits, age, missed, number = (_Part("indices", column) for column in range(4))
    dark, candidate, parent = (_Part("indices", column) for column in range(4, 7))

    def __init__(self, floats: Floats, indices: Indices) -> None:
        self.floats, self.indices = floats, indices

    @classmethod
    def empty(cls, count: int) -> Paths:
        """Paths whose numbers are all 0."""
        return cls(np.zeros((count, 21 + len(STRENGTHS))), np.zeros((count, 7), np.intp))

    def __len__(self) -> int:
        return len(self.floats)

    def __getitem__(self, index: Indices | npt.NDArray[np.bool_]) -> Paths:
        """The paths that an index array or a mask selects, copied."""
        return Paths(self.floats[index], self.indices[index])

    def copy(self) -> Paths:
        """Paths of which nothing is shared with these."""
        return Paths(self.floats.copy(), self.indices.copy())

    @classmethod
    def joined(cls, parts: list[Paths]) -> Paths:
        """All paths of ``parts``."""
        return cls(
            np.concatenate([part.floats for part in parts]),
            np.concatenate([part.indices for part in parts]),
        )

    def covariance(self, row: int) -> Floats:
        """(2, 2, 2) covariance of place and speed along each axis, of one path."""
        pp, pv, vv = self.pp[row], self.pv[row], self.vv[row]
        return np.stack([np.stack([pp, pv], axis=1), np.stack([pv, vv], axis=1)], axis=1)

    def predict(self, dt: float, shift: Floats, shift_var: Floats, acceleration: float) -> None:
        """Move on by ``dt`` nominal frames; the image's content moved by ``shift`` (2,).

        Args:
            dt: > 0.
            shift: of the image's content, in pixels.
            shift_var: (2,) variances of the shift.
            acceleration: standard deviation of the change of speed per nominal frame.
        """
        noise = acceleration**2
        self.place = self.place + dt * self.speed + shift
        self.pp = self.pp + 2 * dt * self.pv + dt**2 * self.vv + noise * dt**3 / 3 + shift_var
        self.pv = self.pv + dt * self.vv + noise * dt**2 / 2
        self.vv = self.vv + noise * dt
        self.still = self.still + np.stack([shift, np.zeros(2)])
        # Along one axis, the camera's motion may be known much better than along the other.
        self.still_var = self.still_var + dt * _DRIFT[:, None] + np.stack([shift_var, np.zeros(2)])
        self.age = self.age + 1
        self.missed = self.missed + 1
        self.parent = np.arange(len(self))
        self.candidate[:] = -1

    def correct(self, xy: Floats, variance: Floats) -> None:
        """Take in one place (N, 2) each, with its variance (N,) along each axis."""
        noise = variance[:, None]
        innovation = self.pp + noise
        off = xy - self.place
        gain, gain_v = self.pp / innovation, self.pv / innovation
        self.place = self.place + gain * off
        self.speed = self.speed + gain_v * off
        self.vv = self.vv - gain_v * self.pv
        self.pv = self.pv * (1 - gain)
        self.pp = self.pp * (1 - gain)
        still_gain = self.still_var / (self.still_var + noise[:, None])
        self.still = self.still + still_gain * (xy[:, None] - self.still)
        self.still_var = self.still_var * (1 - still_gain)
        self.hits = self.hits + 1
        self.missed[:] = 0


def predicted(
    mean: Floats, variance: Floats, dt: float, shift: Floats, acceleration: float
) -> tuple[Floats, Floats, Floats]:
    """One path as :meth:`Paths.predict` moves it on.

    Args:
        mean: (2, 2), place and speed along each axis.
        variance: (2, 2, 2) covariance along each axis.
        dt, shift, acceleration: as of :meth:`Paths.predict`.

    Returns:
        Mean and covariance, and the matrix (2, 2) that moves both.
    """
    move = np.array([[1.0, dt], [0.0, 1.0]])
    noise = acceleration**2 * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    ahead = mean @ move.T
    ahead[:, 0] += shift
    return ahead, move @ variance @ move.T + noise, move


def begin(
    xy: Floats,
    variance: Floats,
    sums: Floats,
    speed: float,
    odds: Floats,
    dark: npt.NDArray[np.bool_],
) -> Paths:
    """Paths that begin at candidates (N,).

    Args:
        xy: (N, 2) places.
        variance: (N,) of the places along each axis.
        sums: (N, K) log-likelihood ratios.
        speed: standard deviation of a target's speed along each axis.
        odds: (N,) log-odds of the scores.
        dark: (N,) whether they are dark.
    """
    paths = Paths.empty(len(xy))
    paths.place = xy
    paths.pp = np.repeat(variance, 2)
    paths.vv[:] = speed**2
    paths.sums = sums
    paths.still = np.repeat(xy[:, None], 2, axis=1)
    paths.still_var = np.repeat(paths.pp[:, None], 2, axis=1)
    paths.odds, paths.dark = odds, dark
    paths.hits[:] = 1
    paths.candidate, paths.parent[:] = np.arange(len(xy)), -1
    return paths
