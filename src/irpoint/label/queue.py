"""In which order frames come: by name, at random, or what teaches a model most first."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from irpoint.points import Points

Order = Literal["name", "random", "ambiguity"]


def queue(
    names: Sequence[str],
    order: Order,
    ambiguities: Mapping[str, float],
    decided: Collection[str] = frozenset(),
) -> list[int]:
    """Numbers of the frames in the order asked for.

    ``random`` is the same at every start, so that nobody loses the place, and has nothing to do
    with the list that the export puts a frame on; ``ambiguity`` puts the frames
    of which the model is least sure first, then those it has not seen yet, by name, and last those
    that a person has decided.
    """
    numbers = range(len(names))
    if order == "random":
        return sorted(numbers, key=lambda k: _shuffled(names[k]))
    if order == "ambiguity":
        return sorted(
            numbers, key=lambda k: (names[k] in decided, -ambiguities.get(names[k], -1.0), k)
        )
    return list(numbers)


def _shuffled(name: str) -> bytes:
    """A key without order. Not the hash of the bare name: that decides on train or val."""
    return hashlib.sha1(b"queue " + name.encode()).digest()


def ambiguity(candidates: Points, threshold: float) -> float:
    """How little sure a model is of a frame, 0..1: 1 where a score lies on the threshold.

    The score that is nearest to the threshold, as a share of it, decides: one label at such a point
    moves the boundary between targets and clutter most (uncertainty sampling: Lewis and Gale,
    SIGIR 1994).
    """
    if not len(candidates):
        return 0.0
    gaps = abs(candidates.score - threshold) / threshold
    return float(max(0.0, 1.0 - gaps.min()))
