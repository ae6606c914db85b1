"""A detector measures its points: which, on which pixels, and what it does with the places."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pytest

from irpoint import Detector
from irpoint.evaluation import match
from irpoint.measurement import Flag
from irpoint.points import Points
from irpoint.runtime import Region
from irpoint.runtime.distinct import measure_distinct
from support.measured import measured_points
from support.models import draw_blobs

TARGETS = [(30.3, 20.7), (90.0, 60.5), (55.6, 71.2)]


def detector(model: Path, **settings: object) -> Detector:
    return Detector(model, backend="onnxruntime", threads=1, **settings)


def by_x(points: Points) -> Points:
    return points[np.argsort(points.xy[:, 0])]


def mean_error(points: Points) -> float:
    matches = match(TARGETS, points.xy)
    assert len(matches) == len(TARGETS)
    return float(matches.distance.mean())


def test_measured_places_are_better_and_the_places_of_the_network_are_kept(model: Path) -> None:
    frame = draw_blobs(TARGETS)
    found, plain = detector(model)(frame), detector(model, measure=False)(frame)
    assert plain.measured is None
    assert found.measured is not None
    np.testing.assert_array_equal(found.measured.network_xy, plain.xy)
    np.testing.assert_array_equal(found.score, plain.score)
    assert mean_error(found) < 0.5 * mean_error(plain)
    assert (found.measured.x_std < 0.1).all()
    assert not found.measured.flags.any()


def test_a_frame_without_points_has_an_empty_measurement(model: Path) -> None:
    found = detector(model)(draw_blobs([]))
    assert found.measured is not None
    assert len(found.measured) == 0


@pytest.mark.parametrize("polarity", ["dark", "both"])
def test_dark_targets_are_measured_on_the_frame_as_it_is(model: Path, polarity: str) -> None:
    found = detector(model, polarity=polarity)(255 - draw_blobs(TARGETS))
    assert found.dark.all()
    assert found.measured is not None
    assert (found.measured.amplitude < -50).all()
    assert mean_error(found) < 0.1


def test_detectors_measure_at_the_resolution_of_the_frame(model: Path) -> None:
    """Although the network sees the frame at half of it."""
    with pytest.warns(UserWarning, match="scale fit:64"):
        found = detector(model, scale="fit:64")(draw_blobs(TARGETS), threshold=0.1)
    errors = match(TARGETS, found.xy[:3]).distance
    assert len(errors) == 3
    assert errors.max() < 0.15


def test_a_workers_copy_measures_as_the_original(model: Path) -> None:
    assert pickle.loads(pickle.dumps(detector(model, measure=False))).measures is False
    assert pickle.loads(pickle.dumps(detector(model))).measures is True


def test_published_decoding_keeps_its_places(write_model) -> None:
    rule = {"threshold": 0.4, "relative_gate": 0.5, "max_points": 8}
    model = write_model(published_decoder=rule)
    assert detector(model, published_decoder=True)(draw_blobs(TARGETS)).measured is None


def test_candidates_keep_the_places_of_the_network_below_the_threshold(model: Path) -> None:
    frame = draw_blobs(TARGETS)
    plain = detector(model, measure=False).candidates(frame)
    assert detector(model).candidates(frame) == plain
    some = detector(model).candidates(frame, measured_from=0.4)
    count = int((plain.score >= 0.4).sum())
    np.testing.assert_array_equal(some.xy[:count], detector(model)(frame, 0.4).xy)
    np.testing.assert_array_equal(some.xy[count:], plain.xy[count:])
    np.testing.assert_array_equal(some.score, plain.score)
    assert some.measured is not None
    assert some.measured.has(Flag.UNMEASURED).tolist() == (plain.score < 0.4).tolist()
    low = detector(model).candidates(frame, measured_from=0.02)
    assert low.score.min() < 0.05


def test_a_region_of_interest_decides_on_measured_places(model: Path) -> None:
    """Two regions that share a border find each target once, in the one that it is in."""
    frame = draw_blobs(TARGETS)
    plain, found = (by_x(detector(model, measure=m)(frame)) for m in (False, True))
    for index in range(3):
        border = float(plain.xy[index, 0] + found.xy[index, 0]) / 2
        assert border not in (plain.xy[index, 0], found.xy[index, 0])
        left, right = Region(roi=(0, 0, border, 95)), Region(roi=(border, 0, 127, 95))
        inside = [by_x(detector(model, region=part)(frame)) for part in (left, right)]
        assert len(inside[0]) + len(inside[1]) == 3
        assert (inside[0].xy[:, 0] <= border).all()
        assert (inside[1].xy[:, 0] >= border).all()


@pytest.mark.parametrize("normalisation", ["robust", "full-range"])
def test_ignored_pixels_are_not_measured(write_model, normalisation: str) -> None:
    ignored = np.zeros((96, 128), np.uint8)
    ignored[17:25, 33:36] = 1  # beside a target
    one = detector(write_model(normalisation=normalisation), region=Region(ignored=ignored))
    network = Points.labels([(30, 21), (90, 60), (56, 71)])

    def measured(value: int) -> Points:
        frame = draw_blobs(TARGETS)
        frame[ignored > 0] = value
        return one.measure(network, one.prepare(frame))

    assert measured(0) == measured(255)
    assert mean_error(measured(0)) < 0.1


def test_a_place_outside_of_the_frame_becomes_one_at_its_edge(model: Path) -> None:
    frame = draw_blobs([(-1.2, 40.0)])
    found = detector(model)(frame, threshold=0.1)
    assert len(found) >= 1
    assert found.xy[:, 0].min() >= -0.5


def test_the_deviation_of_what_cannot_be_measured_is_that_of_the_card(write_model) -> None:
    """In network pixels, so it grows with the frame."""
    blank = np.zeros((96, 128), np.uint8)

    def deviation(name: str, side: int, **card: object) -> float:
        model = write_model(write_model().parent / f"{name}.onnx", **card)
        one = detector(model)
        prepared = one.prepare(np.pad(blank, ((0, side - 96), (0, side - 128))))
        found = one.measure(Points.labels([(40, 30)]), prepared)
        assert found.measured is not None
        assert found.measured.has(Flag.UNMEASURED).all()
        return float(found.measured.x_std[0])

    assert deviation("old", 128) == 0.5
    assert deviation("new", 128, fallback_std=0.3) == pytest.approx(0.3)
    assert deviation("small", 128, fallback_std=0.3, input_scale="fit:64") == pytest.approx(0.6)


def test_a_false_point_beside_a_target_does_not_spoil_its_measurement() -> None:
    frame = draw_blobs([(40.2, 30.1), (80, 60)])
    points = Points([[39.9, 29.9], [80.1, 60.2], [44.3, 30.9]], [0.9, 0.8, 0.7])
    found = measure_distinct(frame, points, None, 0.5)
    assert found.measured is not None
    np.testing.assert_allclose(found.xy[:2], [[40.2, 30.1], [80, 60]], atol=0.2)
    assert found.measured.has(Flag.UNMEASURED).tolist() == [False, False, True]
    assert found.measured.has(Flag.BLENDED).tolist() == [True, False, False]
    assert found.xy[2] == pytest.approx([44.3, 30.9])
    np.testing.assert_array_equal(found.score, points.score)


def test_points_that_are_measured_in_one_place_are_one_point(monkeypatch) -> None:
    frame = np.zeros((96, 128))

    def places(points: Points, flags: int = 0) -> list[list[float]]:
        def pulled(frame, points, foreign, fallback_std):  # each to the nearest multiple of 5
            xy = np.round(points.xy / 5) * 5
            return dataclasses.replace(
                points, xy=xy, measured=measured_points(xy.tolist(), flags=flags).measured
            )

        monkeypatch.setattr("irpoint.runtime.distinct.measure", pulled)
        return measure_distinct(frame, points, None, 0.5).xy.tolist()

    near = Points([[39, 29], [81, 60], [41, 31]], [0.9, 0.8, 0.7])
    assert places(near) == [[40, 30], [80, 60]]
    assert places(near, Flag.UNMEASURED) == [[40, 30], [80, 60], [40, 30]]
    kinds = dataclasses.replace(near, dark=np.array([True, False, False]))
    assert places(kinds) == [[40, 30], [80, 60], [40, 30]]
