"""Lenses: how the direction of a ray and its place in the image plane depend on each other.

A ray is a vector (x, y, z) in the axes of the camera: x right, y down, z along the optical axis.
Its place in the image plane is (u, v), in units of the focal length from the principal point.
Both lenses follow OpenCV: https://docs.opencv.org/4.x/d9/d0c/group__calib3d.html and
https://docs.opencv.org/4.x/db/d58/group__calib3d__fisheye.html.

The polynomials of a lens are fitted inside the image. Outside, they may turn back, so that two rays
have one place. A lens is used only up to the angle at which its radius stops to grow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_STEPS = 50  # of Newton's method; 3 to 6 are enough far from the limit of the lens
_TOLERANCE = 1e-12  # of a place, relative to 1 + its radius
_TABLE = 2048  # radii between which the first guess is interpolated
_WIDEST = 1e4  # tangent of the widest angle of a pinhole camera, 89.99°


class Lens(Protocol):
    """A model of a lens."""

    @property
    def name(self) -> str:
        """What the model is called."""
        ...

    @property
    def widest(self) -> float:
        """The angle from the optical axis, in degrees, up to which the model can be inverted."""
        ...

    def rays(self, places: Floats) -> tuple[Floats, Floats]:
        """Places in the image plane → rays.

        Args:
            places: (N, 2) places.

        Returns:
            Rays (N, 3) of any length, and their derivatives by the place (N, 3, 2). NaN if the
            place has no ray.
        """
        ...

    def project(self, rays: Floats) -> Floats:
        """Rays (N, 3) → places (N, 2); NaN if the ray has no place, or none that is unique."""
        ...


@dataclass(frozen=True)
class Pinhole:
    """A pinhole camera with radial, tangential, thin-prism and tilt distortion.

    Attributes:
        distortion: k1, k2, p1, p2[, k3[, k4, k5, k6[, s1, s2, s3, s4[, τx, τy]]]], as OpenCV orders
            them; empty for none. Numbers that are left out are 0.
        limit: tangent of :attr:`widest`.
    """

    distortion: tuple[float, ...] = ()
    limit: float = field(init=False)
    name = "pinhole"

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", _first_turn(*self._fraction))

    @property
    def widest(self) -> float:
        """The angle from the optical axis, in degrees, up to which the model can be inverted."""
        return float(np.degrees(np.arctan(self.limit)))

    def rays(self, places: Floats) -> tuple[Floats, Floats]:
        """As :meth:`Lens.rays`."""
        flat, by_place = _through(self._untilt, places)
        points, by_flat = self._undistort(flat)
        rays = np.column_stack([points, np.ones(len(points))])
        derivative = np.zeros((len(points), 3, 2))
        derivative[:, :2] = by_flat @ by_place
        return rays, derivative

    def project(self, rays: Floats) -> Floats:
        """As :meth:`Lens.project`."""
        ahead = rays[:, 2] > 0
        points = rays[:, :2] / np.where(ahead, rays[:, 2], np.nan)[:, None]
        points[np.hypot(*points.T) >= self.limit] = np.nan
        tilt = np.asarray(np.linalg.inv(self._untilt), np.float64)
        return _through(tilt, self._distort(points)[0])[0]

    @cached_property
    def _values(self) -> Floats:
        return np.pad(np.array(self.distortion, float), (0, 14 - len(self.distortion)))

    @cached_property
    def _fraction(self) -> tuple[Floats, Floats]:
        """Coefficients, lowest first, of the radial factor's numerator and denominator in r²."""
        k1, k2, _, _, k3, k4, k5, k6 = self._values[:8]
        return np.array([1, k1, k2, k3]), np.array([1, k4, k5, k6])

    @cached_property
    def _untilt(self) -> Floats:
        """(3, 3), from the plane of a tilted sensor to the plane across the optical axis."""
        x, y = self._values[12:]
        about_x = [[1, 0, 0], [0, np.cos(x), np.sin(x)], [0, -np.sin(x), np.cos(x)]]
        about_y = [[np.cos(y), 0, -np.sin(y)], [0, 1, 0], [np.sin(y), 0, np.cos(y)]]
        turn = np.array(about_y) @ np.array(about_x)
        along_z = np.array([[turn[2, 2], 0, -turn[0, 2]], [0, turn[2, 2], -turn[1, 2]], [0, 0, 1]])
        untilt: Floats = np.linalg.inv(along_z @ turn)
        return untilt

    def _distort(self, points: Floats) -> tuple[Floats, Floats]:
        """Ideal points (N, 2) → distorted ones, and the derivatives (N, 2, 2)."""
        _, _, p1, p2, *_ = values = self._values
        s1, s2, s3, s4 = values[8:12]
        x, y = points.T
        r2 = x * x + y * y
        top, bottom = self._fraction
        numerator, denominator = (np.polynomial.polynomial.polyval(r2, c) for c in (top, bottom))
        factor = numerator / denominator
        slopes = (np.polynomial.polynomial.polyval(r2, _slope(c)) for c in (top, bottom))
        slope = (next(slopes) - factor * next(slopes)) / denominator  # of the factor, by r²
        prism_x, prism_y = 2 * (s1 + 2 * s2 * r2), 2 * (s3 + 2 * s4 * r2)
        distorted = np.column_stack(
            [
                x * factor + 2 * p1 * x * y + p2 * (r2 + 2 * x * x) + (s1 + s2 * r2) * r2,
                y * factor + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y + (s3 + s4 * r2) * r2,
            ]
        )
        across = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y
        derivative = np.empty((len(points), 2, 2))
        derivative[:, 0, 0] = factor + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x + x * prism_x
        derivative[:, 0, 1] = across + y * prism_x
        derivative[:, 1, 0] = across + x * prism_y
        derivative[:, 1, 1] = factor + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x + y * prism_y
        return distorted, derivative

    def _undistort(self, places: Floats) -> tuple[Floats, Floats]:
        """Distorted places (N, 2) → ideal points, and the derivatives (N, 2, 2); NaN if none.

        Newton's method from the point that the radial part alone gives.
        """
        if not any(self.distortion):
            return places, np.broadcast_to(np.eye(2), (len(places), 2, 2))
        with np.errstate(all="ignore"):  # a place without a point may run to infinity
            radius = np.hypot(*places.T)
            points = places * (self._radial_guess(radius) / np.maximum(radius, 1e-300))[:, None]
            tolerance = _TOLERANCE * (1 + radius)
            for _ in range(_STEPS):
                reached, slope = self._distort(points)
                missing = places - reached
                if (np.hypot(*missing.T) <= tolerance).all():
                    break
                points = points + (_inverse(slope) @ missing[:, :, None])[:, :, 0]
            reached, slope = self._distort(points)
            found = np.hypot(*(places - reached).T) <= 100 * tolerance
            found &= (np.hypot(*points.T) < self.limit) & (np.linalg.det(slope) > 0)
            points = np.where(found[:, None], points, np.nan)
            return points, np.where(found[:, None, None], _inverse(slope), np.nan)

    def _radial_guess(self, radius: Floats) -> Floats:
        top, bottom = self._fraction

        def distorted(r: Floats) -> Floats:
            polyval = np.polynomial.polynomial.polyval
            values: Floats = r * polyval(r * r, top) / polyval(r * r, bottom)
            return values

        furthest = min(self.limit, 1.0)
        wanted = np.nanmax(radius, initial=0.0)
        while furthest < self.limit and distorted(np.array(furthest)) < wanted:
            furthest = min(2 * furthest, self.limit)
        table = np.linspace(0, furthest, _TABLE)
        # At its limit, the radius may be infinite, and rounding may even turn its sign.
        reached = np.maximum.accumulate(np.nan_to_num(distorted(table), nan=np.inf))
        return np.interp(radius, reached, table)


