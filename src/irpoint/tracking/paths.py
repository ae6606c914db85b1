"""Many possible paths at once: a Kalman filter of constant velocity for each, in arrays.

The two axes are independent, and so are the covariances of place and speed along them. Speeds are
in pixels per nominal frame, a thirtieth of a second.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


# Variances by which a still thing drifts in a nominal frame, in the scene (clouds move and change
# shape) and in the frame (hot pixels do not), px².
_DRIFT = np.array([0.15, 0.02]) ** 2


@dataclass(eq=False)
class Paths:
    """N possible paths of targets.

    Attributes:
        place, speed: (N, 2).
        pp, pv, vv: (N, 2) variances of place and speed along each axis, and their covariance.
        sums: (N, K) log-likelihood ratio against clutter for each strength of a target.
        still: (N, 2, 2) mean place, for a thing that stands still in the scene, and in the frame.
        still_var: (N, 2) variance of these means along each axis.
        moving: (N, 2) log-likelihood ratio of motion against standing still in either.
        odds: (N,) sum of the log-odds of its scores.
        hits: (N,) number of candidates on it.
        age: (N,) frames since its first candidate.
        missed: (N,) frames since its latest candidate.
        number: (N,) of its track; 0 if it is not confirmed.
        dark: (N,) whether it is of a dark target.
        candidate: (N,) index of its candidate in the latest frame; -1 for none.
        parent: (N,) its row in the frame before; -1 for none.
    """

    place: Floats
    speed: Floats
    pp: Floats
    pv: Floats
    vv: Floats
    sums: Floats
    still: Floats
    still_var: Floats
    moving: Floats
    odds: Floats
    hits: Indices
    age: Indices
    missed: Indices
    number: Indices
    dark: npt.NDArray[np.bool_]
    candidate: Indices
    parent: Indices

    def __len__(self) -> int:
        return len(self.place)

    def __getitem__(self, index: Indices | npt.NDArray[np.bool_]) -> Paths:
        """The paths that an index array or a mask selects, copied."""
        return Paths(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    @classmethod
    def joined(cls, parts: list[Paths]) -> Paths:
        """All paths of ``parts``."""
        names = [field.name for field in fields(cls)]
        return cls(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})

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
        self.still_var = self.still_var + dt * _DRIFT + [float(shift_var.mean()), 0.0]
        self.age = self.age + 1
        self.missed = self.missed + 1
        self.parent = np.arange(len(self))
        self.candidate = np.full(len(self), -1)

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
        still_gain = self.still_var / (self.still_var + noise)
        self.still = self.still + still_gain[:, :, None] * (xy[:, None] - self.still)
        self.still_var = self.still_var * (1 - still_gain)
        self.hits = self.hits + 1
        self.missed = np.zeros_like(self.missed)


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
    count = len(xy)
    both = np.repeat(variance[:, None], 2, axis=1)
    zeros = np.zeros((count, 2))
    none = np.zeros(count, np.intp)
    return Paths(
        place=xy.astype(np.float64),
        speed=zeros,
        pp=both,
        pv=zeros,
        vv=np.full((count, 2), speed**2),
        sums=sums,
        still=np.repeat(xy[:, None], 2, axis=1).astype(np.float64),
        still_var=both,
        moving=zeros,
        odds=odds,
        hits=none + 1,
        age=none,
        missed=none,
        number=none,
        dark=dark,
        candidate=np.arange(count),
        parent=none - 1,
    )
