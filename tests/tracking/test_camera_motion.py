"""Frames that do not tell the camera's motion."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.tracking.camera_motion import CameraMotion
from irpoint.tracking.motion import Motion


def test_a_camera_that_shakes_goes_on_shaking() -> None:
    """Its shift is not known then, but how far it may be is."""
    rng, camera = np.random.default_rng(0), CameraMotion()
    for x, y in rng.normal((1.5, 0.0), (0.1, 2.0), (200, 2)):
        measured = Motion(x, y, 0.1, 0.1)
        assert camera(measured) is measured
    bridged = camera(None)
    assert bridged is not None
    assert bridged.x == pytest.approx(1.5, abs=0.1)
    assert bridged.y == pytest.approx(0.0, abs=1.5)
    assert bridged.x_std == pytest.approx(0.1, rel=0.5)
    assert bridged.y_std == pytest.approx(2.0, rel=0.5)


def test_nothing_is_known_before_the_first_motion_and_long_after_the_last() -> None:
    camera = CameraMotion()
    assert camera(None) is None
    camera(Motion(1.0, 0.0, 0.1, 0.1))
    bridged = [camera(None) for _ in range(20)]
    assert bridged[0] == Motion(1.0, 0.0, 0.0, 0.0)
    assert bridged[-1] is None
