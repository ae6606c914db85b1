"""The record of a frame: every field, no NaN, and the schema that the documentation publishes."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest
from pydantic import TypeAdapter

from irpoint.angles import Angles
from irpoint.emit.record import Facts, frame_record, public_name
from irpoint.emit.schema import FrameRecord, ModelRecord, PointRecord, TrackRecord, json_schema
from irpoint.measurement import Flag, Measurement
from irpoint.pipeline import detect_frames
from irpoint.points import FrameResult, Instant, Points, TrackState
from irpoint.runtime import Detector
from support.doc_pages import ROOT
from support.measured import measured_points
from support.models import draw_blobs
from support.odds import made_odds

FACTS = Facts(
    {"name": "tiny", "sha256": "ab" * 32, "threshold": 0.5, "scale": "native",
     "polarity": "both", "prior": 0.2, "irpoint": "0"},
    made_odds(),
)  # fmt: skip
BARE = FrameResult("a.png", 0, None, (40, 60), Points.empty())


def full() -> FrameResult:
    """Two points, one of a track, with everything that a frame can have."""
    points = measured_points([(10.0, 20.5), (-0.0001, 3.0)], snr=np.nan, flags=Flag.BORDER)
    points = dataclasses.replace(points, dark=np.array([False, True]))
    angles = Angles([1.5, math.nan], [-2.0, math.nan], [0.01, math.nan], [0.01, math.nan])
    track_angles = Angles([1.51], [-2.01], [0.002], [math.nan])
    track = TrackState(3, 10.01, 20.49, 0.12345678, None, -0.0, 1.5, 7, True, False, 0.98)
    return FrameResult(
        "rtsp://guest:secret@camera:554/lwir?x=1",
        17,
        0.5666666666,
        (40, 60),
        points,
        track_ids=(3, 4),
        tracks=(track,),
        motion=(-1.23456, 0.0),
        angles=angles,
        track_angles=track_angles,
        received=Instant(1_700_000_000.25, 12.5),
    )


def valid(record: FrameRecord) -> FrameRecord:
    """The record as a receiver reads it, checked against the schema, with no field too many."""
    read = json.loads(json.dumps(record, allow_nan=False))
    TypeAdapter(FrameRecord).validate_json(json.dumps(read), strict=True)
    assert read.keys() == FrameRecord.__annotations__.keys()
    assert read["model"].keys() == ModelRecord.__annotations__.keys()
    for point in read["points"]:
        assert point.keys() == PointRecord.__annotations__.keys()
    for track in read["tracks"]:
        assert track.keys() == TrackRecord.__annotations__.keys()
    return read


def test_a_frame_with_everything() -> None:
    record = valid(frame_record(full(), FACTS))
    assert record["schema_version"] == 1
    assert (record["frame"], record["time_s"], record["shape"]) == (17, 0.566667, [40, 60])
    assert record["received_utc"] == "2023-11-14T22:13:20.250000Z"
    assert record["received_monotonic_s"] == 12.5
    assert record["motion"] == {"x": -1.2346, "y": 0.0}
    assert record["angles"] == "camera"
    assert record["model"] == FACTS.model
    first, second = record["points"]
    assert (first["x"], first["y"], first["score"]) == (10.0, 20.5, 0.9)
    assert (first["polarity"], first["track"], first["flags"]) == ("bright", 3, ["border"])
    assert (first["x_std"], first["snr"], first["azimuth"]) == (1.0, None, 1.5)
    assert first["probability"] == pytest.approx(0.9)
    assert (second["x"], second["polarity"], second["elevation"]) == (0.0, "dark", None)
    assert record["tracks"] == [
        {"number": 3, "x": 10.01, "y": 20.49, "x_std": 0.1235, "y_std": None, "vx": 0.0,
         "vy": 1.5, "age": 7, "detected": True, "polarity": "bright", "probability": 0.98,
         "azimuth": 1.51, "elevation": -2.01, "azimuth_std": 0.002, "elevation_std": None}
    ]  # fmt: skip


def test_a_frame_of_which_little_is_known() -> None:
    unmeasured = Points(np.array([[5.0, 6.0]]), np.array([0.75]))
    record = valid(
        frame_record(dataclasses.replace(BARE, points=unmeasured), Facts(FACTS.model, None))
    )
    unknown = ("time_s", "received_utc", "received_monotonic_s", "motion", "angles")
    assert [record[name] for name in unknown] == [None] * 5
    assert record["tracks"] == []
    known = {"x": 5.0, "y": 6.0, "score": 0.75, "polarity": "bright", "flags": []}
    (point,) = record["points"]
    assert {name: value for name, value in point.items() if value is not None} == known


def test_points_that_could_not_be_measured_are_null_and_flagged() -> None:
    place = np.array([[5.0, 6.0]])
    points = Points(place, [0.75], measured=Measurement.unmeasured(place, 0.5))
    (point,) = valid(frame_record(dataclasses.replace(BARE, points=points), FACTS))["points"]
    assert (point["x_std"], point["amplitude"], point["flags"]) == (0.5, None, ["unmeasured"])


def test_two_frames_share_no_list() -> None:
    points = Points(np.array([[5.0, 6.0], [1.0, 2.0]]), np.array([0.75, 0.5]))
    first, second = frame_record(dataclasses.replace(BARE, points=points), FACTS)["points"]
    first["flags"].append("border")
    assert second["flags"] == []


def test_the_record_of_a_detection(tmp_path, model) -> None:
    frame = draw_blobs([(30.3, 20.7)])
    np.save(tmp_path / "a.npy", frame)
    detector = Detector(model)
    before = Instant.now()
    (result,) = detect_frames(detector, [tmp_path / "a.npy"])
    record = valid(frame_record(result, Facts.of(detector)))
    assert record["model"]["sha256"] == detector.card.sha256
    assert record["model"]["threshold"] == detector.threshold
    assert before.monotonic_s - 1e-6 <= record["received_monotonic_s"] <= Instant.now().monotonic_s
    assert record["received_utc"].endswith("Z")
    (point,) = record["points"]
    assert (point["x"], point["y"]) == pytest.approx((30.3, 20.7), abs=0.3)
    assert point["x_std"] > 0


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://guest:secret@camera:554/lwir?x=1", "rtsp://camera:554/lwir?x=1"),
        ("http://user@[::1]:80/v", "http://[::1]:80/v"),
        ("udp://@239.0.0.1:1234", "udp://239.0.0.1:1234"),
        ("night@home.png", "night@home.png"),
        ("http://[broken@x", "http://[broken@x"),
        ("-", "-"),
    ],
)
def test_sources_are_named_without_passwords(source: str, shown: str) -> None:
    assert public_name(source) == shown


def test_the_published_schema_is_that_of_the_code() -> None:
    published = json.loads((ROOT / "docs" / "frame-record.schema.json").read_text("utf-8"))
    command = "python -m irpoint.emit.schema > docs/frame-record.schema.json"
    assert published == json_schema(), command
