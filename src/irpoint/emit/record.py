"""The result of a frame → its record, a dict that JSON can write."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from irpoint._version import __version__
from irpoint.emit.schema import (
    SCHEMA_VERSION,
    FrameRecord,
    ModelRecord,
    MotionRecord,
    PointRecord,
    TrackRecord,
)
from irpoint.points import FrameResult, Instant, TrackState
from irpoint.runtime.detector import Detector
from irpoint.sinks.directions import DIRECTION, direction_fields
from irpoint.sinks.format import polarities, rounded, track_numbers
from irpoint.sinks.measured import FLAGS, MEASURED, measured_fields
from irpoint.sinks.probability import PROBABILITY, probability_fields
from irpoint.zoo import ScoreOdds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_DIRECTION: dict[str, Any] = dict.fromkeys(DIRECTION)
_UNKNOWN: dict[str, Any] = dict.fromkeys((PROBABILITY, *MEASURED)) | _NO_DIRECTION


@dataclass(frozen=True)
class Facts:
    """What holds for all frames of a detection.

    Attributes:
        model: the part of each record that names the model and its settings.
        odds: what a score means; None if the card does not know it.
    """

    model: ModelRecord
    odds: ScoreOdds | None

    @classmethod
    def of(cls, detector: Detector) -> Facts:
        """The facts of a detector."""
        odds = detector.score_odds
        model = {
            "name": detector.card.name,
            "sha256": detector.card.sha256,
            "threshold": float(detector.threshold),
            "scale": detector.scale,
            "polarity": detector.polarity,
            "prior": None if odds is None else odds.prior,
            "irpoint": __version__,
        }
        return cls(cast(ModelRecord, model), odds)


def frame_record(result: FrameResult, facts: Facts) -> FrameRecord:
    """The record of a frame, see :mod:`irpoint.emit.schema`.

    Args:
        result: the result of the frame; tracks, motion and angles are optional.
        facts: of the detector that gave it.

    Returns:
        A dict of strings, finite numbers, lists and dicts. What is not known is None.
    """
    received = result.received
    return {
        "schema_version": SCHEMA_VERSION,
        "source": public_name(result.source),
        "frame": result.index,
        "time_s": None if result.time_s is None else round(result.time_s, 6),
        "received_utc": None if received is None else _utc(received),
        "received_monotonic_s": None if received is None else round(received.monotonic_s, 6),
        "shape": result.shape,
        "status": result.status,
        "motion": _motion(result),
        "model": facts.model,
        "angles": None if result.angles is None else result.angles.reference,
        "points": _points(result, facts.odds),
        "tracks": _tracks(result),
        "part": 1,
        "parts": 1,
    }


def public_name(source: str) -> str:
    """The name of a source without the user and the password of an address."""
    if "://" not in source or "@" not in source:
        return source
    try:
        parts = urlsplit(source)
    except ValueError:  # no address
        return source
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _points(result: FrameResult, odds: ScoreOdds | None) -> list[PointRecord]:
    points = result.points
    each = zip(
        rounded(points),
        polarities(points),
        track_numbers(result),
        measured_fields(points.measured, len(points)),
        direction_fields(result.angles, len(points)),
        probability_fields(points, odds),
        strict=True,
    )
    records = []
    for (x, y, score), polarity, track, measured, direction, probability in each:
        place = {"x": x, "y": y, "score": score}
        own = {name: value for name, value in measured.items() if name in MEASURED}
        known = {"polarity": polarity, "track": track, FLAGS: [], **own, **direction, **probability}
        records.append(cast(PointRecord, place | _UNKNOWN | known))
    return records


def _tracks(result: FrameResult) -> list[TrackRecord]:
    directions = direction_fields(result.track_angles, len(result.tracks))
    return [
        cast(TrackRecord, _track(track) | _NO_DIRECTION | direction)
        for track, direction in zip(result.tracks, directions, strict=True)
    ]


def _track(track: TrackState) -> dict[str, Any]:
    return {
        "number": track.number,
        "x": _number(track.x),
        "y": _number(track.y),
        "x_std": _finite(track.x_std),
        "y_std": _finite(track.y_std),
        "vx": _number(track.vx),
        "vy": _number(track.vy),
        "age": track.age,
        "detected": track.detected,
        "polarity": "dark" if track.dark else "bright",
        "probability": _finite(track.probability),
    }


def _motion(result: FrameResult) -> MotionRecord | None:
    if result.motion is None:
        return None
    x, y = result.motion
    return {"x": _number(x), "y": _number(y)}


def _number(value: float) -> float:
    return round(float(value), 4) + 0.0  # adding 0 turns −0 into 0


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else _number(value)


def _utc(moment: Instant) -> str:
    """ISO 8601 with microseconds: ``2026-01-31T12:00:00.000000Z``."""
    text = (_EPOCH + timedelta(seconds=moment.utc_s)).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")
