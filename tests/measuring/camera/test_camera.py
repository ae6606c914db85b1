"""Pixels → azimuth and elevation: signs, frames of reference, deviations, sizes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from irpoint import Angles, Camera, Points
from irpoint.errors import FrameWarning, SettingsError
from irpoint.measuring.camera import Rotation
from irpoint.measuring.camera.lenses import Pinhole
from irpoint.measuring.camera.readout import Readout
from support.cameras import LENSES, MATRIX, camera, points_with_stds

SQUARE = np.array([[500.0, 0, 320], [0, 500, 256], [0, 0, 1]])
CENTRE, RIGHT, UP = (320, 256), (820, 256), (320, -244)  # 500 px are 45° here


def angles_of(*pixels: tuple[float, float], **settings: Any) -> list[tuple[float, float]]:
    angles = Camera(SQUARE, **settings).angles(np.array(pixels))
    pairs = zip(angles.azimuth.tolist(), angles.elevation.tolist(), strict=True)
    return [(round(a, 9), round(e, 9)) for a, e in pairs]


def turn(yaw: float = 0, pitch: float = 0, roll: float = 0) -> Rotation:
    return Rotation(yaw=yaw, pitch=pitch, roll=roll)


def test_azimuth_is_positive_to_the_right_and_elevation_upwards() -> None:
    assert angles_of(CENTRE, RIGHT, UP) == [(0, 0), (45, 0), (0, 45)]


def test_pixel_centres_are_at_integers() -> None:
    """As in OpenCV: the principal point (320, 256) is the centre of that pixel."""
    assert angles_of((320, 256)) == [(0, 0)]
    half = np.degrees(np.arctan(0.5 / 500))
    assert angles_of((320.5, 255.5))[0][0] == pytest.approx(half)


def test_the_frame_of_reference_is_stated() -> None:
    assert camera().reference == "camera"
    assert camera(boresight=turn()).reference == "platform"
    assert camera(attitude=turn()).reference == "north-east-down"
    assert camera().with_attitude(10, 0, 0).angles(np.zeros((1, 2))).reference == "north-east-down"


def test_a_boresight_turns_the_camera_on_its_platform() -> None:
    """By hand: the optical axis of a camera with yaw 10 and pitch -20 points there."""
    assert angles_of(CENTRE, boresight=turn(10, -20)) == [(10, -20)]
    # Rolled by 90° clockwise, what is up in the picture is right of the axis, and right is down.
    assert angles_of(UP, RIGHT, boresight=turn(roll=90)) == [(45, 0), (0, -45)]
    # Pitched up by 90°, the top of the picture lies behind: 45° beyond the zenith.
    assert angles_of(UP, boresight=turn(pitch=90)) == [(180, 45)]


def test_rotations_are_yaw_then_pitch_then_roll() -> None:
    """By hand: the camera looks east and 30° up. Rolled by 90°, the top of its picture is its
    platform's right, south: from there, 45° towards the axis.

    The axis is (0, cos 30°, sin 30°) in north, east, up, and south is (-1, 0, 0), so the direction
    is their sum over √2: azimuth atan2(0.866, -1), elevation asin(0.5 / √2).
    """
    azimuth = np.degrees(np.arctan2(np.cos(np.pi / 6), -1))
    elevation = np.degrees(np.arcsin(0.5 / np.sqrt(2)))
    found = angles_of(UP, attitude=turn(90, 30, 90))
    assert found == [(pytest.approx(azimuth), pytest.approx(elevation))]


def test_boresight_and_attitude_add_up() -> None:
    """A camera that looks 90° right of a platform that heads west sees north."""
    assert angles_of(CENTRE, boresight=turn(90), attitude=turn(270)) == [(0, 0)]
    # If the platform rolls right side down by 10°, that camera looks down by 10°.
    assert angles_of(CENTRE, boresight=turn(90), attitude=turn(270, roll=10)) == [(0, -10)]


def test_azimuth_wraps_around() -> None:
    left = (-180, 256)  # 45° left
    assert angles_of(left) == [(-45, 0)]
    assert angles_of(left, attitude=turn()) == [(315, 0)]
    assert angles_of(RIGHT, attitude=turn(350)) == [(35, 0)]
    assert angles_of(RIGHT, boresight=turn(170)) == [(-145, 0)]
    almost_north = Camera(SQUARE, attitude=turn()).angles(np.array([[320 - 1e-15, 256.0]]))
    assert 0 <= almost_north.azimuth[0] < 360


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("mounting", ["camera", "world"])
def test_deviations_are_those_of_a_monte_carlo(lens: str, mounting: str) -> None:
    settings = {} if mounting == "camera" else {"attitude": turn(200, 35, 20)}
    one = camera(lens, **settings)
    rng = np.random.default_rng(4)
    for place in ([40.0, 30.0], [600.0, 300.0]):
        stated = one.angles(points_with_stds(place, 0.2, 0.1, 0.6))
        covariance = np.array([[0.04, 0.012], [0.012, 0.01]])
        drawn = one.angles(rng.multivariate_normal(place, covariance, 20_000))
        # The deviation of a deviation from 20,000 draws is 0.5 %.
        assert stated.azimuth_std[0] == pytest.approx(drawn.azimuth.std(), rel=0.02)
        assert stated.elevation_std[0] == pytest.approx(drawn.elevation.std(), rel=0.02)


def test_a_pixel_on_the_axis_is_one_over_the_focal_length() -> None:
    angles = Camera(SQUARE).angles(points_with_stds(CENTRE, 0.1, 0.2))
    assert angles.azimuth_std == pytest.approx(np.degrees(0.1 / 500))
    assert angles.elevation_std == pytest.approx(np.degrees(0.2 / 500))


def test_near_the_zenith_the_azimuth_is_uncertain() -> None:
    """One pixel from the zenith, 0.1 px across is 0.1 rad; at the zenith, it may be any azimuth."""
    points = points_with_stds([(320, 256), (320, 257), (320, 256 + 1e-4)], 0.1, 0.1)
    angles = Camera(SQUARE, attitude=turn(pitch=90)).angles(points)
    assert angles.elevation == pytest.approx([90, 90 - np.degrees(1 / 500), 90], abs=1e-4)
    assert angles.azimuth_std[1] == pytest.approx(np.degrees(0.1), rel=1e-3)
    assert angles.azimuth_std[[0, 2]] == pytest.approx(360 / np.sqrt(12))
    assert angles.elevation_std == pytest.approx(np.degrees(0.1 / 500), rel=1e-3)


def test_points_that_are_not_measured_have_no_deviations() -> None:
    angles = Camera(SQUARE).angles(Points.labels([CENTRE]))
    assert angles.azimuth.tolist() == [0.0]
    assert np.isnan(angles.azimuth_std).all()
    assert np.isnan(angles.elevation_std).all()
    assert len(Camera(SQUARE).angles(Points.empty())) == 0


def test_pixels_without_a_direction_have_none_and_are_reported() -> None:
    one = Camera(MATRIX, Pinhole((-0.3, 0.0, 0.0, 0.0)), name="cal.yaml")
    with pytest.warns(FrameWarning, match=r"cal\.yaml: some points .* beyond 46\.5°"):
        angles = one.angles(points_with_stds([(330, 250), (930, 250)], 0.1, 0.1))
    assert angles.azimuth[0] == 0
    table = [angles.azimuth, angles.elevation, angles.azimuth_std, angles.elevation_std]
    assert np.isnan([column[1] for column in table]).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        one.angles(np.array([[330.0, 250.0]]))


def test_a_ray_to_the_camera_and_back_in_every_frame_of_reference() -> None:
    xy = np.random.default_rng(3).uniform((0, 0), (639, 511), (200, 2))
    for settings in ({}, {"boresight": turn(10, -20, 5)}, {"attitude": turn(359.9, 80, -120)}):
        one = camera("plumb_bob-4", **settings)
        angles = one.angles(xy)
        assert one.project(angles.azimuth, angles.elevation) == pytest.approx(xy, abs=1e-8)
    assert np.isnan(camera().project(180, 0)).all()  # behind the camera


def test_binning_and_windows_move_the_pixels() -> None:
    """A binned pixel's centre is between those that it sums up, not at the first of them."""
    binned = Readout((640, 512), None, (2, 2))
    whole = Camera(SQUARE).angles(np.array([[100.5, 60.5]]))
    assert Camera(SQUARE, readout=binned).angles(np.array([[50.0, 30.0]])) == whole
    window = Readout((640, 512), (100, 60, 320, 256), (2, 1))
    assert Camera(SQUARE, readout=window).angles(np.array([[0.0, 0.0]])) == Camera(SQUARE).angles(
        np.array([[100.5, 60.0]])
    )
    assert window.frame_size == (160, 256)
    # A deviation of one binned pixel is one of two pixels.
    points = points_with_stds((159.75, 127.75), 0.1, 0.1)
    std = Camera(SQUARE, readout=binned).angles(points).azimuth_std
    assert std == pytest.approx(np.degrees(0.2 / 500))
    assert Camera(SQUARE, readout=window).project(0, 0) == pytest.approx(
        np.array([[109.75, 196.0]])
    )


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((256, 320), r"640×512, not 320×256: .*bins 2×2.*binning: 2"),
        ((512, 600), r"window: \[X, Y, WIDTH, HEIGHT\]"),
        ((514, 640), r"--cut"),
        ((1024, 1280), r"calibrate at the size"),
    ],
)
def test_frames_of_another_size_are_refused(shape: tuple[int, int], hint: str) -> None:
    with pytest.raises(SettingsError, match=hint):
        camera().angles(np.zeros((0, 2)), shape)
    camera().check((512, 640))
    Camera(MATRIX).check(shape)  # of unknown size


def test_angles_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths"):
        Angles(np.zeros(2), np.zeros(2), np.zeros(1), np.zeros(2))
