"""The decoders of the published codes, for comparing with their tables.

Plateaus give a point a cell, the best answer of a frame gates the others, there are eight at most,
and between the cells the position moves by a quarter towards the higher neighbour. Use
:func:`irpoint.decoding.peaks.decode` for everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.decoding import STRIDE
from irpoint.errors import SettingsError
from irpoint.points import Points


@dataclass(frozen=True)
class PublishedRule:
    """What a published decoder keeps.

    Attributes:
        threshold: scores above it, exclusive.
        relative_gate: least share of the frame's best score, inclusive.
        max_points: at most so many, the best.
    """

    threshold: float
    relative_gate: float
    max_points: int = 8


# P2P-Lite's paper describes the decoder that irpoint uses for all.
PUBLISHED: Mapping[str, PublishedRule] = MappingProxyType(
    {"spire": PublishedRule(0.35, 0.65), "sshd": PublishedRule(0.2, 0.8)}
)


def published_rule(method: str) -> PublishedRule:
    """The rule of a method's published decoder.

    Raises:
        SettingsError: where its publication has none.
    """
    if method not in PUBLISHED:
        raise SettingsError(
            f"method {method!r} has no published decoder of its own; {', '.join(PUBLISHED)} have"
        )
    return PUBLISHED[method]


def decode_published(
    response: npt.NDArray[np.floating],
    rule: PublishedRule,
    *,
    stride: int = STRIDE,
    map_offset: float = 0.0,
) -> Points:
    """Points of a response map (h, w) in network pixels, best first; arguments as ``decode``."""
    cells = np.asarray(response, np.float32)
    height, width = cells.shape
    highest = ndimage.maximum_filter(cells, size=3, mode="constant", cval=-np.inf)
    least = max(rule.relative_gate * float(cells.max(initial=0.0)), 0.0)
    rows, columns = np.nonzero((cells == highest) & (cells > rule.threshold) & (cells >= least))
    score = cells[rows, columns]
    best = np.argsort(-score, kind="stable")[: rule.max_points]
    rows, columns, score = rows[best], columns[best], score[best]
    inside = (rows > 0) & (rows < height - 1) & (columns > 0) & (columns < width - 1)
    x, y = columns.astype(np.float64), rows.astype(np.float64)
    r, c = rows[inside], columns[inside]
    x[inside] += 0.25 * np.sign(cells[r, c + 1] - cells[r, c - 1])
    y[inside] += 0.25 * np.sign(cells[r + 1, c] - cells[r - 1, c])
    xy = np.stack([x, y], axis=1) * stride + map_offset
    return Points(xy.astype(np.float32), score)
