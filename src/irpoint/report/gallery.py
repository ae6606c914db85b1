"""Enlarged pictures of misses, false alarms and inaccurate detections."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from irpoint.errors import FrameError
from irpoint.frames.levels import levels, normalise
from irpoint.frames.numbered import read_numbered
from irpoint.report.model import Kind, Outcome, ReportedModel

_HALF = 20  # px around the position
_ZOOM = 5
_MAX_PICTURES = 12
_TARGET_COLOUR, _DETECTION_COLOUR = (70, 220, 120), (255, 120, 40)


@dataclass(frozen=True)
class Gallery:
    """A kind of error, its heading, and the order of its outcomes.

    Attributes:
        title: the heading.
        note: the order, in words.
        kind: the outcomes to show.
        order: sorts them; the lowest value comes first.
    """

    title: str
    note: str
    kind: Kind
    order: Callable[[Outcome], float]


GALLERIES = (
    Gallery(
        "Missed targets",
        "Highest contrast first.",
        "miss",
        lambda outcome: -((outcome.target and outcome.target.contrast) or 0.0),
    ),
    Gallery(
        "False alarms",
        "Highest score first.",
        "false",
        lambda outcome: -(outcome.detection[2] if outcome.detection else 0.0),
    ),
    Gallery(
        "Largest position errors",
        "Matched targets, largest error first.",
        "hit",
        lambda outcome: -outcome.error,
    ),
)


@dataclass(frozen=True)
class Picture:
    """One enlarged cut-out.

    Attributes:
        uri: a PNG image as a data URI.
        caption: the line below it.
    """

    uri: str
    caption: str


def pictures(model: ReportedModel, gallery: Gallery) -> list[Picture]:
    """The first pictures of a gallery. Frames whose image cannot be read are skipped."""
    chosen = sorted((o for o in model.outcomes if o.kind == gallery.kind), key=gallery.order)
    drawn = (_picture(outcome) for outcome in chosen[:_MAX_PICTURES])
    return [picture for picture in drawn if picture]


def _picture(outcome: Outcome) -> Picture | None:
    try:
        frame = read_numbered(outcome.frame.image)
    except FrameError:
        return None  # a report may be made on a machine without the images
    view = np.clip(normalise(frame, *levels(frame)), 0, 1)
    # A detection may be outside its frame; then the nearest part of the frame is shown.
    column, row = (
        min(max(round(v), 0), side - 1)
        for v, side in zip(outcome.xy, view.shape[::-1], strict=True)
    )
    padded = np.pad(view, _HALF, mode="constant")
    cut = padded[row : row + 2 * _HALF + 1, column : column + 2 * _HALF + 1]
    # The contrast is stretched, so that a dim target on a bright background is visible.
    low, high = float(cut.min()), float(cut.max())
    grey = np.uint8(255 * (cut - low) / max(high - low, 1e-6))
    picture = Image.fromarray(np.asarray(grey)).resize(
        (cut.shape[1] * _ZOOM, cut.shape[0] * _ZOOM), Image.Resampling.NEAREST
    )
    canvas = picture.convert("RGB")
    draw = ImageDraw.Draw(canvas)
    for target in outcome.frame.targets:
        _mark(draw, (target.x - column, target.y - row), _TARGET_COLOUR, 5.5)
    if outcome.detection:
        x, y, _ = outcome.detection
        _mark(draw, (x - column, y - row), _DETECTION_COLOUR, 3.5)
    return Picture(_uri(canvas), _caption(outcome))


def _mark(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], colour: tuple[int, int, int], radius: float
) -> None:
    x, y = ((v + _HALF + 0.5) * _ZOOM for v in at)
    reach = radius * _ZOOM
    draw.ellipse((x - reach, y - reach, x + reach, y + reach), outline=colour, width=2)


def _uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.quantize(64).save(buffer, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _caption(outcome: Outcome) -> str:
    parts = [f"{outcome.frame.dataset} {outcome.frame.name}"]
    if outcome.detection:
        parts.append(f"score {outcome.detection[2]:.2f}")
    if outcome.kind == "hit":
        parts.append(f"error {outcome.error:.1f} px")
    if outcome.target and outcome.target.contrast is not None:
        parts.append(f"contrast {outcome.target.contrast:.1f}")
    return ", ".join(parts)
