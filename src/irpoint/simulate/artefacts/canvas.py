"""What all artefacts share: the range of a frame, and pixels replaced by a value."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.errors import SettingsError
from irpoint.simulate.artefacts.settings import Value

Frame = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
Rails = tuple[float, float]


def rails_of(frame: Frame, bits: int | None) -> Rails:
    """Lowest and highest value of the camera that made a frame.

    Args:
        frame: (H, W), any integer or float type.
        bits: bits in use of an integer frame. By default, those of its type.

    Returns:
        (low, high). For floats the finite minimum, and the maximum plus the span.
    """
    if frame.dtype.kind != "f":
        limits = np.iinfo(frame.dtype)
        return (float(limits.min), float(limits.max)) if bits is None else (0.0, 2.0**bits - 1)
    finite = np.isfinite(frame)
    if not finite.any():
        return 0.0, 1.0
    low = float(np.min(frame, where=finite, initial=np.inf))
    high = float(np.max(frame, where=finite, initial=-np.inf))
    return low, high + ((high - low) or 1.0)


def level(frame: Frame, value: Value, name: str, rails: Rails) -> float:
    """The number that ``value`` stands for in a frame.

    Args:
        frame: (H, W).
        value: a number, ``"low"`` or ``"high"``.
        name: name of the setting, for the error.
        rails: what :func:`rails_of` gives.

    Raises:
        SettingsError: if the type of the frame cannot hold the number.
    """
    if isinstance(value, str):
        return rails[value == "high"]
    if frame.dtype.kind == "f":
        return float(value)
    limits = np.iinfo(frame.dtype)
    if not limits.min <= value <= limits.max:  # also NaN
        raise SettingsError(
            f"artefacts.{name}: {value:g} does not fit in {frame.dtype} frames; "
            f"give {limits.min}..{limits.max}, or set artefacts.kelvin_per_count for float32 frames"
        )
    return float(round(value))


def replaced(frame: Frame, mask: Mask, value: float | Frame) -> Frame:
    """A copy of ``frame`` with ``value`` (a number, or one per pixel) where ``mask`` is true."""
    result = frame.copy()
    if isinstance(value, np.ndarray):
        result[mask] = in_type(value, frame.dtype)[mask]
    else:
        result[mask] = in_type(np.float64(value), frame.dtype)
    return result


def blended(frame: Frame, share: npt.NDArray[np.float32], value: float) -> Frame:
    """A copy of ``frame`` in which ``share`` (H, W), 0..1, of each pixel is ``value``.

    Pixels with a share of 0 keep their value bit for bit.
    """
    result = frame.copy()
    mask = share > 0
    with np.errstate(invalid="ignore"):
        mixed = frame[mask] + (value - frame[mask].astype(np.float64)) * share[mask]
    # A whole share replaces pixels that are not finite, too.
    result[mask] = in_type(np.where(share[mask] >= 1, value, mixed), frame.dtype)
    return result


def in_type(values: npt.ArrayLike, dtype: np.dtype[Any]) -> Frame:
    """``values`` rounded and clipped to an integer type, or cast to a float type."""
    array = np.asarray(values)
    if dtype.kind == "f":
        return array.astype(dtype)
    limits = np.iinfo(dtype)
    if array.dtype.kind != "f":
        return np.asarray(np.clip(array, limits.min, limits.max).astype(dtype))
    # The largest integer of 64 bits is not a float64; the one below it is.
    top = np.nextafter(limits.max, 0) if dtype.itemsize == 8 else limits.max
    rounded = np.rint(array.astype(np.float64))
    return np.asarray(np.clip(rounded, limits.min, top).astype(dtype))
