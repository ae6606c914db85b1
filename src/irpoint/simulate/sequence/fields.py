"""Random textures that evolve in time, and their perspective view on a plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

Image = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_SECTOR_STEP = 397.0  # pixels of the texture between the middles of two sectors


class EvolvingTexture:
    """A periodic Gaussian random field with a power-law spectrum, whose waves turn in time.

    Its variance and its spectrum stay the same. The field at a time depends on nothing else.

    Args:
        shape: (height, width) of the tile.
        beta: exponent of the power spectrum.
        rng: source of the randomness.
        stretch: ratio of the length of structures along x to that along y.
        largest: length in pixels above which structures do not get stronger. By default, there is
            no limit.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        beta: float,
        rng: np.random.Generator,
        stretch: float = 1.0,
        largest: float = np.inf,
    ) -> None:
        self.shape = shape
        down = fft.fftfreq(shape[0]).astype(np.float32)[:, None]
        across = fft.rfftfreq(shape[1]).astype(np.float32)[None, :]
        squared = down**2 + (across * np.float32(stretch)) ** 2
        squared[0, 0] = 1.0
        squared = np.maximum(squared, np.float32(largest**-2))
        gain = squared ** np.float32(-beta / 4.0)
        gain[0, 0] = 0.0
        spectrum = fft.rfft2(rng.standard_normal(shape, dtype=np.float32)) * gain
        self.spectrum = spectrum / fft.irfft2(spectrum, s=shape).std()
        self.down, self.across = down, across
        self.omega = np.zeros(spectrum.shape, np.float32)

    def as_waves(self, period: float, wind: float) -> None:
        """Let the waves travel within 90° of a direction, with the dispersion of deep water.

        Args:
            period: of the waves that have a sixteenth of the tile's length.
            wind: direction in radians, from x to y.
        """
        ahead = np.cos(wind) * self.across + np.sin(wind) * self.down
        number = np.hypot(self.across, self.down)
        dominant = 16.0 / max(self.shape)
        self.omega = (2 * np.pi / period * np.sqrt(number / dominant) * -np.sign(ahead)).astype(
            np.float32
        )

    def as_clouds(self, life: float, rng: np.random.Generator) -> None:
        """Let each wave turn at a random rate; small structures change faster, as in turbulence.

        Args:
            life: time after which structures of half the tile's size have changed.
            rng: source of the randomness.
        """
        number = np.hypot(self.across, self.down)
        rate = (number / (2.0 / max(self.shape))) ** np.float32(2 / 3) / np.float32(life)
        self.omega = (rate * rng.standard_normal(rate.shape, dtype=np.float32)).astype(np.float32)
        self.omega[:, 0] = 0.0  # these waves come in conjugate pairs

    def at(self, time: float) -> Image:
        """The field at a time in frames: float32 of the tile's shape, mean 0, deviation about 1."""
        angle = self.omega * np.float32(time)
        turn = np.empty(angle.shape, np.complex64)
        np.cos(angle, out=turn.real)
        np.sin(angle, out=turn.imag)
        turn *= self.spectrum
        return np.asarray(fft.irfft2(turn, s=self.shape, overwrite_x=True), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Plane:
    """Where the rows of an image lie on a plane that is seen in perspective.

    A camera that turns keeps the horizon level and sees another part of the plane below it. So the
    plane is divided into sectors, each with a vanishing point in its middle and a part of the
    texture of its own. Neighbours blend, with the same variance everywhere.

    Attributes:
        depth: (H,) place of each row's centre along the plane, in pixels of the texture.
        depth_size: (H,) length of a pixel there.
        scale: (H,) width of a pixel there.
        sector: distance between the middles of two sectors in columns; a quarter of it is blended.
    """

    depth: Floats
    depth_size: Floats
    scale: Floats
    sector: float

    def rows(self, part: slice) -> Plane:
        """The plane of some rows only."""
        return Plane(self.depth[part], self.depth_size[part], self.scale[part], self.sector)

    def view(self, tile: Image, columns: Floats, drift: tuple[float, float] = (0.0, 0.0)) -> Image:
        """The mean of a texture over each pixel, so that far away it fades instead of flickering.

        Args:
            tile: the texture, repeated in both directions; its sides are powers of 2.
            columns: (W,) increasing places of the columns; 0 is the middle of a sector.
            drift: how far the texture has moved along x and along the depth, in its pixels.

        Returns:
            float32 (H, W).
        """
        result = np.zeros((len(self.depth), len(columns)), np.float32)
        if not result.size:
            return result
        across = _row_means(tile, self.depth - drift[1], np.maximum(self.depth_size, 1.0))
        reach = 0.625 * self.sector  # of a sector, blended parts included
        first = math.ceil((columns[0] - reach) / self.sector)
        last = math.floor((columns[-1] + reach) / self.sector)
        for number in range(first, last + 1):
            local = columns - number * self.sector
            near = np.flatnonzero(np.abs(local) < reach)
            if not near.size:
                continue
            part = slice(int(near[0]), int(near[-1]) + 1)
            own = (_SECTOR_STEP * number - drift[0]) % tile.shape[1]
            places = self.scale[:, None] * local[part] + own
            seen = _column_means(across, places.astype(np.float32), np.maximum(self.scale, 1.0))
            beyond = np.clip(
                (np.abs(local[part]) - 0.375 * self.sector) / (0.25 * self.sector), 0, 1
            )
            result[:, part] += seen * np.cos(np.pi / 2 * beyond).astype(np.float32)
        return result


def _ends(places: Image, size: Image) -> list[tuple[npt.NDArray[np.int32], Image]]:
    """Pixel, and fraction of it, of both ends of an interval about each place."""
    ends = []
    for sign in (np.float32(-0.5), np.float32(0.5)):
        at = places + (np.float32(0.5) + sign * size)
        pixel = np.floor(at)
        ends.append((pixel.astype(np.int32), at - pixel))
    return ends


def _row_means(tile: Image, centre: Floats, size: Floats) -> Image:
    """(N, W): means of a tile's rows over intervals, the rows repeated periodically."""
    height = len(tile)
    sums = np.zeros((height + 1, tile.shape[1]), np.float32)
    for row in range(height):  # faster than numpy.cumsum down the columns
        np.add(sums[row], tile[row], out=sums[row + 1])
    length = size.astype(np.float32)[:, None]
    (first, f), (last, g) = _ends((centre % height).astype(np.float32)[:, None], length)
    turns = (last // height - first // height).astype(np.float32)
    low, high = (first % height).ravel(), (last % height).ravel()
    total = sums[high] + tile[high] * g - sums[low] - tile[low] * f
    total += turns * sums[-1]
    return np.asarray(total / length, dtype=np.float32)


def _column_means(rows: Image, centre: Image, size: Floats) -> Image:
    """(N, M): means of each row over its own intervals, the columns repeated periodically."""
    height, width = rows.shape
    turn = width.bit_length() - 1
    sums = np.zeros((height, width + 1), np.float32)
    np.cumsum(rows, axis=1, out=sums[:, 1:])
    length = size.astype(np.float32)[:, None]
    (first, f), (last, g) = _ends(centre, length)
    turns = ((last >> turn) - (first >> turn)).astype(np.float32)
    at_row = np.arange(height, dtype=np.int32)[:, None]
    low, high = first & (width - 1), last & (width - 1)
    flat, flat_sums = rows.ravel(), sums.ravel()
    low, high = low + at_row * width, high + at_row * width
    total: Image = flat_sums.take(high + at_row)
    total += flat.take(high) * g
    total -= flat_sums.take(low + at_row)
    total -= flat.take(low) * f
    total += turns * sums[:, -1:]
    total /= length
    return total
