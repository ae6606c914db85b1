"""The order in which frames are shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
from irpoint.label.catalogue import FrameEntry
from irpoint.label.label_files import split_of
from irpoint.label.queue import ambiguity, queue
from irpoint.points import Points


def candidates(*scores: float) -> Points:
    return Points(np.zeros((len(scores), 2), np.float32), np.array(scores, np.float32))


def test_a_frame_with_a_score_near_the_threshold_is_ambiguous() -> None:
    assert ambiguity(candidates(0.5), 0.5) == 1
    assert ambiguity(candidates(0.9, 0.45), 0.5) == pytest.approx(0.9)
    assert ambiguity(candidates(2.0), 0.5) == ambiguity(candidates(), 0.5) == 0


def test_the_most_ambiguous_frame_is_first_and_decided_frames_are_last() -> None:
    names, known = ["a", "b", "c", "d"], {"a": 0.1, "c": 0.9, "d": 0.0}
    assert queue(names, "ambiguity", known) == [2, 0, 3, 1]  # b was not processed
    assert queue(names, "ambiguity", known, {"c"}) == [0, 3, 1, 2]


def test_the_random_order_is_always_the_same() -> None:
    names = ["a", "b", "c", "d"]
    shuffled = queue(names, "random", {})
    assert sorted(shuffled) == [0, 1, 2, 3]
    assert queue(names, "random", {"a": 1}) == shuffled


def test_the_random_order_is_independent_of_the_split() -> None:
    """If only its first tenth is labelled, both split lists need frames."""
    entries = [FrameEntry(f"{k}.png", Path(f"{k}.png"), 0, "") for k in range(1000)]
    shown = queue([entry.name for entry in entries], "random", {})[:100]
    assert 10 <= [split_of(entries[k]) for k in shown].count("val") <= 30
