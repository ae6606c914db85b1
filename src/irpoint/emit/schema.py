"""The schema of the record of a frame: its fields, their units, and when they are null.

A later irpoint may add fields without a new version, so receivers ignore fields that they do not
know. If a field is removed, renamed, or changes its meaning, :data:`SCHEMA_VERSION` is raised.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from irpoint.angles import Reference
from irpoint.points import Status

SCHEMA_VERSION: Final = 1

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[Number, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Ordinal = Annotated[int, Field(ge=1)]
Polarity = Literal["bright", "dark"]
FlagName = Literal["border", "saturated", "extended", "blended", "unmeasured"]


class PointRecord(TypedDict):
    """A detected point. Fields from ``x_std`` to ``chi2`` are null if it was not measured."""

    x: Annotated[Number, Field(description="place in frame pixels, to the right; 0 is a centre")]
    y: Annotated[Number, Field(description="place in frame pixels, downwards")]
    score: Annotated[Number, Field(description="score of the detector")]
    probability: Annotated[
        Share | None, Field(description="that it is real; null if the card does not know it")
    ]
    polarity: Annotated[Polarity, Field(description="against its surroundings")]
    track: Annotated[Ordinal | None, Field(description="its track; null without tracking")]
    x_std: Annotated[Positive | None, Field(description="standard deviation of x, px")]
    y_std: Annotated[Positive | None, Field(description="standard deviation of y, px")]
    xy_cov: Annotated[Number | None, Field(description="covariance of x and y, px²")]
    amplitude: Annotated[Number | None, Field(description="peak above the background, counts")]
    background: Annotated[Number | None, Field(description="level of the background, counts")]
    snr: Annotated[Number | None, Field(description="signal over the noise of a pixel")]
    scr: Annotated[Number | None, Field(description="signal over noise and clutter")]
    width: Annotated[Positive | None, Field(description="standard deviation of its profile, px")]
    flux: Annotated[Number | None, Field(description="integrated signal, counts")]
    chi2: Annotated[Positive | None, Field(description="of the fit, per degree of freedom")]
    flags: Annotated[list[FlagName], Field(description="what limits the measurement")]
    azimuth: Annotated[Number | None, Field(description="degrees; null without a camera")]
    elevation: Annotated[Number | None, Field(description="degrees; null without a camera")]
    azimuth_std: Annotated[Positive | None, Field(description="standard deviation, degrees")]
    elevation_std: Annotated[Positive | None, Field(description="standard deviation, degrees")]


class TrackRecord(TypedDict):
    """A confirmed track, whether or not a point of this frame belongs to it."""

    number: Annotated[Ordinal, Field(description="of the track in its sequence")]
    x: Annotated[Number, Field(description="filtered place in frame pixels, to the right")]
    y: Annotated[Number, Field(description="filtered place in frame pixels, downwards")]
    x_std: Annotated[Positive | None, Field(description="standard deviation of x, px")]
    y_std: Annotated[Positive | None, Field(description="standard deviation of y, px")]
    vx: Annotated[Number, Field(description="speed to the right, px per frame")]
    vy: Annotated[Number, Field(description="speed downwards, px per frame")]
    age: Annotated[Count, Field(description="frames since its first detection")]
    detected: Annotated[bool, Field(description="false if it coasts: no point belongs to it")]
    polarity: Annotated[Polarity, Field(description="against its surroundings")]
    probability: Annotated[
        Share | None, Field(description="that it is a target; null if the tracker does not judge")
    ]
    azimuth: Annotated[
        Number | None, Field(description="of x, y, degrees, also if it coasts; null without camera")
    ]
    elevation: Annotated[Number | None, Field(description="degrees; null without a camera")]
    azimuth_std: Annotated[Positive | None, Field(description="standard deviation, degrees")]
    elevation_std: Annotated[Positive | None, Field(description="standard deviation, degrees")]


class ModelRecord(TypedDict):
    """The model that found the points, and the settings on which the points depend."""

    name: Annotated[str, Field(description="name on the model's card")]
    sha256: Annotated[str, Field(description="of the weights, as on the model's card")]
    threshold: Annotated[Number, Field(description="minimum score of a point")]
    scale: Annotated[str, Field(description="input scale: native or fit:N")]
    polarity: Annotated[Literal["bright", "dark", "both"], Field(description="targets to find")]
    prior: Annotated[
        Share | None, Field(description="share of real candidates that probability assumes")
    ]
    irpoint: Annotated[str, Field(description="version of irpoint")]


class MotionRecord(TypedDict):
    """Shift of the image's content against the frame before, which the camera's motion causes."""

    x: Annotated[Number, Field(description="to the right, px")]
    y: Annotated[Number, Field(description="downwards, px")]


class FrameRecord(TypedDict):
    """The result of one frame of a source. Every field is always present."""

    schema_version: Annotated[Literal[1], Field(description="version of this schema")]
    source: Annotated[str, Field(description="file or stream, without user and password")]
    frame: Annotated[Count, Field(description="number of the frame in its source, from 0")]
    time_s: Annotated[
        Number | None, Field(description="time in the source, s; null if it has no clock")
    ]
    received_utc: Annotated[
        str | None,
        Field(
            json_schema_extra={"format": "date-time"},
            description="when irpoint read the frame, ISO 8601 in UTC; null if not known",
        ),
    ]
    received_monotonic_s: Annotated[
        Number | None,
        Field(description="the same on a clock that never jumps, s from an arbitrary start"),
    ]
    shape: Annotated[tuple[Ordinal, Ordinal], Field(description="height and width, px")]
    status: Annotated[Status, Field(description="ok, or why no point means nothing")]
    motion: Annotated[MotionRecord | None, Field(description="null if it was not estimated")]
    model: ModelRecord
    angles: Annotated[
        Reference | None, Field(description="axes of azimuth and elevation; null without a camera")
    ]
    points: Annotated[list[PointRecord], Field(description="the detections")]
    tracks: Annotated[list[TrackRecord], Field(description="empty without tracking")]
    part: Annotated[Ordinal, Field(description="1, or which part of a record that was split")]
    parts: Annotated[Ordinal, Field(description="1, or into how many parts it was split")]


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a record, as published in the documentation."""
    schema = TypeAdapter(FrameRecord).json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": "written by: python -m irpoint.emit.schema",
        **schema,
    }


if __name__ == "__main__":
    import json

    print(json.dumps(json_schema(), indent=1, ensure_ascii=False))
