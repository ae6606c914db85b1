"""Put artefacts into a frame, in the order in which a camera does."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from irpoint.errors import SettingsError
from irpoint.simulate.artefacts.border import (
    add_aperture,
    add_border,
    add_edge_line,
    add_wedges,
)
from irpoint.simulate.artefacts.camera import invert, to_kelvin
from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails, rails_of
from irpoint.simulate.artefacts.compression import add_h264, add_jpeg, to_video_range
from irpoint.simulate.artefacts.gain import gain_control
from irpoint.simulate.artefacts.nodata import add_nodata
from irpoint.simulate.artefacts.overlay import add_reticle, add_text
from irpoint.simulate.artefacts.sensor import add_saturation, add_sun
from irpoint.simulate.artefacts.settings import Artefacts
from irpoint.simulate.artefacts.telemetry import add_telemetry

Stage = Callable[[Frame, Artefacts, np.random.Generator, Rails], tuple[Frame, Mask]]

# The setting that turns a stage on, and the stage, in physical order: sensor, processing, output,
# compression.
STAGES: dict[str, Stage] = {
    "saturation": add_saturation,
    "sun": add_sun,
    "agc": gain_control,
    "black_hot": invert,
    "kelvin_per_count": to_kelvin,
    "rotation": add_wedges,
    "aperture": add_aperture,
    "border": add_border,
    "edge_line": add_edge_line,
    "nodata": add_nodata,
    "reticle": add_reticle,
    "text": add_text,
    "telemetry": add_telemetry,
    "video_range": to_video_range,
    "jpeg": add_jpeg,
    "h264": add_h264,
}


# In a sequence, these are new in each frame. Overlays, areas without data and the sun stay.
_RENEWED = ("rotation", "aperture", "border", "telemetry")


def add_artefacts(
    frame: Frame,
    artefacts: Artefacts,
    rng: np.random.Generator,
    bits: int | None = None,
    number: int | None = None,
) -> tuple[Frame, Mask]:
    """Put artefacts into a frame.

    Args:
        frame: (H, W), any integer or float type; it is not changed.
        artefacts: which ones.
        rng: source of all randomness. Each artefact has its own stream: turning one on does not
            change another.
        bits: bits in use of an integer frame, for example 14 in uint16. By default, those of its
            type.
        number: of the frame in a sequence, whose frames get equal generators. What changes from
            frame to frame then depends on it: telemetry, and noise in borders.

    Returns:
        The frame, with the same shape and type (uint8 with ``agc``, float32 with
        ``kelvin_per_count``); and bool (H, W), true for pixels that do not show the scene. The
        others are bit-equal to those of ``frame``, except for what changes a whole frame
        (processing and compression) and the halo of a sun, in which the scene is visible. Without
        artefacts it is ``frame`` itself, and ``rng`` is not used.

    Raises:
        SettingsError: if the type of the frame cannot hold a value, such as NaN in integers, or be
            compressed; or if a library is missing.
    """
    if frame.ndim != 2 or not frame.size or frame.dtype.kind not in "uif":
        raise SettingsError(
            f"frame of shape {frame.shape} and type {frame.dtype}: give (H, W) integers or floats"
        )
    mask = np.zeros(frame.shape, bool)
    active = [name for name in STAGES if getattr(artefacts, name)]
    if not active:
        return frame, mask
    rails = rails_of(frame, bits)
    seed = int(rng.integers(2**63))
    for name in active:
        renewed = [] if number is None or name not in _RENEWED else [number]
        stream = np.random.default_rng([seed, *name.encode(), *renewed])
        before = frame.dtype
        frame, added = STAGES[name](frame, artefacts, stream, rails)
        mask |= added
        if frame.dtype != before:
            rails = rails_of(frame, None)
    return frame, mask
