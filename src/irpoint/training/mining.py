"""Errors of the network on its training frames: false alarms and missed labels.

Later crops show these positions more often. Each search covers a third of the frames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from irpoint.points import Points
from irpoint.training.network_frames import NetworkFrame

Table = npt.NDArray[np.float64]
Find = Callable[[NetworkFrame, float], Points]
"""(frame, minimum score) → points in network pixels."""

THIRDS = 3  # a search covers the frames whose index modulo this is in the given list
_FALSE_ALARM_SCORE = 0.2
_FOUND_SCORE = 0.5  # a label is missed if no point near it has this score
_RADIUS = 12.0  # network pixels, maximum distance between a point and its label


def search_errors(
    frames: Sequence[NetworkFrame],
    find: Find,
    thirds: Sequence[int],
    false_alarms: Table,
    missed: Table,
) -> tuple[Table, Table]:
    """Search thirds of the frames for errors. Known errors of the other frames are kept.

    Args:
        frames: training frames.
        find: finds the points of a frame with the network.
        thirds: which thirds to search, each 0, 1 or 2.
        false_alarms: (M, 4) known false alarms, rows (frame index, x, y, score).
        missed: (M, 3) known missed labels, rows (frame index, x, y).

    Returns:
        Both tables, updated; positions in network pixels.
    """
    all_false, all_missed = (
        [known[~np.isin(known[:, 0] % THIRDS, thirds)]] for known in (false_alarms, missed)
    )
    for index, frame in enumerate(frames):
        if index % THIRDS not in thirds:
            continue
        found = find(frame, _FALSE_ALARM_SCORE)
        gaps = np.linalg.norm(found.xy[:, None] - frame.xy[None], axis=2)
        wrong = gaps.min(axis=1, initial=np.inf) > _RADIUS
        false = np.column_stack((found.xy[wrong], found.score[wrong])).astype(np.float64)
        sure = gaps[found.score >= _FOUND_SCORE]
        lost = frame.xy[sure.min(axis=0, initial=np.inf) > _RADIUS]
        all_false.append(np.insert(false, 0, index, axis=1))
        all_missed.append(np.insert(lost, 0, index, axis=1))
    return np.concatenate(all_false), np.concatenate(all_missed)
