"""The protocols of the output formats, and the helpers that the formats share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from irpoint.angles import Reference
from irpoint.points import FrameResult, Points
from irpoint.sinks.directions import described, direction_fields
from irpoint.sinks.measured import measured_fields
from irpoint.sinks.probability import PROBABILITY, probability_fields, stated
from irpoint.zoo import ScoreOdds

CLOCK, TRACK, POLARITY, STATUS = "time_s", "track", "polarity", "status"


@dataclass(frozen=True)
class Columns:
    """Optional columns: the time of a frame; track, polarity and measured values of a point.

    ``angles`` states the axes of the direction of each point, ``odds`` what the scores mean; None
    if the direction, or the probability of being real, is not written.
    """

    clock: bool = False
    tracks: bool = False
    polarity: bool = False
    measured: bool = False
    angles: Reference | None = None
    odds: ScoreOdds | None = None

    def described(self) -> dict[str, Any]:
        """The JSON fields that state what holds for all points: axes of angles, and the prior."""
        angles = {"angles": described(self.angles)} if self.angles else {}
        return angles | ({PROBABILITY: stated(self.odds)} if self.odds else {})


class LineFormat(Protocol):
    """A format that is written while detection runs, frame by frame."""

    name: str
    file_name: str

    def header(self, columns: Columns) -> str:
        """The text before the first frame."""

    def lines(self, result: FrameResult, columns: Columns) -> str:
        """The text of one frame."""


@runtime_checkable
class DocumentFormat(Protocol):
    """A format that is written at once, after the last frame."""

    name: str
    file_name: str

    def text(self, results: Sequence[FrameResult], columns: Columns) -> str:
        """The content of the file, with the optional fields that ``columns`` names."""


def rounded(points: Points) -> Iterator[tuple[float, float, float]]:
    """x, y (3 decimals) and score (4 decimals) of each point. Adding 0 turns −0 into 0."""
    for (x, y), score in zip(points.xy.tolist(), points.score.tolist(), strict=True):
        yield round(x, 3) + 0.0, round(y, 3) + 0.0, round(score, 4) + 0.0


def track_numbers(result: FrameResult) -> Sequence[int | None]:
    """One track number per point; None for each without tracking."""
    return [None] * len(result.points) if result.track_ids is None else result.track_ids


def track_field(number: int | None) -> dict[str, int | str]:
    """The JSON field of a point's track, if it has one."""
    return {} if number is None else {TRACK: number}


def polarities(points: Points) -> list[str]:
    """``bright`` or ``dark`` for each point."""
    return ["dark" if dark else "bright" for dark in points.dark.tolist()]


def point_fields(result: FrameResult, columns: Columns) -> Iterator[dict[str, Any]]:
    """The optional JSON fields of each point."""
    each = zip(
        track_numbers(result),
        polarities(result.points),
        measured_fields(result.points.measured, len(result.points)),
        direction_fields(result.angles, len(result.points)),
        probability_fields(result.points, columns.odds),
        strict=True,
    )
    for number, polarity, measured, direction, probability in each:
        fields: dict[str, Any] = track_field(number)
        fields |= {POLARITY: polarity} if columns.polarity else {}
        fields |= measured if columns.measured else {}
        fields |= direction if columns.angles else {}
        yield fields | probability


def time_field(result: FrameResult) -> dict[str, float]:
    """The JSON field of a frame's time, if its source has a clock."""
    return {} if result.time_s is None else {CLOCK: round(result.time_s, 3)}


def status_field(result: FrameResult) -> dict[str, str]:
    """The JSON field of a frame's status, ``ok`` if targets can be found in it."""
    return {STATUS: result.status}


def json_document(content: dict[str, Any]) -> str:
    """JSON in ASCII, so that it is valid even if a file name is not valid Unicode."""
    return json.dumps(content, indent=1, allow_nan=False) + "\n"