@dataclass(frozen=True)
class Fisheye:
    """An equidistant lens: the radius in the image is a polynomial of the angle from the axis.

    J. Kannala and S. S. Brandt, "A generic camera model and calibration method for conventional,
    wide-angle, and fish-eye lenses", 2006, with the four coefficients of OpenCV.

    Attributes:
        distortion: k1, k2, k3, k4.
        limit: :attr:`widest` in radians.
    """

    distortion: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    limit: float = field(init=False)
    name = "fisheye"

    def __post_init__(self) -> None:
        turn = _first_turn(self._polynomial(), np.ones(1))
        object.__setattr__(self, "limit", min(turn, np.pi))

    @property
    def widest(self) -> float:
        """The angle from the optical axis, in degrees, up to which the model can be inverted."""
        return float(np.degrees(self.limit))

    def rays(self, places: Floats) -> tuple[Floats, Floats]:
        """As :meth:`Lens.rays`."""
        radius = np.hypot(*places.T)
        angle, slope = self._angle(radius)
        central = radius < 1e-8
        divisor = np.where(central, 1.0, radius)
        across = np.where(central, 1.0, np.sin(angle) / divisor)
        bend = np.where(central, 0.0, (np.cos(angle) * slope - across) / divisor**2)
        rays = np.column_stack([across[:, None] * places, np.cos(angle)])
        outer = places[:, :, None] * places[:, None]
        derivative = np.empty((len(places), 3, 2))
        derivative[:, :2] = across[:, None, None] * np.eye(2) + bend[:, None, None] * outer
        derivative[:, 2] = -(across * slope)[:, None] * places
        return rays, derivative

    def project(self, rays: Floats) -> Floats:
        """As :meth:`Lens.project`."""
        across = np.hypot(rays[:, 0], rays[:, 1])
        angle = np.arctan2(across, rays[:, 2])
        radius = np.where(angle < self.limit, self._radius(angle), np.nan)
        scale = np.asarray(radius / np.where(across > 0, across, 1), np.float64)
        return rays[:, :2] * scale[:, None]

    def _polynomial(self) -> Floats:
        """Coefficients, lowest first, of radius / angle in the angle²."""
        return np.array([1, *self.distortion], float)

    def _radius(self, angle: Floats) -> Floats:
        factor = np.polynomial.polynomial.polyval(angle**2, self._polynomial())
        return np.asarray(angle * factor, np.float64)

    def _angle(self, radius: Floats) -> tuple[Floats, Floats]:
        """Angles (N,) of radii, and their derivatives; NaN beyond the limit."""
        table = np.linspace(0, self.limit, _TABLE)
        angle = np.interp(radius, self._radius(table), table)
        by_angle = self._polynomial() * np.arange(1, 10, 2)
        with np.errstate(all="ignore"):
            for _ in range(_STEPS):
                missing = radius - self._radius(angle)
                if (np.abs(missing) <= _TOLERANCE).all():
                    break
                angle = angle + missing / np.polynomial.polynomial.polyval(angle**2, by_angle)
            found = (np.abs(radius - self._radius(angle)) <= 100 * _TOLERANCE) & (
                angle < self.limit
            )
            slope = np.polynomial.polynomial.polyval(angle**2, by_angle)
            return np.where(found, angle, np.nan), np.where(found, 1 / slope, np.nan)


