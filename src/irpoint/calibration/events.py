"""False alarms → independent events: the same clutter in several frames is one event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

# Along each axis, how far clutter may move from one frame to a later one, for example because the
# camera pans at 480 px/s and 30 frames per second; and how many frames later that may be.
REACH_PX = 16.0
REACH_FRAMES = 5
PLACE_PX = 2.0  # radius within which two events that stayed in place are the same one
_BLOCKS = 30  # parts of the footage whose counts show how bursts of false alarms spread

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Alarms:
    """Points of all frames of the footage.

    Attributes:
        score: float64 (N,).
        xy: float64 (N, 2) frame pixels.
        frame: (N,) number of the frame of each, counted over all searched frames.
        sequence: (N,) number of the sequence that each frame belongs to.
    """

    score: Floats
    xy: Floats
    frame: Integers
    sequence: Integers

    def __len__(self) -> int:
        return len(self.score)

    def above(self, threshold: float) -> Alarms:
        """The points that score at least ``threshold``."""
        # Scores are compared as float32, as the detector does.
        kept = self.score.astype(np.float32) >= np.float32(threshold)
        return Alarms(self.score[kept], self.xy[kept], self.frame[kept], self.sequence[kept])


def find_events(alarms: Alarms) -> Integers:
    """(N,) number of the event that each false alarm belongs to, from 0.

    Points of one sequence belong to one event if they are near each other in the same frame or in
    frames close to each other, directly or through others. So do points of events that stayed at
    the same place, however much later: they are the same lamp, edge or bad pixel. Unrelated points
    that come together by chance make an interval wider, never narrower.
    """
    if not len(alarms):
        return np.empty(0, np.intp)
    times = np.stack([alarms.frame / (REACH_FRAMES + 0.5), 10.0 * alarms.sequence], axis=1)
    linked = _linked(np.hstack([alarms.xy / REACH_PX, times]), 1.0, box=True)
    return _joined_by_place(alarms, linked)


def event_sizes(alarms: Alarms) -> Floats:
    """(K,) number of false alarms of each event."""
    return np.bincount(find_events(alarms)).astype(np.float64)


def dispersion(alarms: Alarms, pixels: npt.ArrayLike) -> float:
    """Variance of the counts of 30 parts of the footage over that of Poisson counts; at least 1.

    It shows bursts of false alarms at different places, such as passing clouds.

    Args:
        alarms: the false alarms.
        pixels: (F,) searched pixels of each frame, in order.
    """
    searched = np.asarray(pixels, np.float64)
    blocks = min(_BLOCKS, len(searched))
    if blocks < 2 or not len(alarms):
        return 1.0
    block = np.arange(len(searched)) * blocks // len(searched)
    share = np.bincount(block, weights=searched, minlength=blocks) / searched.sum()
    expected = share * len(alarms)
    counted = np.bincount(block[alarms.frame], minlength=blocks)
    return max(1.0, float(((counted - expected) ** 2 / expected).sum() / (blocks - 1)))


def _joined_by_place(alarms: Alarms, event: Integers) -> Integers:
    count = int(event.max()) + 1
    size = np.bincount(event)
    mean = np.stack([np.bincount(event, weights=axis) / size for axis in alarms.xy.T], axis=1)
    moved = np.zeros(count)
    np.maximum.at(moved, event, np.abs(alarms.xy - mean[event]).max(axis=1))
    sequence = np.zeros(count)
    sequence[event] = alarms.sequence
    still = np.flatnonzero(moved <= PLACE_PX)
    # On a grid of an eighth of the radius, because a flickering pixel may have thousands of events.
    grid = np.hstack([np.rint(8 * mean[still] / PLACE_PX) / 8, 10.0 * sequence[still][:, None]])
    places, place = np.unique(grid, axis=0, return_inverse=True)
    group = np.arange(count) + count
    group[still] = _linked(places, 1.0)[place.ravel()]
    return np.asarray(np.unique(group, return_inverse=True)[1][event], np.intp)


def _linked(points: Floats, radius: float, *, box: bool = False) -> Integers:
    """(N,) group of each point; points within the radius of each other are in one group."""
    if not len(points):
        return np.empty(0, np.intp)
    norm = np.inf if box else 2.0
    pairs = KDTree(points).query_pairs(radius, p=norm, output_type="ndarray")
    shape = (len(points), len(points))
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=shape)
    return np.asarray(connected_components(graph, directed=False)[1], np.intp)
