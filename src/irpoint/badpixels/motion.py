"""How far the scene moves over the frames of a sequence."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft

Image = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]

_SIZE = 256  # of the largest part that is compared, after binning
_BIN = 2  # pixels; binning suppresses the fixed pattern of the detector, which never moves
_CLEAR = 7.0  # height of a correlation peak over the deviation of the correlation
_NOISE = 10.0  # waves below this multiple of the noise count less
_SPREAD = (5, 95)  # percentiles of the places: single wrong ones do not count


class CameraMotion:
    """How far the camera moves: what all parts of the frame that show its motion have in common.

    Clouds and waves move in parts of the frame; land, in others, then stands still.
    """

    def __init__(self) -> None:
        self._parts = [PartMotion() for _ in range(4)]

    def add(self, counts: Image, noise: float) -> None:
        """Add a frame (H, W) whose pixels have this standard deviation of noise."""
        height, width = (side // 2 for side in counts.shape)
        quarters = (counts[:height, :width], counts[:height, width:],
                    counts[height:, :width], counts[height:, width:])  # fmt: skip
        for part, quarter in zip(self._parts, quarters, strict=True):
            part.add(quarter, noise)

    @property
    def extent(self) -> float | None:
        """How far it moves, in pixels; None if no part has enough structure to tell."""
        seen = [part.extent for part in self._parts if part.seen]
        return min(seen) if seen else None


class PartMotion:
    """Place of the scene in a part of each frame, by phase correlation with an earlier frame."""

    def __init__(self) -> None:
        self._reference: Spectrum | None = None
        self._last: Spectrum | None = None
        self._origin = np.zeros(2)
        self._place = np.zeros(2)
        self._places: list[npt.NDArray[np.float64]] = []
        self._seen = 0

    def add(self, counts: Image, noise: float) -> None:
        """Add a frame (H, W) whose pixels have this standard deviation of noise."""
        binned = _binned(counts)
        self._noise = noise / _BIN * np.sqrt(binned.size) * 0.38  # of a windowed spectrum
        spectrum = _spectrum(binned)
        if self._reference is not None and self._last is not None:
            shift = self._shift(self._reference, spectrum, binned.shape)
            if shift is not None:
                self._place = self._origin + shift
            else:
                shift = self._shift(self._last, spectrum, binned.shape)
                if shift is not None:
                    self._place = self._place + shift
                self._reference, self._origin = spectrum, self._place
            self._seen += shift is not None
        else:
            self._reference = spectrum
        self._last = spectrum
        self._places.append(self._place.copy())

    @property
    def extent(self) -> float:
        """How far the scene moves, in pixels; 0 if no motion can be seen."""
        if not self._places:
            return 0.0
        low, high = np.percentile(np.stack(self._places), _SPREAD, axis=0)
        return float((high - low).max()) * _BIN

    @property
    def seen(self) -> bool:
        """Whether the scene has enough structure to see its motion in most frames."""
        return 2 * self._seen > len(self._places) - 1

    def _shift(
        self, before: Spectrum, after: Spectrum, shape: tuple[int, ...]
    ) -> npt.NDArray[np.float64] | None:
        """Shift (x, y) in binned pixels; None if it is not clear."""
        cross = after * before.conj()
        weight = np.abs(cross) + np.float32(_NOISE * self._noise**2)
        surface = fft.irfft2(cross / weight, s=shape)
        peak = np.unravel_index(int(surface.argmax()), surface.shape)
        if surface[peak] < _CLEAR * surface.std():
            return None
        y, x = (
            int(at) - side * (int(at) > side // 2)
            for at, side in zip(peak, surface.shape, strict=True)
        )
        # Beyond a quarter of the frame, too little of it is seen in both.
        return np.array([x, y], float) if max(abs(x), abs(y)) < min(shape) / 4 else None


def _binned(counts: Image) -> Image:
    """The middle of a frame, at most 512 pixels wide and high, as means of 2 × 2 pixels."""
    sides = [min(side, _SIZE * _BIN) // _BIN * _BIN for side in counts.shape]
    top, left = ((full - side) // 2 for full, side in zip(counts.shape, sides, strict=True))
    part = counts[top : top + sides[0], left : left + sides[1]]
    blocks = part.reshape(sides[0] // _BIN, _BIN, sides[1] // _BIN, _BIN)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _spectrum(image: Image) -> Spectrum:
    height, width = image.shape
    window = np.hanning(height)[:, None] * np.hanning(width)
    windowed = ((image - image.mean()) * window).astype(np.float32)
    return np.asarray(fft.rfft2(windowed), dtype=np.complex64)