def _slope(coefficients: Floats) -> Floats:
    """Coefficients of the derivative of a polynomial, lowest first."""
    return coefficients[1:] * np.arange(1, len(coefficients))


def _first_turn(top: Floats, bottom: Floats) -> float:
    """Smallest r > 0 at which r · top(r²) / bottom(r²) stops to grow; ``_WIDEST`` if none."""
    poly = np.polynomial.Polynomial
    numerator, denominator, square = poly(top), poly(bottom), poly([0, 1])
    growth = (numerator + 2 * square * numerator.deriv()) * denominator
    growth = growth - 2 * square * numerator * denominator.deriv()
    # Roots of 1 / r². Both polynomials are 1 at r = 0, so that their last coefficient may vanish.
    inverse = np.concatenate([poly(one.coef[::-1]).roots() for one in (growth, denominator)])
    real = inverse.real[np.abs(inverse.imag) <= 1e-7 * np.abs(inverse)]
    return float(1 / np.sqrt(np.max(real, initial=_WIDEST**-2)))


def _through(homography: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Points (N, 2) through a homography (3, 3), and the derivatives (N, 2, 2)."""
    mapped = np.column_stack([points, np.ones(len(points))]) @ homography.T
    result = mapped[:, :2] / mapped[:, 2:]
    derivative = homography[:2, :2] - result[:, :, None] * homography[2, :2]
    return result, derivative / mapped[:, 2, None, None]


def _inverse(matrices: Floats) -> Floats:
    """The inverses of matrices (N, 2, 2); infinite or NaN for singular ones."""
    (a, b), (c, d) = np.moveaxis(matrices, 0, -1)
    adjoint = np.array([[d, -b], [-c, a]]) / (a * d - b * c)
    return np.moveaxis(adjoint, -1, 0)
