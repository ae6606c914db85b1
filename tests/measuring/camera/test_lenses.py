"""Lenses: the distortion of OpenCV, and its reverse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.measuring.camera.lenses import Fisheye, Pinhole
from support.cameras import HEIGHT, LENSES, WIDTH, camera

# Pixels of cv2.projectPoints and cv2.fisheye.projectPoints (OpenCV 5.0) for these rays, with the
# camera matrices of support.cameras:
#     cv2.projectPoints(RAYS[:, None], zeros(3), zeros(3), MATRIX, distortion)
#     cv2.fisheye.projectPoints(RAYS[:, None], zeros(3), zeros(3), WIDE_MATRIX, distortion)
RAYS = np.array([[0.0, 0, 1], [0.3, -0.2, 1], [-0.35, 0.28, 1]])
OPENCV = {
    "none": [
        (330.0000000000, 250.0000000000),
        (570.0000000000, 88.0000000000),
        (50.0000000000, 476.8000000000),
    ],
    "plumb_bob-4": [
        (330.0000000000, 250.0000000000),
        (560.4536000000, 94.4087200000),
        (64.8752573200, 464.6534041708),
    ],
    "plumb_bob-5": [
        (330.0000000000, 250.0000000000),
        (577.8449456000, 82.5642617200),
        (37.6920151543, 486.5741929250),
    ],
    "rational_polynomial": [
        (330.0000000000, 250.0000000000),
        (566.8911938009, 90.2739441844),
        (56.1884527037, 472.0802655100),
    ],
    "thin prism": [
        (330.0000000000, 250.0000000000),
        (566.8323672008, 90.2817462394),
        (56.8200091466, 471.5446589779),
    ],
    "tilted": [
        (330.0000000000, 250.0000000000),
        (566.7088108023, 90.5969878000),
        (55.7572412015, 472.1678533046),
    ],
    "fisheye": [
        (330.0000000000, 250.0000000000),
        (416.4576265644, 191.4009419953),
        (231.1746303137, 330.3779673449),
    ],
}


def as_angles(rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y, z = rays.T
    return np.degrees(np.arctan2(x, z)), np.degrees(np.arctan2(-y, np.hypot(x, z)))


@pytest.mark.parametrize("lens", LENSES)
def test_places_are_those_of_opencv(lens: str) -> None:
    places = camera(lens).project(*as_angles(RAYS))
    assert places == pytest.approx(np.array(OPENCV[lens]), abs=1e-9)


@pytest.mark.parametrize("lens", LENSES)
def test_opencv_itself_agrees(lens: str) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    one = camera(lens)
    xy = np.random.default_rng(0).uniform((0, 0), (WIDTH - 1, HEIGHT - 1), (500, 2))
    angles = one.angles(xy)
    a, e = np.radians(angles.azimuth), np.radians(angles.elevation)
    rays = np.column_stack([np.sin(a) * np.cos(e), -np.sin(e), np.cos(a) * np.cos(e)])
    distortion = np.array(one.lens.distortion)  # type: ignore[attr-defined]
    still = np.zeros(3)
    project = cv2.fisheye.projectPoints if lens == "fisheye" else cv2.projectPoints
    if lens == "fisheye":
        places, _ = project(rays[:, None], still, still, one.matrix, distortion)
        ideal = cv2.fisheye.undistortPoints(xy[:, None], one.matrix, distortion)
    else:
        places, _ = project(rays[:, None], still, still, one.matrix, distortion)
        # The default of five steps is less exact.
        stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 200, 1e-14)
        ideal = cv2.undistortPoints(xy[:, None], one.matrix, distortion, criteria=stop)
    assert places[:, 0] == pytest.approx(xy, abs=1e-6)
    assert rays[:, :2] / rays[:, 2:] == pytest.approx(ideal[:, 0], abs=1e-6)


@pytest.mark.parametrize("lens", LENSES)
@given(x=st.floats(-0.5, WIDTH - 0.5), y=st.floats(-0.5, HEIGHT - 0.5))
@settings(max_examples=60, deadline=None)
def test_projecting_the_angles_of_a_pixel_gives_the_pixel(lens: str, x: float, y: float) -> None:
    one = camera(lens)
    angles = one.angles(np.array([[x, y]]))
    back = one.project(angles.azimuth, angles.elevation)
    assert np.abs(back - [x, y]).max() < 1e-6


@given(
    k1=st.floats(-0.5, 0.5),
    k2=st.floats(-0.3, 0.3),
    k3=st.floats(-0.2, 0.2),
    p=st.floats(-0.01, 0.01),
    u=st.floats(-0.6, 0.6),
    v=st.floats(-0.6, 0.6),
)
@settings(max_examples=200, deadline=None)
def test_any_pinhole_lens_is_inverted_or_refuses(
    k1: float, k2: float, k3: float, p: float, u: float, v: float
) -> None:
    """A ray inside the limit is found again; no place gives the ray of another place."""
    lens = Pinhole((k1, k2, p, -p, k3))
    place = np.array([[u, v]])
    rays, _ = lens.rays(place)
    if np.isfinite(rays).all():
        assert lens.project(rays) == pytest.approx(place, abs=1e-9)
        assert np.degrees(np.arctan(np.hypot(*rays[0, :2]))) < lens.widest


@given(st.floats(0.01, 0.95), st.floats(-0.5, 0.5), st.floats(-0.3, 0.3), st.floats(0, 6.28))
@settings(max_examples=200, deadline=None)
def test_every_ray_inside_the_limit_is_found(
    part: float, k1: float, k2: float, direction: float
) -> None:
    lens = Pinhole((k1, k2, 0.0, 0.0))
    radius = part * np.tan(np.radians(min(lens.widest, 60.0)))
    ray = np.array([[radius * np.cos(direction), radius * np.sin(direction), 1.0]])
    rays, _ = lens.rays(lens.project(ray))
    assert rays == pytest.approx(ray, abs=1e-8)


def test_the_limit_is_where_the_radius_stops_to_grow() -> None:
    # r (1 - 0.3 r²) grows until r² = 1 / 0.9.
    assert Pinhole((-0.3, 0.0, 0.0, 0.0)).widest == pytest.approx(
        np.degrees(np.arctan(np.sqrt(1 / 0.9)))
    )
    # θ (1 - 0.1 θ²) grows until θ² = 1 / 0.3.
    assert Fisheye((-0.1, 0.0, 0.0, 0.0)).widest == pytest.approx(104.607, abs=1e-3)
    # The denominator 1 - r² is zero at r = 1, and r / (1 - r²) grows until then.
    assert Pinhole((0.0, 0, 0, 0, 0, -1.0, 0, 0)).widest == pytest.approx(45)
    assert Pinhole().widest > 89.9


def test_a_place_that_no_ray_reaches_has_none() -> None:
    """r (1 - 0.3 r²) is at most 0.70, so 0.71 and 2.0 are beyond; so is the second branch."""
    lens = Pinhole((-0.3, 0.0, 0.0, 0.0))
    rays, derivative = lens.rays(np.array([[0.70, 0.0], [0.71, 0.0], [0.0, -2.0]]))
    assert np.isfinite(rays[0]).all()
    assert np.isnan(rays[1:, :2]).all()
    assert np.isnan(derivative[1:, :2]).all()
    assert np.isnan(lens.project(np.array([[1.2, 0.0, 1.0], [0, 0, -1]]))).all()


def test_a_fisheye_sees_behind_itself() -> None:
    rays, _ = Fisheye().rays(np.array([[np.radians(100), 0.0], [0.0, np.radians(190)]]))
    assert rays[0] == pytest.approx([np.sin(np.radians(100)), 0, np.cos(np.radians(100))])
    assert np.isnan(rays[1]).all()


@pytest.mark.parametrize("lens", LENSES)
def test_derivatives_are_those_of_small_steps(lens: str) -> None:
    places = np.random.default_rng(1).uniform(-0.4, 0.4, (50, 2))
    _, derivative = LENSES[lens].rays(np.vstack([places, [[0.0, 0.0]]]))
    places = np.vstack([places, [[0.0, 0.0]]])
    for axis, step in enumerate(np.eye(2) * 1e-6):
        more, less = (LENSES[lens].rays(places + sign * step)[0] for sign in (1, -1))
        assert derivative[:, :, axis] == pytest.approx((more - less) / 2e-6, abs=1e-8)
