"""Which targets an artefact hides."""

from __future__ import annotations

import math

from irpoint.psf import gaussian_psf_image
from irpoint.simulate.artefacts.canvas import Mask


def hidden_share(xy: tuple[float, float], mask: Mask, sigma: float = 1.0) -> float:
    """Share of the light of a target that falls on pixels without scene, 0..1.

    ``irpoint simulate`` leaves a target out of the labels if it is 0.5 or more.

    Args:
        xy: position in pixels, pixel centres at integers, inside the frame.
        mask: bool (H, W), as :func:`add_artefacts` returns it.
        sigma: standard deviation of the point spread function in pixels.
    """
    x, y = xy
    reach = math.ceil(3 * sigma)
    top, left = max(0, round(y) - reach), max(0, round(x) - reach)
    window = mask[top : round(y) + reach + 1, left : round(x) + reach + 1]
    if not window.any():
        return 0.0
    light = gaussian_psf_image(window.shape, (x - left, y - top), sigma, 1.0)
    return float(light[window].sum() / light.sum())
