"""What was measured of each point: :class:`Measurement`, an optional part of ``Points``."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Index = npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice


class Flag(IntFlag):
    """What limits the measurement of a point; several may be set.

    Attributes:
        BORDER: the border of the frame, or pixels that show no scene, cut off part of the target.
        SATURATED: pixels of the target are at full scale; they count as lower limits.
        EXTENDED: the target is wider than a point; its place is a weighted centroid.
        BLENDED: another target is so close that both were fitted together.
        UNMEASURED: nothing could be fitted; the place is the network's, and its uncertainty is the
            usual one of such places.
    """

    BORDER = 1
    SATURATED = 2
    EXTENDED = 4
    BLENDED = 8
    UNMEASURED = 16

    @classmethod
    def _missing_(cls, value: object) -> Any:
        """The flags of an element of ``Measurement.flags``, which is no int of Python."""
        return cls(int(value)) if isinstance(value, np.integer) else super()._missing_(value)

    @property
    def text(self) -> str:
        """The names of the flags in lower case, joined by ``|``; empty if none is set."""
        return "|".join(flag.name.lower() for flag in type(self) if flag in self and flag.name)

    @classmethod
    def parse(cls, text: str) -> Flag:
        """The flags that :attr:`text` names.

        Raises:
            ValueError: if there is no such flag.
        """
        flags = cls(0)
        for name in filter(None, text.split("|")):
            if name.upper() not in cls.__members__:
                raise ValueError(f"no such flag: {name!r}")
            flags |= cls[name.upper()]
        return flags


@dataclass(frozen=True, eq=False)
class Measurement:
    """Measured quantities of N points, in the order of the points; NaN where not measured.

    The place itself is ``Points.xy``. Lengths are in frame pixels, signals in the counts of the
    frame.

    Attributes:
        network_xy: float64 (N, 2), the place that the network gave.
        x_std, y_std: (N,) standard deviations of the place, > 0; never NaN.
        xy_cov: (N,) covariance of x and y, px²; never NaN.
        amplitude: (N,) height of the target's peak above its background; negative if it is dark.
        background: (N,) level of the background at the target.
        snr: (N,) signal of the brightest pixel over the noise of a pixel around the target.
        scr: (N,) the same signal over the spread of the surroundings, noise and clutter together.
        width: (N,) standard deviation of the target's Gaussian profile, >= 0.
        flux: (N,) integrated signal of the target; negative if it is dark.
        chi2: (N,) sum of squared residuals over the noise, per degree of freedom; about 1 for a
            point target.
        flags: uint8 (N,), see :class:`Flag`.

    Raises:
        ValueError: if the lengths differ, or a place or its covariance is not finite.
    """

    network_xy: FloatArray
    x_std: FloatArray
    y_std: FloatArray
    xy_cov: FloatArray
    amplitude: FloatArray
    background: FloatArray
    snr: FloatArray
    scr: FloatArray
    width: FloatArray
    flux: FloatArray
    chi2: FloatArray
    flags: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        place = np.asarray(self.network_xy, np.float64).reshape(-1, 2)
        object.__setattr__(self, "network_xy", place)
        for name in NUMBERS:
            self._set(name, np.float64, len(place))
        self._set("flags", np.uint8, len(place))
        certain = (self.network_xy, self.x_std, self.y_std, self.xy_cov)
        if not all(np.isfinite(values).all() for values in certain):
            raise ValueError("the place of a point and its covariance must be finite")

    def _set(self, name: str, dtype: type, length: int) -> None:
        values: npt.NDArray[Any] = np.asarray(getattr(self, name), dtype).reshape(-1)
        if len(values) != length:
            raise ValueError(f"{length} places but {len(values)} values of {name}")
        object.__setattr__(self, name, values)

    @classmethod
    def empty(cls) -> Measurement:
        """Of no points."""
        numbers: dict[str, Any] = {name: np.empty(0) for name in NUMBERS}
        return cls(np.empty((0, 2)), **numbers, flags=np.empty(0, np.uint8))

    @classmethod
    def unmeasured(cls, network_xy: FloatArray, std: float) -> Measurement:
        """Of points at (N, 2) that could not be measured; ``std`` is their deviation per axis."""
        count = len(network_xy)
        values: dict[str, Any] = {name: np.full(count, np.nan) for name in NUMBERS}
        values |= {"x_std": np.full(count, std), "y_std": np.full(count, std)}
        values |= {"xy_cov": np.zeros(count)}
        return cls(network_xy, **values, flags=np.full(count, Flag.UNMEASURED, np.uint8))

    @classmethod
    def joined(cls, parts: Sequence[Measurement]) -> Measurement:
        """Those of several sets of points, one after the other."""
        columns: Iterator[tuple[npt.NDArray[Any], ...]] = zip(*parts, strict=True)
        return cls(*(np.concatenate(values) for values in columns))

    def __len__(self) -> int:
        return len(self.network_xy)

    def __iter__(self) -> Iterator[npt.NDArray[Any]]:
        """The arrays in the order of the attributes."""
        return (getattr(self, field.name) for field in dataclasses.fields(self))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Measurement):
            return NotImplemented
        pairs = zip(self, other, strict=True)
        return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)

    def __getitem__(self, index: Index) -> Measurement:
        """Those of the points that a mask, an index array or a slice selects."""
        return Measurement(*(values[index] for values in self))

    def has(self, flag: Flag) -> npt.NDArray[np.bool_]:
        """(N,) whether any of the given flags is set."""
        raised: npt.NDArray[np.bool_] = (self.flags & int(flag)) != 0
        return raised

    @property
    def covariance(self) -> FloatArray:
        """(N, 2, 2) covariance of the place, px²."""
        rows = (self.x_std**2, self.xy_cov), (self.xy_cov, self.y_std**2)
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


NUMBERS = (
    "x_std",
    "y_std",
    "xy_cov",
    "amplitude",
    "background",
    "snr",
    "scr",
    "width",
    "flux",
    "chi2",
)
"""The attributes of :class:`Measurement` that are numbers (N,), in their order."""
