"""The tracks of a detection run: where and when each was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from irpoint.pipeline.tracking import same_sequence
from irpoint.points import FrameResult


@dataclass
class TrackSummary:
    """The points of one track that were written.

    Attributes:
        number: of the track in its sequence, as in the results.
        dark: whether its points are darker than their surroundings.
        first, last: source and number of the first and the last frame with a point.
        points: number of points.
        x, y: mean position in frame pixels.
        score: the highest score.
        direction: azimuth, elevation, and their deviations, of the last point, as in
            :class:`~irpoint.angles.Angles`; None without a camera.
    """

    number: int
    dark: bool
    first: tuple[str, int]
    last: tuple[str, int]
    points: int = 0
    x: float = 0.0
    y: float = 0.0
    score: float = 0.0
    direction: Sequence[float] | None = None

    def add(self, frame: tuple[str, int], x: float, y: float, score: float) -> None:
        """Add the next point."""
        self.last, self.points = frame, self.points + 1
        self.x += (x - self.x) / self.points
        self.y += (y - self.y) / self.points
        self.score = max(self.score, score)


class TrackList:
    """Collects the tracks of results, frame by frame.

    Attributes:
        tracks: all tracks, in the order in which they were confirmed.
    """

    def __init__(self) -> None:
        self.tracks: list[TrackSummary] = []
        self._of_sequence: dict[int, TrackSummary] = {}
        self._before: FrameResult | None = None

    def add(self, result: FrameResult) -> None:
        """Add the points of the next frame."""
        if self._before is not None and not same_sequence(self._before, result):
            self._of_sequence = {}
        self._before = result.without_pixels()
        frame, points = (result.source, result.index), result.points
        rows = zip(points.xy.tolist(), points.score.tolist(), points.dark.tolist(), strict=True)
        directions = [None] * len(points) if result.angles is None else result.angles.rows()
        for number, ((x, y), score, dark), direction in zip(
            result.track_ids or (), rows, directions, strict=True
        ):
            track = self._of_sequence.get(number)
            if track is None:
                track = self._of_sequence[number] = TrackSummary(number, dark, frame, frame)
                self.tracks.append(track)
            track.add(frame, x, y, score)
            track.direction = direction
