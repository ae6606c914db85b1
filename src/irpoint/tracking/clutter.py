"""How rare clutter is: candidates → standard deviations of a Gaussian noise that is as rare.

A candidate of the network has a score, a speck a statistic. What either means depends on the model,
the camera and the scene; how often clutter reaches it can be counted. In cells of 16 px, a
candidate whose score clutter exceeds with a probability of P counts as z deviations, where P is the
share of a normal distribution above z. So all candidates are on one scale, in which clutter is
normal with mean 0 and deviation 1, whatever the model.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.special import ndtr, ndtri

from irpoint.tracking.scene_map import SceneMap

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CELL_PX = 16.0  # area in which clutter makes one decision
HIGHEST_Z = 6.0  # nothing is rarer; so no single frame can confirm a track
_RAREST = ndtr(-HIGHEST_Z)
_MPX = 1e6
_PRIOR_MPX = 2.0  # size of frames whose clutter the prior rate stands for
_MEMORY = 300.0  # frames over which rates are learned
_BLOCK_PX = 48.0
_BLOCK_PRIOR = 4.0  # candidates in a block before it differs from the others
_MOST_DENSE = 60.0
# A place near the border of two cells belongs to both: rows and columns, and the weights.
_BESIDE = np.mgrid[-1:2, -1:2].reshape(2, 9)
_WEIGHT = np.where(_BESIDE.any(axis=0), 0.4, 1.0)


class Rates:
    """Rates of clutter by score, over the frame and by the blocks of the scene.

    Args:
        shape: (height, width) of the frames in pixels.
        edges: ascending scores between which candidates are counted.
        prior: exceedances per megapixel and frame at ``edges`` before anything was counted.
    """

    def __init__(
        self, shape: tuple[int, int], edges: Floats, prior: Callable[[Floats], Floats]
    ) -> None:
        self._edges = edges
        self._prior = prior(edges)
        self._counts = np.zeros(len(edges))
        self._mpx = shape[0] * shape[1] / _MPX
        self._seen = 0.0  # megapixels
        self._log_rates = np.log(self._exceedances())
        self._blocks = SceneMap(shape, _BLOCK_PX, 2)  # candidates, and how many were expected
        self._dense = np.ones(self._blocks.values.shape[1:])

    def deviations(self, xy: Floats, score: Floats) -> Floats:
        """z of candidates at (N, 2) with scores (N,)."""
        return self._z(xy, np.interp(score, self._edges, self._log_rates))

    def floor(self, xy: Floats, lowest: float) -> Floats:
        """z from which candidates at (N, 2) are seen, if their scores are seen from ``lowest``."""
        rate = np.interp(lowest, self._edges, self._log_rates)
        return self._z(xy, np.full(len(xy), rate))

    def learn(self, xy: Floats, score: Floats, shift: tuple[float, float]) -> None:
        """Count the candidates of the next frame that no confirmed track explains."""
        kept = 1 - 1 / _MEMORY
        self._counts *= kept
        self._seen = self._seen * kept + self._mpx
        index = np.searchsorted(self._edges, score, side="right") - 1
        self._counts += np.bincount(np.maximum(index, 0), minlength=len(self._edges))
        self._log_rates = np.log(self._exceedances())
        blocks = self._blocks
        blocks.move(shift)
        blocks.values *= 1 - 1 / 100
        np.add.at(blocks.values[0], blocks.cells(xy), 1.0)
        _, height, width = blocks.values.shape
        blocks.values[1] += len(xy) / (height * width)
        smooth = ndimage.uniform_filter(blocks.values, (0, 3, 3), mode="nearest")
        ratio = (smooth[0] + _BLOCK_PRIOR) / (smooth[1] + _BLOCK_PRIOR)
        self._dense = np.clip(ratio, 1 / _MOST_DENSE, _MOST_DENSE)

    def _exceedances(self) -> Floats:
        """Candidates per megapixel at each edge or above."""
        above = np.cumsum(self._counts[::-1])[::-1]
        return np.asarray((_PRIOR_MPX * self._prior + above) / (_PRIOR_MPX + self._seen))

    def _z(self, xy: Floats, log_rate: Floats) -> Floats:
        rate = np.exp(log_rate) * self._dense[self._blocks.cells(xy)]
        share = np.minimum(np.maximum(rate * CELL_PX / _MPX, _RAREST), 0.45)
        return np.asarray(-ndtri(share))


class StaticMap:
    """Places at which clutter persists: lamps, hot pixels, the edges of clouds.

    Candidates join it a second late, so that a target that moves is not learned as clutter while it
    is there, and those of confirmed tracks do not join.
    """

    CELL = 5.0  # px
    LAG = 30  # frames
    MEMORY = 150.0  # frames
    PRIOR = 8.0  # frames before a place counts as occupied

    def __init__(self, shape: tuple[int, int]) -> None:
        self._map = SceneMap(shape, self.CELL, 2)  # frames with a candidate, and the sum of its z
        self._age = 0.0
        self._waiting: deque[tuple[Floats, Floats]] = deque()  # places in the first frame, and z
        self._moved = np.zeros(2)  # of the content since the first frame

    def share(self, xy: Floats) -> tuple[Floats, Floats]:
        """Share of frames (N,) with clutter at places (N, 2), and the mean z (N,) of it."""
        hits, total = self._map.values[:, *self._map.cells(xy)]
        return hits / (self._age + self.PRIOR), total / np.maximum(hits, 1e-9)

    def learn(self, xy: Floats, z: Floats, shift: tuple[float, float]) -> None:
        """Remember the candidates of a frame that no confirmed track explains."""
        self._map.move(shift)
        self._moved = self._moved + shift
        self._waiting.append((xy - self._moved, z))
        if len(self._waiting) <= self.LAG:
            return
        old, old_z = self._waiting.popleft()
        self._map.values *= 1 - 1 / self.MEMORY
        self._age = self._age * (1 - 1 / self.MEMORY) + 1
        rows, columns = self._map.cells(old + self._moved)
        _, height, width = self._map.values.shape
        near = (
            np.clip(rows[:, None] + _BESIDE[0], 0, height - 1),
            np.clip(columns[:, None] + _BESIDE[1], 0, width - 1),
        )
        np.add.at(self._map.values[0], near, _WEIGHT)
        np.add.at(self._map.values[1], near, _WEIGHT * old_z[:, None])


def log_gauss(squared: Floats, determinant: Floats) -> Floats:
    """Logarithm of CELL_PX times the density of a place, in two dimensions."""
    constant = math.log(CELL_PX / (2 * math.pi))
    return np.asarray(constant - 0.5 * squared - 0.5 * np.log(determinant))
