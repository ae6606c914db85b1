"""Frames with blobs at known places, and where a blob is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from irpoint.psf import gaussian_psf_image

Floats = npt.NDArray[np.float64]


def blob(
    shape: tuple[int, int], xy: npt.ArrayLike, sigma: float = 2.0, height: float = 1.0
) -> npt.NDArray[np.float32]:
    return gaussian_psf_image(shape, xy, sigma, height, np.float32)


def centroid(image: npt.NDArray[np.float32]) -> Floats:
    rows, columns = np.indices(image.shape)
    weight = image.astype(float)
    return np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()


def inside(xy: Floats, side: int, margin: float) -> bool:
    return bool((xy > margin).all() and (xy < side - 1 - margin).all())
