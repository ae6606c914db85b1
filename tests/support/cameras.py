"""Cameras, their calibration files, and measured points for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from irpoint.measuring.camera import Camera
from irpoint.measuring.camera.lenses import Fisheye, Lens, Pinhole
from irpoint.measuring.camera.readout import Readout
from irpoint.points import Points
from support.measured import measured_points

WIDTH, HEIGHT = 640, 512
MATRIX = np.array([[800.0, 0, 330], [0, 810, 250], [0, 0, 1]])
WIDE_MATRIX = np.array([[300.0, 0, 330], [0, 305, 250], [0, 0, 1]])

# One lens of each model: without distortion, barrel, pincushion, and every number of coefficients.
LENSES: dict[str, Lens] = {
    "none": Pinhole(),
    "plumb_bob-4": Pinhole((-0.3, 0.1, 0.001, -0.002)),
    "plumb_bob-5": Pinhole((0.25, -0.1, -0.002, 0.001, 0.02)),
    "rational_polynomial": Pinhole((0.5, -0.2, 1e-3, 1e-3, 0.05, 0.6, -0.1, 0.02)),
    "thin prism": Pinhole((0.1, -0.2, 1e-3, 1e-3, 0.05, 0.2, -0.1, 0.02, 1e-3, 2e-4, -1e-3, 1e-4)),
    "tilted": Pinhole(
        (0.1, -0.2, 1e-3, 1e-3, 0.05, 0.2, -0.1, 0.02, 1e-3, 2e-4, -1e-3, 1e-4, 0.05, -0.03)
    ),
    "fisheye": Fisheye((0.01, -0.02, 0.003, -0.001)),
}


def camera(lens: str = "none", **settings: Any) -> Camera:
    """A camera with one of :data:`LENSES`, for frames of 640 × 512."""
    settings.setdefault("matrix", WIDE_MATRIX if lens == "fisheye" else MATRIX)
    settings.setdefault("readout", Readout((WIDTH, HEIGHT)))
    return Camera(lens=LENSES[lens], **settings)


def points_with_stds(xy: Any, x_std: float, y_std: float, correlation: float = 0.0) -> Points:
    """Measured points at ``xy`` (N, 2) with the same deviations."""
    places = np.reshape(xy, (-1, 2)).tolist()
    covariance = correlation * x_std * y_std
    return measured_points(places, x_std=x_std, y_std=y_std, xy_cov=covariance)


CAMERA_INFO = """\
image_width: 640
image_height: 512
camera_name: lwir
camera_matrix:
  rows: 3
  cols: 3
  data: [800, 0, 330, 0, 810, 250, 0, 0, 1]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [-0.3, 0.1, 1e-3, -0.002, 0.02]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1, 0, 0, 0, 1, 0, 0, 0, 1]
projection_matrix:
  rows: 3
  cols: 4
  data: [780, 0, 325, 0, 0, 790, 245, 0, 0, 0, 1, 0]
"""
"""What the calibrators of ROS write."""
