"""FITS images and cubes through astropy (extra ``fits``).

The first row stored is row 0 here and row 1 in FITS: x and y are one less than the pixel
coordinates of FITS, and y runs in the same direction. Source: FITS standard 4.0.
"""

from __future__ import annotations

import gzip
import io
import warnings
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from irpoint.errors import FrameError
from irpoint.frames.files.array_stack import open_arrays
from irpoint.frames.stack import Stack
from irpoint.system.extras import import_extra

_GZIP = b"\x1f\x8b"
_MAX_UNPACKED = 1 << 32  # bytes of a .fits.gz file
# BITPIX, and BZERO for integers of the other sign (section 4.4.2.5).
_OTHER_SIGN = {
    (8, -128): np.int8,
    (16, 1 << 15): np.uint16,
    (32, 1 << 31): np.uint32,
    (64, 1 << 63): np.uint64,
}


class _Image:
    """The array of an image extension, scaled; only the part that is indexed is read."""

    def __init__(self, hdu: Any) -> None:
        self._hdu = hdu
        self.shape: tuple[int, ...] = hdu.shape
        header = hdu.header
        self._bits = int(header["BITPIX"])
        self._scale, self._zero = header.get("BSCALE", 1), header.get("BZERO", 0)
        self._blank = header.get("BLANK", header.get("ZBLANK")) if self._bits > 0 else None
        other = _OTHER_SIGN.get((self._bits, self._zero)) if self._scale == 1 else None
        plain = (self._scale, self._zero) == (1, 0)
        raw = np.dtype({8: "u1", 16: "i2", 32: "i4", 64: "i8", -32: "f4", -64: "f8"}[self._bits])
        real = np.dtype(np.float32 if abs(self._bits) <= 16 else np.float64)
        self.dtype = np.dtype(other) if other else raw if plain else real

    def __getitem__(self, index: tuple[int | slice, ...]) -> npt.NDArray[Any]:
        stored = np.asarray(self._hdu.section[index])
        if self.dtype.kind in "iu" and self._zero:
            scaled = _flip_sign(stored, self.dtype)
        elif (self._scale, self._zero) == (1, 0):
            scaled = stored
        else:
            scaled = (stored * float(self._scale) + float(self._zero)).astype(self.dtype)
        if self._blank is None or not (blank := stored == self._blank).any():
            return scaled
        real = scaled.astype(np.result_type(scaled.dtype, np.float32))
        real[blank] = np.nan
        return real


def _flip_sign(stored: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Add BZERO to integers: that flips their first bit."""
    bits = stored.astype(stored.dtype.newbyteorder("=")).view(f"u{dtype.itemsize}")
    flipped: npt.NDArray[Any] = bits ^ bits.dtype.type(1 << (8 * dtype.itemsize - 1))
    return flipped.view(dtype)


def open_fits(stream: BinaryIO, name: str, array: str | None = None) -> Stack:
    """The frames of the primary image or of the image extensions of a FITS file.

    Args:
        stream: the opened file, which may be compressed with gzip.
        name: name of the file.
        array: EXTNAME or number of an extension; see
            :func:`irpoint.frames.files.array_stack.open_arrays`.

    Raises:
        FrameError: if astropy is not installed; if there is no such extension, or no image or
            several that may be frames.
    """
    fits = import_extra("astropy.io.fits", "fits", "FITS", FrameError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong is an error when pixels are read
        hdus = fits.open(
            _unpacked(stream), do_not_scale_image_data=True, memmap=False, lazy_load_hdus=False
        )
        found = {n: hdu for n, hdu in enumerate(hdus) if hdu.is_image and len(hdu.shape) >= 2}
        names = {n: _name_of(hdu, n, [*found.values()]) for n, hdu in found.items()}
        images = {names[n]: _Image(hdu) for n, hdu in found.items()}
    if array is not None and array.isdecimal():
        array = names.get(int(array), array)
    return open_arrays(images, name, array, "strict")


def _name_of(hdu: Any, number: int, images: list[Any]) -> str:
    """EXTNAME, with EXTVER if other images have the same EXTNAME, or the number of the image."""
    if not number or not hdu.name:
        return str(number)
    same = [other.ver for other in images if other.name == hdu.name]
    if len(same) == 1:
        return str(hdu.name)
    return f"{hdu.name},{hdu.ver if len(set(same)) == len(same) else number}"


def _unpacked(stream: BinaryIO) -> BinaryIO:
    stream.seek(0)
    packed = stream.read(2) == _GZIP
    stream.seek(0)
    if not packed:
        return stream
    content = gzip.GzipFile(fileobj=stream).read(_MAX_UNPACKED + 1)
    if len(content) > _MAX_UNPACKED:
        raise FrameError("more than 4 GiB without compression; unpack the file first")
    if not content.startswith(b"SIMPLE"):
        raise FrameError("a gzip file that is not FITS; unpack it first")
    return io.BytesIO(content)


def is_fits(head: bytes) -> bool:
    """Whether a file that starts with ``head`` is FITS, or may be compressed FITS."""
    return head.startswith((b"SIMPLE  =", _GZIP))
