"""Points as detections and key points of supervision, and back."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from irpoint.angles import Angles
from irpoint.datasets import convert
from irpoint.errors import SettingsError
from irpoint.exchange import from_supervision, to_supervision, to_supervision_keypoints
from irpoint.measurement import Flag
from irpoint.points import FrameResult, Points
from support.dataset_folders import write
from support.measured import COLUMNS, measured_points

sv = pytest.importorskip("supervision", reason="supervision is not installed")

POINTS = Points(np.array([[3, 4], [10.25, 0]]), np.array([0.9, 0.5]), np.array([False, True]))
RESULT = FrameResult("a.png", 0, None, (20, 30), POINTS, track_ids=[7, 9])


def test_a_box_covers_the_pixels_around_its_point() -> None:
    """``frame[y1:y2, x1:x2]`` of a box of 3 pixels has the pixel of the point in its middle."""
    frame = np.arange(20 * 30).reshape(20, 30)
    box = to_supervision(POINTS, side=3).xyxy[0]
    left, top, right, bottom = box.astype(int)
    assert box.tolist() == [2, 3, 5, 6]
    assert frame[top:bottom, left:right][1, 1] == frame[4, 3]


def test_detections_carry_score_polarity_and_track() -> None:
    detections = to_supervision(RESULT)
    assert detections.confidence.tolist() == POINTS.score.tolist()
    assert detections.class_id.tolist() == [0, 1]
    assert detections.data["class_name"].tolist() == ["bright", "dark"]
    assert detections.tracker_id.tolist() == [7, 9]
    centres = detections.get_anchors_coordinates(sv.Position.CENTER)
    np.testing.assert_array_equal(centres, POINTS.xy + 0.5)
    assert to_supervision(POINTS).tracker_id is None


def test_measured_columns_filter_detections_and_come_back() -> None:
    points = measured_points([(3, 4), (10, 5)], snr=8.0, flags=Flag.SATURATED | Flag.BLENDED)
    points.measured.snr[0], points.measured.flags[0] = np.nan, 0
    detections = to_supervision(points)
    assert set(COLUMNS) <= detections.data.keys()
    assert detections.data["flags"].tolist() == ["", "saturated|blended"]
    kept = from_supervision(detections[detections.data["snr"] > 5])
    assert kept == points[np.array([False, True])]


def test_directions_are_columns() -> None:
    degrees = np.array([1.0, 2.0])
    result = replace(RESULT, angles=Angles(degrees, -degrees, degrees / 10, degrees / 10))
    assert to_supervision(result).data["elevation"].tolist() == [-1, -2]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-0.5, 4000, width=32),
            st.floats(-0.5, 4000, width=32),
            st.floats(0, 1, width=32),
            st.booleans(),
        )
    ),
    st.sampled_from([1.0, 5.0, 24.0]),
)
def test_points_come_back(rows: list[tuple[float, float, float, bool]], side: float) -> None:
    x, y, score, dark = zip(*rows, strict=True) if rows else ((), (), (), ())
    points = Points(np.stack([x, y], axis=-1), score, dark)
    back = from_supervision(to_supervision(points, side))
    np.testing.assert_allclose(back.xy, points.xy, rtol=1e-7, atol=1e-7)
    assert np.array_equal(back.score, points.score)
    assert np.array_equal(back.dark, points.dark)


def test_detections_of_others_are_points_too() -> None:
    back = from_supervision(sv.Detections(np.array([[10, 20, 12, 24]])))
    assert back == Points(np.array([[10.5, 21.5]]), np.ones(1))


def test_key_points() -> None:
    key_points = to_supervision_keypoints(RESULT)
    assert key_points.xy.tolist() == [[[3.5, 4.5]], [[10.75, 0.5]]]
    assert key_points.keypoint_confidence.tolist() == POINTS.score[:, None].tolist()
    assert key_points.data["tracker_id"].tolist() == [7, 9]
    assert key_points.class_id.tolist() == [0, 1]
    assert len(to_supervision_keypoints(Points.empty())) == 0


def test_an_annotator_draws_at_the_point() -> None:
    scene = np.zeros((20, 30, 3), np.uint8)
    one = replace(RESULT, points=POINTS[:1], track_ids=[1])
    drawn = sv.DotAnnotator(radius=0).annotate(scene.copy(), to_supervision(one))
    assert np.argwhere(drawn.any(axis=2)).tolist() == [[4, 3]]


def test_a_converted_dataset_opens_with_the_same_boxes(tmp_path: Path) -> None:
    (tmp_path / "in/images").mkdir(parents=True)
    Image.new("RGB", (30, 20)).save(tmp_path / "in/images/a.png")
    write(tmp_path / "in", "points.csv", "image,x,y\na.png,4,7.25\n")
    convert(tmp_path / "in", tmp_path / "out", "coco")
    dataset = sv.DetectionDataset.from_coco(
        str(tmp_path / "out/images"), str(tmp_path / "out/annotations/annotations.json")
    )
    ((_, _, detections),) = list(dataset)
    assert from_supervision(detections).xy.tolist() == [[4, 7.25]]


@pytest.mark.parametrize("side", [0, -1, float("nan"), float("inf")])
def test_a_box_needs_a_size(side: float) -> None:
    with pytest.raises(SettingsError, match="give the size of the boxes in pixels, above 0"):
        to_supervision(POINTS, side=side)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(SettingsError, match=r"needs supervision; run pip install 'supervision>="):
        to_supervision(POINTS)


def test_an_old_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sv, "KeyPoints", lambda xy, confidence: None)
    with pytest.raises(SettingsError, match=r"too old; run pip install 'supervision>="):
        to_supervision_keypoints(POINTS)
