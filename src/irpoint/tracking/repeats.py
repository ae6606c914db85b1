"""Clutter that comes again: the edges of clouds, waves, buildings. Noise does not.

How often what is new comes again near its place in the next frame is counted by region. Where noise
alone is seen, hardly any does; where a scene has structure, many do, and nearly all that were seen
three times stay. A region of which little was seen is taken to be like the others. If the frame as
a whole shows noise, the first few candidates of a region that stay do not count, because they may
be targets. While the camera turns, the pattern of the sensor and the interpolated background let
some noise come again, which does not count either.

What the network alone shows is also counted apart: where clutter is predicted, specks are noise,
but the network still sees the clutter. The larger of both shares is that of the frame as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from irpoint.tracking.clutter import Floats, Mask, log_gauss
from irpoint.tracking.near import near_pairs
from irpoint.tracking.scene_map import Indices, SceneMap

_CELL = 160.0  # px, of regions
_TIMES = 3  # that clutter came again: never, once, more often
_NEAR_PX = 2.5  # from where it is expected
_REACH_PX = 4.0
_FRAMES = 3  # after which it may come again
_MEMORY = 60.0  # frames
_LOWEST, _HIGHEST = 0.03, 0.98  # share that comes again
_NEW_PRIOR, _NEW_SHARE = 8.0, 0.08  # new candidates, and the share of them that comes again
_TARGETS = 4.0  # candidates that stay in a region of noise, but may be targets
_FEW, _MANY = 0.02, 0.075  # share of new ones from which others stay, and at which all do
_PURE, _IMPURE = 0.008, 0.02  # the same of the whole frame; a clear sky has at most 0.01 in the end
_DRIFT_PRIOR, _DRIFT_PX = 20.0, 0.2  # candidates, and the deviation of a drift
_MOST_DRIFT_PX = 0.7
_TURN_PX, _TURN_LEARNED = 0.5, 0.1  # mean shift of a camera that turns, and a frame's share in it
_TURN_SHARE = 0.03  # share of noise that then comes again, measured before a clear sky
_UNSEEN_FRAMES = 10  # in which the background of what comes into view is not known
_ONE_THING = 60.0  # times that a thing comes again within the memory
# What a region counts. Of all candidates, and of those that the network alone shows: what is new,
# and how much of it came again. Of all that came again more often: the sums of its drift along x
# and y and of the square, and its number.
_KINDS = 2
_NEW, _STAYED = slice(0, _KINDS), slice(_KINDS, 2 * _KINDS)
_DRIFT, _LAYERS = slice(2 * _KINDS, 2 * _KINDS + 4), 2 * _KINDS + 4


@dataclass(frozen=True, eq=False)
class _Earlier:
    """The clutter of the latest frames, at the places at which it is expected now.

    Attributes:
        xy, variance: (N, 2) places and (N,) their variance.
        z: (N,) of the candidates.
        times: (N,) that it had come again.
        age: (N,) frames since it was seen.
        kind: (N,) 1 if the network alone showed it, else 0.
    """

    xy: Floats
    variance: Floats
    z: Floats
    times: Indices
    age: Indices
    kind: Indices


class Repeats:
    """How often clutter comes again, by its strength, its past and the region.

    Args:
        shape: (height, width) of the frames in pixels.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._map = SceneMap(shape, _CELL, _LAYERS)
        self._size = np.array([shape[1], shape[0]])
        none, count = np.empty(0), np.zeros(0, np.intp)
        self._earlier = _Earlier(np.empty((0, 2)), none, none, count, count, count)
        self._turn: Floats | None = None  # mean shift of the scene

    def move(self, shift: Floats) -> None:
        """Go on to the next frame, whose content moved by ``shift``."""
        self._map.move((float(shift[0]), float(shift[1])))
        turn = shift if self._turn is None else self._turn
        self._turn = turn + _TURN_LEARNED * (shift - turn)
        old = self._earlier
        kept = old.age < _FRAMES
        drift, spread = self.drift(old.xy)
        xy, variance = old.xy + shift + drift, old.variance + spread
        self._earlier = _Earlier(
            xy[kept],
            variance[kept],
            old.z[kept],
            old.times[kept],
            old.age[kept] + 1,
            old.kind[kept],
        )

    def expected(self, xy: Floats, z: Floats, variance: Floats) -> Floats:
        """Log-density (N,) of candidates, if they are clutter of the latest frames come again.

        Args:
            xy: (N, 2) places.
            z: (N,) of the candidates.
            variance: (N,) of the places along each axis.
        """
        old = self._earlier
        density = np.full(len(xy), -np.inf)
        rows, columns = near_pairs(xy, old.xy, _REACH_PX)
        near = variance[rows] + old.variance[columns]
        squared = ((xy[rows] - old.xy[columns]) ** 2).sum(axis=1) / near
        again = np.log(self._share(old))[columns] + log_gauss(squared, near**2)
        again -= 0.25 * np.maximum(z[rows] - old.z[columns], 0) ** 2
        np.maximum.at(density, rows, again)
        return density

    def learn(self, xy: Floats, z: Floats, variance: Floats, alone: Mask) -> None:
        """Compare the candidates of a frame that no confirmed track explains with those before.

        Args:
            xy, z, variance: of the candidates.
            alone: (N,) whether the network alone shows each.
        """
        old = self._earlier
        rows, columns = near_pairs(xy, old.xy, _NEAR_PX)
        times = np.zeros(len(xy), np.intp)
        np.maximum.at(times, rows, np.minimum(old.times[columns] + 1, _TIMES - 1))
        latest = old.age[columns] == 1
        self._count(old, rows[latest], columns[latest], xy)
        self._earlier = _Earlier(
            np.concatenate([old.xy, xy]),
            np.concatenate([old.variance, variance]),
            np.concatenate([old.z, z]),
            np.concatenate([old.times, times]),
            np.concatenate([old.age, np.zeros(len(xy), np.intp)]),
            np.concatenate([old.kind, (alone & self._was_seen(xy)).astype(np.intp)]),
        )

    def _was_seen(self, xy: Floats) -> Mask:
        """Whether places (N, 2) were in view before: where they were not, there are no specks."""
        before = xy if self._turn is None else xy - _UNSEEN_FRAMES * self._turn
        return np.asarray(((before >= 0) & (before < self._size)).all(axis=1))

    def _count(self, old: _Earlier, rows: Indices, columns: Indices, xy: Floats) -> None:
        values = self._map.values
        values *= 1 - 1 / _MEMORY
        cells = self._map.cells(old.xy)
        chance = min(len(xy) * (2 * _NEAR_PX) ** 2 / self._size.prod(), 0.5)
        if self._turn is not None and np.abs(self._turn).max() > _TURN_PX:
            chance += _TURN_SHARE * (1 - self.structure)
        found = np.zeros(len(old.xy))
        found[columns] = 1.0
        new = (old.times == 0) & (old.age == 1)
        for kind in range(_KINDS):
            counted = new & (old.kind >= kind)
            cells_new = cells[0][counted], cells[1][counted]
            np.add.at(values[_NEW][kind], cells_new, 1.0)
            np.add.at(values[_STAYED][kind], cells_new, found[counted] - chance)
        again = old.times[columns] > 0
        rows, columns = rows[again], columns[again]
        drift, _ = self.drift(old.xy[columns])
        off = xy[rows] - old.xy[columns] + drift
        excess = (off**2).sum(axis=1) / 2 - 2 * old.variance[columns]
        cells = self._map.cells(old.xy[columns])
        for layer, what in zip(values[_DRIFT], (*off.T, excess, np.ones(len(off))), strict=True):
            np.add.at(layer, cells, what)

    def _share(self, old: _Earlier) -> Floats:
        """Share (N,) of clutter that comes again in the next frame."""
        share, structure = (
            part[old.kind, np.arange(len(old.xy))] for part in self._structure(old.xy)
        )
        again = np.where(old.times > 0, structure ** (2 / np.maximum(old.times, 1)), share)
        return np.asarray(np.clip(again, _LOWEST, _HIGHEST))

    def drifting(self, xy: Floats) -> Floats:
        """From 0 to 1, whether still things at places (N, 2) may drift, (N,): not in pure noise."""
        scene = np.clip((self._whole().max() - _PURE) / (_IMPURE - _PURE), 0, 1)
        return np.asarray(np.maximum(self._structure(xy)[1].max(axis=0), scene))

    @property
    def structure(self) -> float:
        """From 0 to 1, whether clutter comes again in the frame as a whole."""
        return float(_above_noise(self._whole()).max())

    def _whole(self) -> Floats:
        """Share (kinds,) of new candidates that come again, in the frame as a whole.

        If the network alone shows little, that is taken to be like the others.
        """
        new, stayed = (self._map.values[part].sum(axis=(1, 2)) for part in (_NEW, _STAYED))
        share = np.full(_KINDS, _NEW_SHARE)
        for kind in range(_KINDS):
            share[kind:] = (stayed[kind] + _NEW_PRIOR * share[kind]) / (new[kind] + _NEW_PRIOR)
        return share

    def _structure(self, xy: Floats) -> tuple[Floats, Floats]:
        """Share (kinds, N) of new candidates that come again; from 0 to 1, whether others stay."""
        whole = float(self._whole().max())
        cells = self._map.cells(xy)
        new, stayed = (self._map.values[part, *cells] for part in (_NEW, _STAYED))
        stayed = np.maximum(stayed - _TARGETS * (1 - _above_noise(whole)), 0)
        share = (stayed + _NEW_PRIOR * whole) / (new + _NEW_PRIOR)
        return share, _above_noise(share)

    def drift(self, xy: Floats) -> tuple[Floats, Floats]:
        """Drift (N, 2) of clutter per frame at places (N, 2), and its variance (N,).

        It is that of a region and its neighbours, for layers of clouds and waves are larger. What
        one or two things would give may be targets, and is no drift.
        """
        sums = self._map.values[_DRIFT]
        around = 9 * ndimage.uniform_filter(sums, (0, 3, 3), mode="constant")
        x, y, squares, count = around[:, *self._map.cells(xy)]
        layer = np.clip(count / _ONE_THING - 2, 0, 1)
        weight = count + _DRIFT_PRIOR
        drift = np.stack([x, y], axis=1) / weight[:, None]
        variance = (squares + _DRIFT_PRIOR * _DRIFT_PX**2) / weight - (drift**2).sum(axis=1) / 2
        variance = np.clip(variance, 0.1**2, _MOST_DRIFT_PX**2)
        return layer[:, None] * drift, _DRIFT_PX**2 + layer * (variance - _DRIFT_PX**2)


def _above_noise(share: Floats | float) -> Floats:
    """From 0 to 1, whether shares of what is new that comes again are those of a structure."""
    return np.asarray(np.clip((share - _FEW) / (_MANY - _FEW), 0, 1))
