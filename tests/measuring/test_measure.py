"""What is measured of a point, and what is said where it cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from irpoint.measurement import Flag, Measurement
from irpoint.measuring import measure
from irpoint.points import Points
from support.targets import sky


def one(points: Points) -> Measurement:
    assert points.measured is not None
    assert len(points) == 1
    return points.measured


def moved(points: Points, by: tuple[float, float]) -> Points:
    return replace(points, xy=points.xy + np.array(by, np.float32))


def test_a_target_is_measured() -> None:
    scene = sky([(30.3, 41.8)], amplitude=400, width=1.2)
    found = measure(scene.frame, moved(scene.points, (0.6, -0.5)))
    measured = one(found)
    assert found.xy[0] == pytest.approx((30.3, 41.8), abs=0.06)
    assert measured.network_xy[0] == pytest.approx((30.9, 41.3), abs=1e-5)
    assert measured.amplitude[0] == pytest.approx(400, abs=25)
    assert measured.width[0] == pytest.approx(1.2, abs=0.1)
    assert measured.flux[0] == pytest.approx(400 * 2 * np.pi * 1.2**2, rel=0.08)
    assert measured.background[0] == pytest.approx(1000, abs=5)
    assert measured.snr[0] == pytest.approx(37, rel=0.2)
    assert measured.scr[0] == pytest.approx(measured.snr[0], rel=0.2)
    assert measured.chi2[0] == pytest.approx(1, abs=0.4)
    assert 0.01 < measured.x_std[0] < 0.06
    assert 0.01 < measured.y_std[0] < 0.06
    assert Flag(int(measured.flags[0])) == Flag(0)


def test_a_dark_target_is_measured_like_a_bright_one() -> None:
    bright, dark = (sky([(30.3, 41.8)], amplitude=a, noise=0.1) for a in (400, -400))
    bright_found, dark_found = (
        measure(scene.frame, moved(scene.points, (0.4, 0.4))) for scene in (bright, dark)
    )
    assert dark_found.dark[0]
    assert dark_found.xy == pytest.approx(bright_found.xy, abs=1e-3)
    assert one(dark_found).amplitude[0] == pytest.approx(-400, rel=1e-2)
    assert one(dark_found).flux[0] < 0
    assert one(dark_found).snr[0] > 100


def test_a_point_on_nothing_keeps_its_place() -> None:
    scene = sky(np.empty((0, 2)))
    found = measure(scene.frame, Points.labels([(30.25, 20.5)]), fallback_std=0.7)
    measured = one(found)
    assert found.xy[0] == pytest.approx((30.25, 20.5))
    assert measured.has(Flag.UNMEASURED).all()
    assert measured.x_std[0] == measured.y_std[0] == 0.7
    assert measured.xy_cov[0] == 0
    assert np.isnan(measured.snr[0])


def test_a_target_out_of_reach_is_not_taken() -> None:
    scene = sky([(30, 30)], amplitude=2000)
    found = measure(scene.frame, moved(scene.points, (6, 0)))
    assert one(found).has(Flag.UNMEASURED).all()
    assert found.xy[0] == pytest.approx((36, 30))


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2, 3), (9, 9), (40, 50)])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8", "i4", "u8"])
def test_a_frame_without_contrast_gives_no_warning(shape: tuple[int, int], dtype: str) -> None:
    points = Points.labels([(0, 0), (shape[1] / 2, shape[0] / 2)])
    for value in (0, 255):
        found = measure(np.full(shape, value, dtype), points)
        assert found.measured is not None
        assert found.measured.has(Flag.UNMEASURED).all()
    if dtype.startswith("f"):
        found = measure(np.full(shape, np.nan, dtype), points)
        assert found.measured is not None
        assert found.measured.has(Flag.UNMEASURED).all()


def test_no_points() -> None:
    found = measure(np.zeros((20, 30), np.uint16), Points.empty())
    assert found.measured == Measurement.empty()


def test_what_does_not_fit_is_an_error() -> None:
    points = Points.labels([(3, 3)])
    with pytest.raises(ValueError, match="frame"):
        measure(np.zeros((20, 30, 3)), points)
    with pytest.raises(ValueError, match="mask"):
        measure(np.zeros((20, 30)), points, np.zeros((20, 31), bool))
    with pytest.raises(ValueError, match="fallback_std"):
        measure(np.zeros((20, 30)), points, fallback_std=0)


@pytest.mark.parametrize("beside", [(1, 0), (2, 1), (3, 0)])
def test_a_hot_pixel_does_not_pull_the_place(beside: tuple[int, int]) -> None:
    scene = sky([(30.2, 30.1)], amplitude=300)
    clean = measure(scene.frame, scene.points)
    scene.frame[30 + beside[1], 30 + beside[0]] = 3000
    found = measure(scene.frame, scene.points)
    assert found.xy == pytest.approx(clean.xy, abs=0.06)
    assert 0.9 < (one(found).x_std / one(clean).x_std)[0] < 1.4


def test_a_target_at_the_border_is_measured() -> None:
    scene = sky([(0.4, 30.2)], amplitude=800)
    found = measure(scene.frame, scene.points)
    assert Flag(int(one(found).flags[0])) == Flag.BORDER
    assert found.xy[0] == pytest.approx((0.4, 30.2), abs=0.1)


def test_foreign_pixels_are_left_out() -> None:
    scene = sky([(30.4, 30.2)], amplitude=800)
    foreign = np.zeros(scene.frame.shape, bool)
    foreign[32:] = True
    scene.frame[32:] = 20000
    found = measure(scene.frame, scene.points, foreign)
    assert one(found).has(Flag.BORDER).all()
    assert found.xy[0] == pytest.approx((30.4, 30.2), abs=0.1)
    scene.frame[32:] = np.nan
    assert measure(scene.frame, scene.points).xy == pytest.approx(found.xy, abs=0.02)


def test_an_extended_target_gets_the_centroid_of_its_intensity() -> None:
    # Three hot spots in a row, the last of which is the brightest: no Gaussian, and no point.
    at = [(28.0, 30.0), (31.0, 30.0), (34.0, 30.0)]
    scene = sky(at, amplitude=[500, 500, 700], noise=3)
    found = measure(scene.frame, Points.labels([(31.6, 30.3)]))
    assert Flag(int(one(found).flags[0])) == Flag.EXTENDED
    centroid = (28 * 500 + 31 * 500 + 34 * 700) / 1700
    assert found.xy[0] == pytest.approx((centroid, 30.0), abs=0.3)
    assert 0.005 < one(found).x_std[0] < 0.4
    assert one(found).width[0] > 1.5


def test_a_wide_gaussian_is_extended() -> None:
    scene = sky([(40.2, 30.7)], amplitude=300, width=4.0, shape=(80, 96), noise=5)
    found = measure(scene.frame, Points.labels([(40.8, 30.1)]))
    assert one(found).has(Flag.EXTENDED).all()
    assert found.xy[0] == pytest.approx((40.2, 30.7), abs=4 * one(found).x_std[0])


def test_clipped_and_blended_targets_say_so() -> None:
    scene = sky([(20.1, 20.3), (50.2, 40.1), (52.4, 40.3)], amplitude=[2000, 400, 300])
    clipped = np.minimum(scene.frame, 1500).astype(np.uint16)
    found = measure(clipped, scene.points)
    assert found.measured is not None
    flags = [Flag(int(value)) for value in found.measured.flags]
    assert flags == [Flag.SATURATED, Flag.BLENDED, Flag.BLENDED]
    assert found.measured.amplitude[0] == pytest.approx(2000, rel=0.15)
    np.testing.assert_allclose(found.xy, scene.points.xy, atol=0.25)
