"""The eight pixels at a distance of two around each pixel, in order of their values.

Their median predicts the pixel: it is right on slopes and edges, and not affected by bad pixels
next to it, nor by up to three around it, as there are beside the corner of a cluster of nine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]

RADIUS = 2
_PLACES = ((0, 0), (0, 2), (0, 4), (2, 0), (2, 4), (4, 0), (4, 2), (4, 4))
# A sorting network for eight values: Knuth, The Art of Computer Programming 3, section 5.3.4.
_NETWORK = (
    (0, 2), (1, 3), (4, 6), (5, 7), (0, 4), (1, 5), (2, 6), (3, 7), (0, 1), (2, 3),
    (4, 5), (6, 7), (2, 4), (3, 5), (1, 4), (3, 6), (1, 2), (3, 4), (5, 6),
)  # fmt: skip


def sorted_ring(image: Image) -> list[Image]:
    """Eight images (H, W): the lowest, second lowest, … value around each pixel.

    The image is mirrored at its edges.
    """
    height, width = image.shape
    padded = np.pad(image, RADIUS, mode="reflect")
    values = [padded[y : y + height, x : x + width] for y, x in _PLACES]
    for low, high in _NETWORK:
        a, b = values[low], values[high]
        values[low], values[high] = np.minimum(a, b), np.maximum(a, b)
    return values
