"""Detectors without training: what a network has to beat.

Each is a filter that answers to small bright blobs, at every pixel of the frame. Its response is
divided by the frame's own spread of responses, so that a score means the same in calm sky and in
clutter: a score of 1 is ``DEVIATIONS`` times the spread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.frames.levels import normalise

Image = npt.NDArray[np.float32]
DEVIATIONS = 50.0
_LEAST_SPREAD = 1e-4  # of the normalised frame: a flat frame answers nothing


def top_hat(frame: Image, side: int = 9) -> Image:
    """White top-hat: the frame less its grey opening, which no blob narrower than ``side`` passes.

    Source: Tom, Peli, Leung and Bondaryk, SPIE 1954 (1993).
    """
    smooth = ndimage.gaussian_filter(frame, 0.7)
    response: Image = ndimage.white_tophat(smooth, size=(side, side))
    return response


def difference_of_gaussians(frame: Image, inner: float = 1.2, outer: float = 3.0) -> Image:
    """A narrow blur less a wide one, negative answers cut off: brighter than what lies around."""
    narrow = ndimage.gaussian_filter(frame, inner)
    response: Image = np.maximum(narrow - ndimage.gaussian_filter(frame, outer), 0)
    return response


def mpcm(frame: Image, sides: tuple[int, ...] = (3, 5, 7, 9)) -> Image:
    """Multiscale patch-based contrast: brighter than the patches on both sides, whatever the axis.

    Of the four pairs of opposite neighbour patches the least product of differences counts, so
    that an edge, bright against one side only, answers nothing; of several patch sizes, the best.
    The square root brings it back to the frame's units. Bright targets only.

    Source: Wei, You and Li, Pattern Recognition 58 (2016).
    """
    best = np.zeros_like(frame)
    for side in sides:
        mean = ndimage.uniform_filter(frame, side, mode="nearest")
        framed = np.pad(mean, side, mode="edge")
        height, width = frame.shape
        least = np.full_like(frame, np.inf)
        for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
            one, other = (
                mean
                - framed[
                    side + sign * down * side : side + sign * down * side + height,
                    side + sign * across * side : side + sign * across * side + width,
                ]
                for sign in (1, -1)
            )
            least = np.minimum(least, np.where((one > 0) & (other > 0), one * other, 0))
        best = np.maximum(best, np.sqrt(least))
    return best


BASELINES: Mapping[str, Callable[[Image], Image]] = {
    "top-hat": top_hat,
    "dog": difference_of_gaussians,
    "mpcm": mpcm,
}


class BaselineSession:
    """A filter behind the interface of :class:`irpoint.runtime.backends.base.Responder`."""

    backend, precision = "scipy", "f32"

    def __init__(self, name: str) -> None:
        self._filter = BASELINES[name]

    def run(self, frames: Image, levels: Image) -> Image:
        """Frames (B, 1, H, W) in counts, levels (B, 2) low and high → responses (B, H, W)."""
        pairs = zip(frames[:, 0], levels.tolist(), strict=True)
        return np.stack([self._respond(normalise(frame, *own)) for frame, own in pairs])

    def _respond(self, frame: Image) -> Image:
        response = self._filter(frame)
        # Targets cover too little to move it.
        spread = float(np.sqrt(np.mean(np.square(response, dtype=np.float64))))
        answer: Image = (response / (DEVIATIONS * max(spread, _LEAST_SPREAD))).astype(np.float32)
        return answer
