"""A calibrated camera: pixels → azimuth and elevation, each with its standard deviation."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from irpoint.angles import Angles, Reference
from irpoint.errors import FrameWarning, SettingsError
from irpoint.measuring.camera.calibration import read_calibration
from irpoint.measuring.camera.lenses import Floats, Lens, Pinhole
from irpoint.measuring.camera.readout import Readout
from irpoint.measuring.camera.rotation import FROM_CAMERA, Rotation
from irpoint.points import Points

_UNKNOWN_AZIMUTH = 360 / np.sqrt(12)  # standard deviation of an azimuth that may be any, degrees


@dataclass(frozen=True, eq=False)
class Camera:
    """Gives each pixel of a frame its direction.

    Pixel centres are at integers, as in OpenCV: (0, 0) is the centre of the top-left pixel.

    The angles refer to the camera's own axes. With ``boresight``, they refer to the platform that
    carries the camera, and with ``attitude`` to north, east and down; :data:`irpoint.angles.AXES`
    describes each.

    Examples:
        >>> camera = Camera(np.array([[1000.0, 0, 320], [0, 1000, 256], [0, 0, 1]]))
        >>> angles = camera.angles(np.array([[320.0, 256.0], [420.0, 256.0]]))
        >>> angles.azimuth.round(3).tolist()
        [0.0, 5.711]

    Attributes:
        matrix: (3, 3) camera matrix in pixels of the calibrated image.
        lens: the distortion; see :class:`Pinhole` and :class:`Fisheye`.
        readout: size of the calibrated image, and which of its pixels a frame has.
        boresight: rotation of the camera on its platform.
        attitude: rotation of the platform in the world. Without ``boresight``, the axes of the
            platform are those of the camera.
        rectification: (3, 3) rotation from the axes of the lens to those of the camera; of
            rectified frames only.
        name: of the camera in messages; the file that it was read from.
    """

    matrix: Floats
    lens: Lens = field(default_factory=Pinhole)
    readout: Readout = field(default_factory=Readout)
    boresight: Rotation | None = None
    attitude: Rotation | None = None
    rectification: Floats = field(default_factory=lambda: np.eye(3))
    name: str = "camera"

    @classmethod
    def from_file(cls, path: str | Path) -> Camera:
        """Read a calibration file of ROS, OpenCV or Kalibr; see the page *Camera* of the docs.

        Args:
            path: a file in YAML (extra ``camera``), XML or JSON; ``chain.yaml:cam1`` names one of
                several cameras of Kalibr.

        Warns:
            IrpointWarning: if the file states no size of its image.

        Raises:
            SettingsError: if the file cannot be read, or is not the calibration of a camera whose
                model irpoint knows.
        """
        return cls(**vars(read_calibration(path)))

    def with_attitude(self, yaw: float, pitch: float, roll: float) -> Camera:
        """The same camera on a platform with another attitude; degrees, see :class:`Rotation`."""
        return replace(self, attitude=Rotation(yaw=yaw, pitch=pitch, roll=roll))

    @property
    def reference(self) -> Reference:
        """The axes that the angles refer to."""
        if self.attitude is not None:
            return "north-east-down"
        return "camera" if self.boresight is None else "platform"

    def check(self, shape: tuple[int, int]) -> None:
        """Check that frames of ``shape`` (height, width) are those that the calibration is for.

        Raises:
            SettingsError: if they are not; a calibration is valid for one size only.
        """
        reason = self.readout.misfit(shape)
        if reason:
            raise SettingsError(f"{self.name}: {reason}")

    def angles(
        self,
        points: Points | npt.NDArray[np.floating],
        shape: tuple[int, int] | None = None,
        covariance: npt.NDArray[np.floating] | None = None,
    ) -> Angles:
        """The directions of points.

        The deviations are those that the deviations of the places cause, to first order. Errors of
        the calibration, the mounting and the attitude are not in them. They are NaN if those of the
        places are not known.

        Args:
            points: points of one frame, or places (N, 2) in frame pixels.
            shape: (height, width) of the frame, to check that the calibration fits.
            covariance: (N, 2, 2) of each place, px²; by default that of measured points.

        Warns:
            FrameWarning: if the lens model gives some point no direction; its angles are NaN.

        Raises:
            SettingsError: as :meth:`check`.
        """
        if shape is not None:
            self.check(shape)
        if covariance is None and isinstance(points, Points) and points.measured is not None:
            covariance = points.measured.covariance
        xy = np.asarray(points.xy if isinstance(points, Points) else points, np.float64)
        vectors, derivative = self._directions(xy.reshape(-1, 2))
        azimuth, elevation, by_pixel = _spherical(vectors, derivative)
        if np.isnan(azimuth).any():
            warnings.warn(self._no_direction(), stacklevel=2)
        variances = np.full((len(azimuth), 2), np.nan)
        if covariance is not None:
            spread = by_pixel @ covariance @ by_pixel.swapaxes(1, 2)
            variances = np.diagonal(spread, axis1=1, axis2=2)
        # Rounding may leave a variance of a degenerate covariance just below 0.
        std = np.degrees(np.sqrt(np.maximum(variances, 0)))
        azimuth = np.degrees(azimuth)
        if self.reference == "north-east-down":
            azimuth = azimuth % 360
            azimuth = np.where(azimuth == 360, 0.0, azimuth)  # of a tiny negative angle
        return Angles(
            azimuth + 0.0,  # turns −0 into 0
            np.degrees(elevation) + 0.0,
            np.minimum(std[:, 0], _UNKNOWN_AZIMUTH),
            std[:, 1],
            self.reference,
        )

    def project(self, azimuth: npt.ArrayLike, elevation: npt.ArrayLike) -> Floats:
        """Where directions lie in a frame: the reverse of :meth:`angles`.

        Args:
            azimuth, elevation: (N,) degrees, in the camera's :attr:`reference`.

        Returns:
            Places (N, 2) in frame pixels, which may lie outside the frame; NaN if the camera
            cannot see that direction.
        """
        a, e = np.radians(np.broadcast_arrays(np.atleast_1d(azimuth), np.atleast_1d(elevation)))
        vectors = np.column_stack([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), -np.sin(e)])
        places = self.lens.project(vectors @ self._rotation())
        pixels = np.column_stack([places, np.ones(len(places))]) @ self.matrix.T
        return self.readout.to_frame(pixels[:, :2])

    def _directions(self, xy: Floats) -> tuple[Floats, Floats]:
        """Pixels (N, 2) → vectors (N, 3) in the reference, and derivatives (N, 3, 2)."""
        inverse = np.linalg.inv(self.matrix)
        full = np.column_stack([self.readout.from_frame(xy), np.ones(len(xy))])
        rays, by_place = self.lens.rays((full @ inverse.T)[:, :2])
        rotation = self._rotation()
        by_pixel = by_place @ (inverse[:2, :2] * np.array(self.readout.binning))
        return rays @ rotation.T, rotation @ by_pixel

    def _rotation(self) -> Floats:
        """(3, 3), from the axes of the lens to forward, right, down of the reference."""
        rotation = FROM_CAMERA @ self.rectification
        for outer in (self.boresight, self.attitude):
            rotation = rotation if outer is None else outer.matrix() @ rotation
        return rotation

    def _no_direction(self) -> FrameWarning:
        return FrameWarning(
            "no direction",
            self.name,
            f"some points have no angles: they lie beyond {self.lens.widest:.1f}° from the optical "
            "axis, where this calibration cannot be inverted",
        )


def _spherical(vectors: Floats, derivative: Floats) -> tuple[Floats, Floats, Floats]:
    """Azimuth and elevation in radians, and their derivatives (N, 2, 2).

    Args:
        vectors: (N, 3) forward, right, down, of any length.
        derivative: (N, 3, 2) of the vectors.
    """
    forward, right, down = vectors.T
    level = np.hypot(forward, right)
    # At the zenith, azimuth is arbitrary; 0 is as good as any. Its derivative is finite but huge.
    zenith = level == 0
    safe = np.where(zenith, 1e-150, level)
    cos_a, sin_a = np.where(zenith, 1, forward / safe), np.where(zenith, 0, right / safe)
    length = level**2 + down**2
    to_azimuth = np.column_stack([-sin_a / safe, cos_a / safe, np.zeros_like(safe)])
    to_elevation = np.column_stack([cos_a * down / length, sin_a * down / length, -level / length])
    by_pixel = np.stack([to_azimuth, to_elevation], axis=1) @ derivative
    return np.arctan2(right, forward), np.arctan2(-down, level), by_pixel
