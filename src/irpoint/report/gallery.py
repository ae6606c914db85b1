"""Small pictures of what went wrong, enlarged, as PNG inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from irpoint.errors import FrameError
from irpoint.frames import read_frame
from irpoint.frames.levels import levels, normalise
from irpoint.report.gather import Outcome, Subject

_HALF = 20  # px around the place
_ZOOM = 5
_MOST = 12
_TRUE, _SAID = (70, 220, 120), (255, 120, 40)


@dataclass(frozen=True)
class Picture:
    """One enlarged cut-out: a data URI and the line beneath it."""

    uri: str
    caption: str


def gallery(subject: Subject, kind: str) -> list[Picture]:
    """The worst of one kind, worst first.

    Args:
        kind: ``miss`` (those that stand out most), ``false`` (those that score highest) or
            ``error`` (hits that lie farthest off).
    """
    chosen = [o for o in subject.outcomes if o.kind == ("hit" if kind == "error" else kind)]
    order: dict[str, Callable[[Outcome], float]] = {
        "miss": lambda o: -((o.target and o.target.contrast) or 0.0),
        "false": lambda o: -(o.answer[2] if o.answer else 0.0),
        "error": lambda o: -o.error,
    }
    pictures = [_picture(o) for o in sorted(chosen, key=order[kind])[:_MOST]]
    return [picture for picture in pictures if picture]


def _picture(outcome: Outcome) -> Picture | None:
    try:
        frame = read_frame(outcome.frame.image)
    except FrameError:
        return None  # the images need not be where the report is made
    view = np.clip(normalise(frame, *levels(frame)), 0, 1)
    # An answer may lie outside its frame; the nearest piece of it is shown.
    column, row = (
        min(max(round(v), 0), side - 1)
        for v, side in zip(outcome.xy, view.shape[::-1], strict=True)
    )
    padded = np.pad(view, _HALF, mode="constant")
    cut = padded[row : row + 2 * _HALF + 1, column : column + 2 * _HALF + 1]
    # Stretched to what is there, so that a dim target on a bright sky can be seen.
    low, high = float(cut.min()), float(cut.max())
    grey = np.uint8(255 * (cut - low) / max(high - low, 1e-6))
    picture = Image.fromarray(np.asarray(grey)).resize(
        (cut.shape[1] * _ZOOM, cut.shape[0] * _ZOOM), Image.Resampling.NEAREST
    )
    canvas = picture.convert("RGB")
    draw = ImageDraw.Draw(canvas)
    for target in outcome.frame.targets:
        _mark(draw, (target.x - column, target.y - row), _TRUE, 5.5)
    if outcome.answer:
        _mark(draw, (outcome.answer[0] - column, outcome.answer[1] - row), _SAID, 3.5)
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
    if outcome.answer:
        parts.append(f"score {outcome.answer[2]:.2f}")
    if outcome.kind == "hit":
        parts.append(f"{outcome.error:.1f} px off")
    if outcome.target and outcome.target.contrast is not None:
        parts.append(f"contrast {outcome.target.contrast:.1f}")
    return ", ".join(parts)


KINDS: Sequence[tuple[str, str, str]] = (
    ("miss", "Missed targets", "Those that stand out most from their surroundings come first."),
    ("false", "False points", "Those that score highest come first."),
    ("error", "Worst positions", "Found, but farthest from the label."),
)
