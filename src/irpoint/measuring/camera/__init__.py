"""Pixel → angle: a calibrated camera, its files, its lens and its mounting."""

from irpoint.measuring.camera.camera import Camera
from irpoint.measuring.camera.rotation import Rotation

__all__ = ["Camera", "Rotation"]
