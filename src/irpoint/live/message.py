"""A detected frame → the message that shows it: a JSON head, then the picture."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from irpoint.emit.record import Facts, frame_record
from irpoint.emit.schema import FrameRecord, TrackRecord
from irpoint.live.engine import Shown
from irpoint.live.picture import Stretch, encode
from irpoint.runtime.detector import Detector

_MAX_POINTS = 300  # of no track; more rings hide the picture
_DECIMALS = 2


class Messages:
    """Makes the messages; successive frames share the stretch of their contrast.

    Args:
        detector: that found the points.
        fps: present rate, for the age of tracks in seconds.
    """

    def __init__(self, detector: Detector, fps: Callable[[], float]) -> None:
        self._detector, self._fps = detector, fps
        self._stretch = Stretch()

    def __call__(self, shown: Shown) -> bytes:
        """Length of the head (uint32, little-endian), the head (UTF-8 JSON), and the JPEG."""
        result = shown.result
        assert result.pixels is not None
        picture = encode(self._stretch(result.pixels))
        head = json.dumps(self._head(shown), allow_nan=False, separators=(",", ":")).encode()
        return struct.pack("<I", len(head)) + head + picture

    def record(self, shown: Shown) -> FrameRecord:
        """The record of a frame."""
        return frame_record(shown.result, Facts.of(self._detector))

    def _head(self, shown: Shown) -> dict[str, Any]:
        result, record = shown.result, self.record(shown)
        window = self._stretch.window
        return {
            "number": shown.number,
            "frame": record,
            "others": _others(shown),
            "cards": self._cards(record),
            "tails": {
                number: np.round(tail, _DECIMALS).tolist() for number, tail in result.tails.items()
            },
            "window": None if window is None else [float(f"{value:.6g}") for value in window],
        }

    def _cards(self, record: FrameRecord) -> list[dict[str, Any]]:
        """What the card of each track shows, in the order of their numbers."""
        of_track = {point["track"]: point for point in record["points"]}
        fps = self._fps()
        cards = []
        for track in record["tracks"]:
            point = of_track.get(track["number"])
            probability = track["probability"]
            if probability is None and point is not None:
                probability = point["probability"]
            cards.append(
                {
                    "number": track["number"],
                    "age_s": round(track["age"] / fps, 1) if fps else None,
                    "snr": None if point is None else point["snr"],
                    "probability": probability,
                    "bearing": _bearing(track),
                }
            )
        return cards


def _bearing(track: TrackRecord) -> list[float] | None:
    """Azimuth and elevation in degrees; None without a fitting camera."""
    azimuth, elevation = track["azimuth"], track["elevation"]
    return (
        None if azimuth is None or elevation is None else [round(azimuth, 3), round(elevation, 3)]
    )


def _others(shown: Shown) -> list[list[float]]:
    """x, y, score of the strongest points of no track."""
    tracked = {(x, y) for x, y in shown.result.points.xy.tolist()}
    rows = zip(shown.points.xy.tolist(), shown.points.score.tolist(), strict=True)
    free = [(x, y, score) for (x, y), score in rows if (x, y) not in tracked]
    free.sort(key=lambda row: -row[2])
    return [[round(value, _DECIMALS) for value in row] for row in free[:_MAX_POINTS]]
