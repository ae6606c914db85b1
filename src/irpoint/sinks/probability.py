"""What the formats write of the probability that a point is a real target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from irpoint.points import Points
from irpoint.zoo import ScoreOdds

PROBABILITY = "probability"
"""The last CSV column; JSON has the same field."""
_DECIMALS = 4


def probability_fields(points: Points, odds: ScoreOdds | None) -> Iterator[dict[str, float]]:
    """The JSON field of each point; nothing if the odds of its score are not known."""
    if odds is None:
        yield from ({} for _ in range(len(points)))
        return
    for value in odds.probability(points.score).tolist():
        yield {PROBABILITY: round(value, _DECIMALS)}


def probability_cells(points: Points, odds: ScoreOdds | None) -> Iterator[list[str]]:
    """The CSV cell of each point; none if the odds of its score are not known."""
    for fields in probability_fields(points, odds):
        yield [f"{value:.{_DECIMALS}f}" for value in fields.values()]


def stated(odds: ScoreOdds) -> dict[str, Any]:
    """The JSON field that states the prior of all probabilities, and where it was measured."""
    return {"prior": odds.prior, "data": list(odds.data), "split": odds.split}
