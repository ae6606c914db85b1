"""Classical filters that need no training: the baselines for every network.

Each filter responds to small bright blobs, at every pixel of the frame. Its response is divided by
the root mean square of the frame's responses, so that a score means the same on calm sky and in
clutter: a score of 1 is ``DEVIATIONS`` times that root mean square.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.frames.levels import normalise

Image = npt.NDArray[np.float32]
DEVIATIONS = 50.0
_MIN_SPREAD = 1e-4  # in normalised units; prevents responses to rounding errors in flat frames


def top_hat(frame: Image, side: int = 9) -> Image:
    """White top-hat: the frame minus its grey opening, which removes blobs narrower than ``side``.

    Source: Tom, Peli, Leung and Bondaryk, SPIE 1954 (1993).
    """
    smooth = ndimage.gaussian_filter(frame, 0.7)
    response: Image = ndimage.white_tophat(smooth, size=(side, side))
    return response


def difference_of_gaussians(frame: Image, inner: float = 1.2, outer: float = 3.0) -> Image:
    """A narrow blur minus a wide one, clipped at 0: pixels brighter than their surroundings."""
    narrow = ndimage.gaussian_filter(frame, inner)
    response: Image = np.maximum(narrow - ndimage.gaussian_filter(frame, outer), 0)
    return response


def mpcm(frame: Image, sides: tuple[int, ...] = (3, 5, 7, 9)) -> Image:
    """Multiscale patch-based contrast: brighter than the patches on both sides, along every axis.

    For each of the four pairs of opposite neighbour patches, the two differences are multiplied.
    The smallest product counts, so an edge, which is brighter than one side only, gives no
    response. The result is the square root of the largest over all patch sizes, in the units of
    the frame. Detects bright targets only.

    Source: Wei, You and Li, Pattern Recognition 58 (2016).
    """
    best = np.zeros_like(frame)
    for side in sides:
        mean = ndimage.uniform_filter(frame, side, mode="nearest")
        padded = np.pad(mean, side, mode="edge")
        height, width = frame.shape
        smallest = np.full_like(frame, np.inf)
        for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
            one, other = (
                mean
                - padded[
                    side + sign * down * side : side + sign * down * side + height,
                    side + sign * across * side : side + sign * across * side + width,
                ]
                for sign in (1, -1)
            )
            smallest = np.minimum(smallest, np.where((one > 0) & (other > 0), one * other, 0))
        best = np.maximum(best, np.sqrt(smallest))
    return best


FILTERS: Mapping[str, Callable[[Image], Image]] = {
    "top-hat": top_hat,
    "dog": difference_of_gaussians,
    "mpcm": mpcm,
}


class FilterBackend:
    """A filter as a :class:`irpoint.runtime.backends.base.Backend`."""

    backend, precision = "scipy", "f32"

    def __init__(self, name: str) -> None:
        self._filter = FILTERS[name]

    def run(self, frames: Image, levels: Image) -> Image:
        """Frames (B, 1, H, W) in counts, levels (B, 2) low and high → responses (B, H, W)."""
        pairs = zip(frames[:, 0], levels.tolist(), strict=True)
        return np.stack(
            [self._respond(normalise(frame, low, high)) for frame, (low, high) in pairs]
        )

    def _respond(self, frame: Image) -> Image:
        response = self._filter(frame)
        # Targets cover too few pixels to affect the root mean square.
        spread = float(np.sqrt(np.mean(np.square(response, dtype=np.float64))))
        scores: Image = (response / (DEVIATIONS * max(spread, _MIN_SPREAD))).astype(np.float32)
        return scores
