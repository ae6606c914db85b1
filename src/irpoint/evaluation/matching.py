"""The matching rules of the point protocols: which prediction belongs to which target.

Distances are computed in float64 from float32 frame coordinates and compared squared, so that a
pair at exactly the radius counts if the difference of its coordinates is representable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from irpoint.errors import EvaluationError

IndexArray = npt.NDArray[np.intp]
Float64Array = npt.NDArray[np.float64]

RADIUS_PX = 5.0
"""The published matching radius, in pixels of the original image, inclusive."""
_MAX_RADIUS = 1e9  # px, far larger than any frame


@dataclass(frozen=True, eq=False)
class Matches:
    """One-to-one pairs of targets and predictions, in ascending order of the target.

    Attributes:
        truth_index: (K,) row of each pair's target.
        predicted_index: (K,) row of each pair's prediction.
        distance: float64 (K,) Euclidean distance of each pair in pixels, at most the radius.
    """

    truth_index: IndexArray
    predicted_index: IndexArray
    distance: Float64Array

    def __len__(self) -> int:
        return len(self.distance)


class Matcher(Protocol):
    """A matching rule: pairs of targets (N, 2) and predictions (M, 2) within a radius in pixels."""

    def __call__(
        self, truth_xy: npt.ArrayLike, predicted_xy: npt.ArrayLike, radius: float = RADIUS_PX
    ) -> Matches: ...


def match(
    truth_xy: npt.ArrayLike, predicted_xy: npt.ArrayLike, radius: float = RADIUS_PX
) -> Matches:
    """Optimal one-to-one assignment: the ``point`` protocol.

    Of all assignments within the radius, it has the largest number of pairs and, among those, the
    smallest total distance. The order of targets or predictions affects neither the pairs nor their
    distances; points at the same position are interchangeable.

    Args:
        truth_xy: (N, 2) targets, frame pixels.
        predicted_xy: (M, 2) predictions, frame pixels.
        radius: largest distance of a pair in pixels, inclusive; above 0.

    Raises:
        EvaluationError: if an array is not (N, 2) and finite, or if the radius is not above 0.
    """
    truth, predicted = _checked(truth_xy, predicted_xy, radius)
    # There can be several optima; in a canonical order the choice does not depend on the input.
    truth_order, predicted_order = _canonical(truth), _canonical(predicted)
    rows, columns, squared = _near_pairs(truth[truth_order], predicted[predicted_order], radius)
    distance = np.sqrt(squared)
    chosen = _assign(rows, columns, distance, (len(truth), len(predicted)), radius)
    return _in_target_order(
        truth_order[rows[chosen]], predicted_order[columns[chosen]], distance[chosen]
    )


def match_greedy(
    truth_xy: npt.ArrayLike, predicted_xy: npt.ArrayLike, radius: float = RADIUS_PX
) -> Matches:
    """The published rule: the ``point-greedy`` protocol (SPIRE, SSHD-Net, P2P).

    Each target, in label order, is paired with the nearest free prediction within the radius, or
    with the first of equally near ones. The result depends on the order of the labels, so use this
    rule only to compare with published tables.

    Arguments and errors are those of :func:`match`.
    """
    truth, predicted = _checked(truth_xy, predicted_xy, radius)
    free = np.ones(len(predicted), dtype=bool)
    pairs: list[tuple[int, int, float]] = []
    for row, target in enumerate(truth):
        squared = np.where(free, _squared(predicted - target), np.inf)
        if not len(squared):
            break
        nearest = int(squared.argmin())
        if squared[nearest] <= radius * radius:
            free[nearest] = False
            pairs.append((row, nearest, math.sqrt(squared[nearest])))
    return _in_target_order(
        np.array([pair[0] for pair in pairs], dtype=np.intp),
        np.array([pair[1] for pair in pairs], dtype=np.intp),
        np.array([pair[2] for pair in pairs], dtype=np.float64),
    )


PROTOCOLS: Mapping[str, Matcher] = MappingProxyType({"point": match, "point-greedy": match_greedy})
"""The matching rule of each point protocol, by the name of the protocol."""


def matcher(protocol: str) -> Matcher:
    """The matching rule of a protocol.

    Raises:
        EvaluationError: if there is no such protocol.
    """
    try:
        return PROTOCOLS[protocol]
    except KeyError:
        raise EvaluationError(
            f"protocol {protocol!r} is not known; choose one of: {', '.join(PROTOCOLS)}"
        ) from None


def check_radius(radius: float) -> None:
    """Raise EvaluationError if a radius is not a number of pixels above 0, or is far too large."""
    if not 0 < radius <= _MAX_RADIUS:
        raise EvaluationError(
            f"radius {radius} px must be a finite number above 0, up to {_MAX_RADIUS:g}"
        )


def near_any(truth_xy: npt.ArrayLike, predicted_xy: npt.ArrayLike, radius: float) -> IndexArray:
    """Rows of the predictions that are within the radius of any target, ascending."""
    truth, predicted = _checked(truth_xy, predicted_xy, radius)
    _, columns, _ = _near_pairs(truth, predicted, radius)
    return np.unique(columns)


def _checked(
    truth_xy: npt.ArrayLike, predicted_xy: npt.ArrayLike, radius: float
) -> tuple[Float64Array, Float64Array]:
    check_radius(radius)
    return _positions("targets", truth_xy), _positions("predictions", predicted_xy)


def _positions(what: str, xy: npt.ArrayLike) -> Float64Array:
    array = np.asarray(xy, dtype=np.float64)
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2:
        raise EvaluationError(f"{what} have shape {array.shape}; give (N, 2) positions x, y")
    if not np.isfinite(array).all():
        raise EvaluationError(f"{what} have a position that is not finite; remove it")
    return array


def _canonical(xy: Float64Array) -> IndexArray:
    return np.lexsort((xy[:, 1], xy[:, 0]))


def _squared(difference: Float64Array) -> Float64Array:
    squared: Float64Array = difference[:, 0] ** 2 + difference[:, 1] ** 2
    return squared


def _near_pairs(
    truth: Float64Array, predicted: Float64Array, radius: float
) -> tuple[IndexArray, IndexArray, Float64Array]:
    """All pairs within the radius: target rows, prediction rows, squared distances."""
    if not len(truth) or not len(predicted):
        nothing = np.empty(0, dtype=np.intp)
        return nothing, nothing, np.empty(0)
    # Search a slightly larger radius, because the tree rounds differently; then compare exactly.
    found = KDTree(truth).sparse_distance_matrix(
        KDTree(predicted), radius * (1 + 1e-9), output_type="ndarray"
    )
    rows, columns = found["i"].astype(np.intp), found["j"].astype(np.intp)
    squared = _squared(predicted[columns] - truth[rows])
    order = np.lexsort((columns, rows))
    order = order[squared[order] <= radius * radius]
    return rows[order], columns[order], squared[order]


def _assign(
    rows: IndexArray,
    columns: IndexArray,
    distance: Float64Array,
    shape: tuple[int, int],
    radius: float,
) -> IndexArray:
    """The pairs (indices into ``rows``) of the best assignment, solved group by group.

    Targets and predictions that are not connected by a chain of near pairs cannot compete, so each
    connected group is solved alone. Time and memory depend on the groups, not on the frame.
    """
    alone = (np.bincount(rows, minlength=shape[0])[rows] == 1) & (
        np.bincount(columns, minlength=shape[1])[columns] == 1
    )
    chosen = [np.flatnonzero(alone)]
    contested = np.flatnonzero(~alone)
    if len(contested):
        size = sum(shape)
        graph = coo_array(
            (np.ones(len(contested)), (rows[contested], shape[0] + columns[contested])),
            shape=(size, size),
        )
        group = connected_components(graph, directed=False)[1][rows[contested]]
        by_group = np.argsort(group, kind="stable")
        cuts = np.flatnonzero(np.diff(group[by_group])) + 1
        for members in np.split(contested[by_group], cuts):
            picked = _assign_group(rows[members], columns[members], distance[members], radius)
            chosen.append(members[picked])
    return np.concatenate(chosen)


def _assign_group(
    rows: IndexArray, columns: IndexArray, distance: Float64Array, radius: float
) -> IndexArray:
    targets, row = np.unique(rows, return_inverse=True)
    predictions, column = np.unique(columns, return_inverse=True)
    # One more pair outweighs every possible sum of distances. A pair beyond the radius costs 0,
    # like no pair, so it never displaces a pair within the radius.
    reward = (min(len(targets), len(predictions)) + 1) * radius
    cost = np.zeros((len(targets), len(predictions)))
    index = np.full(cost.shape, -1, dtype=np.intp)
    cost[row, column] = distance - reward
    index[row, column] = np.arange(len(rows))
    picked: IndexArray = index[linear_sum_assignment(cost)]
    return picked[picked >= 0]


def _in_target_order(
    truth_index: IndexArray, predicted_index: IndexArray, distance: Float64Array
) -> Matches:
    order = np.argsort(truth_index, kind="stable")
    return Matches(truth_index[order], predicted_index[order], distance[order])
