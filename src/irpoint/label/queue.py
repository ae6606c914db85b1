"""The order in which frames are shown: by name, at random, or most ambiguous first."""

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
    """Order the frames of a session.

    Args:
        names: the frames, in order of their names.
        order: ``name`` keeps the order. ``random`` is a shuffle that is the same in every session
            and independent of the split list that a frame is assigned to. ``ambiguity`` puts the
            frames with the highest ambiguity first, then frames that the model has not processed,
            then decided frames.
        ambiguities: ambiguity of each frame that the model has processed, see :func:`ambiguity`.
        decided: frames whose labels are complete.

    Returns:
        Indices into ``names``.
    """
    numbers = range(len(names))
    if order == "random":
        return sorted(numbers, key=lambda k: _shuffle_key(names[k]))
    if order == "ambiguity":
        return sorted(
            numbers, key=lambda k: (names[k] in decided, -ambiguities.get(names[k], -1.0), k)
        )
    return list(numbers)


def _shuffle_key(name: str) -> bytes:
    # The prefix keeps the order independent of the split lists, which hash the name alone.
    return hashlib.sha1(b"queue " + name.encode()).digest()


def ambiguity(candidates: Points, threshold: float) -> float:
    """The ambiguity of a frame for a model, 0..1: 1 if a score equals the threshold.

    It is 1 minus the relative distance of the threshold to the nearest score: a label there changes
    the boundary between targets and clutter most (uncertainty sampling: Lewis and Gale, SIGIR
    1994).
    """
    if not len(candidates):
        return 0.0
    gaps = abs(candidates.score - threshold) / threshold
    return float(max(0.0, 1.0 - gaps.min()))
