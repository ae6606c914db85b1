"""The inverse covariance of the noise in a window, by which residuals are weighted.

The metric M of a window is the inverse of the covariance, with any local plane projected out: the
plane that fits best is then part of every sum r' M r, and need not be fitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from irpoint.measuring.windows import BoolArray, FloatArray

_RIDGE = 1e-9
PLANE = 3  # parameters of a plane


class Metric(Protocol):
    """Multiplies columns of N windows by the metrics of these windows."""

    def __call__(self, columns: FloatArray, index: npt.NDArray[Any]) -> FloatArray:
        """(n, k, P) columns of the windows ``index`` (n,) → (n, k, P)."""
        ...


@lru_cache(maxsize=8)
def plane_basis(half: int) -> FloatArray:
    """Orthonormal basis (3, P) of the planes in a window."""
    steps = np.arange(-half, half + 1.0)
    x, y = np.meshgrid(steps, steps)
    basis = np.stack([np.ones_like(x), x, y]).reshape(PLANE, -1)
    return np.asarray(basis / np.linalg.norm(basis, axis=1, keepdims=True))


@lru_cache(maxsize=8)
def white(half: int) -> FloatArray:
    """The metric (P, P) of white noise of variance 1."""
    basis = plane_basis(half)
    return np.eye(basis.shape[1]) - basis.T @ basis


def masked(metrics: FloatArray, used: BoolArray) -> FloatArray:
    """The metrics (n, P, P) of the used pixels (n, P) alone: the others have no weight.

    A pixel without weight is one whose value is a free parameter, so its part is projected out.
    """
    n = len(used)
    most = int((~used).sum(1).max(initial=0))
    if most == 0:
        return metrics
    order = np.argsort(used, axis=1, kind="stable")[:, :most]  # unused pixels first
    free = ~np.take_along_axis(used, order, 1)
    number = np.arange(n)[:, None]
    rows = metrics[number, order] * free[:, :, None]  # (n, k, P)
    inner = np.take_along_axis(rows, order[:, None, :], 2) * free[:, None, :]
    scale = metrics.diagonal(axis1=1, axis2=2).max(1)[:, None]
    diagonal = np.arange(most)
    inner[:, diagonal, diagonal] += np.where(free, _RIDGE * scale, 1.0)
    left = metrics - rows.transpose(0, 2, 1) @ np.linalg.solve(inner, rows)
    keep = used.astype(np.float64)
    return np.asarray(left * keep[:, :, None] * keep[:, None, :])


@dataclass(frozen=True, eq=False)
class SharedMetric:
    """Metrics (K, P, P) of which many windows share one; ``kind`` (N,) is the number of each."""

    metrics: FloatArray
    kind: npt.NDArray[np.intp]

    def __call__(self, columns: FloatArray, index: npt.NDArray[Any]) -> FloatArray:
        _, k, size = columns.shape
        kind = self.kind[index]
        out = np.empty_like(columns)
        for number in np.unique(kind):
            some = kind == number
            flat = columns[some].reshape(-1, size) @ self.metrics[number]
            out[some] = flat.reshape(-1, k, size)
        return out


@dataclass(frozen=True, eq=False)
class OwnMetric:
    """Metrics (N, P, P), one per window."""

    metrics: FloatArray

    def __call__(self, columns: FloatArray, index: npt.NDArray[Any]) -> FloatArray:
        return np.asarray(columns @ self.metrics[index])
