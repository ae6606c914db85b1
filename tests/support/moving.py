"""Frames with dim targets that move, and a camera that moves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from irpoint.points import FrameResult, Points

SHAPE = (160, 208)


def texture(seed: int = 0, margin: int = 40) -> npt.NDArray[np.float64]:
    """A smooth field for a camera to pan over, larger than the frame by ``margin`` on each side."""
    rng = np.random.default_rng(seed)
    field = rng.normal(0, 1, (SHAPE[0] + 2 * margin, SHAPE[1] + 2 * margin))
    spectrum = np.fft.fft2(field)
    ky, kx = np.fft.fftfreq(field.shape[0])[:, None], np.fft.fftfreq(field.shape[1])[None]
    smooth = np.fft.ifft2(spectrum * np.exp(-((np.hypot(kx, ky) / 0.12) ** 2))).real
    return np.asarray(smooth / smooth.std())


def seen_from(
    field: npt.NDArray[np.float64], place: tuple[float, float], margin: int = 40
) -> npt.NDArray[np.float64]:
    """The frame of a camera that looks at ``place`` (x, y), in pixels, of a field."""
    ky = np.fft.fftfreq(field.shape[0])[:, None]
    kx = np.fft.fftfreq(field.shape[1])[None]
    turn = np.exp(2j * np.pi * (kx * place[0] + ky * place[1]))
    moved = np.fft.ifft2(np.fft.fft2(field) * turn).real
    return np.asarray(moved[margin : margin + SHAPE[0], margin : margin + SHAPE[1]])


def speck(xy: tuple[float, float], height: float) -> npt.NDArray[np.float64]:
    """The light of a point target with a width of one pixel."""
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    squared = (columns - xy[0]) ** 2 + (rows - xy[1]) ** 2
    return np.asarray(height * np.exp(-squared / 2))


def noisy(
    count: int, snr: float, speed: tuple[float, float] = (1.2, 0.5), seed: int = 0
) -> Iterator[tuple[npt.NDArray[np.float32], tuple[float, float]]]:
    """Frames of noise of deviation 1 with one target, and its place in each."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        xy = 40 + speed[0] * number, 60 + speed[1] * number
        frame = rng.normal(0, 1, SHAPE) + speck(xy, snr)
        yield (100 + frame).astype(np.float32), xy


def unseen(frame: npt.NDArray[np.float32], number: int, time_s: float | None = None) -> FrameResult:
    """The result of a frame in which the network found nothing."""
    shape = (frame.shape[0], frame.shape[1])
    return FrameResult("a.tif", number, time_s, shape, Points.empty(), pixels=frame)
