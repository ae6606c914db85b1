"""Burnt-in text and reticles, drawn with Pillow and its built-in font."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from irpoint.simulate.artefacts.canvas import Frame, Mask, Rails, blended, in_type, level
from irpoint.simulate.artefacts.settings import Artefacts, Reticle

Draw = ImageDraw.ImageDraw
Share = npt.NDArray[np.float32]
Font = ImageFont.ImageFont | ImageFont.FreeTypeFont

# What cameras show. Each "#" becomes a digit, 1..9.
_TEXTS = (
    "##.#°C", "WHT HOT", "ZOOM #.0X", "202#-0#-1# 1#:4#:3#", "REC 00:1#:2#", "N 47.##### E 8.#####",
    "ALT ##.#m", "H.S #.#m/s", "AZ 1##.# EL +#.#", "LRF ####m", "BAT ##%", "AGC AUTO", "E=0.9#",
    "MAX ##.#°C", "FLIR", "FFC",
)  # fmt: skip
# Anchors of texts: fraction of width and height, and Pillow's alignment.
_PLACES = (
    (0.02, 0.02, "lt"), (0.98, 0.02, "rt"), (0.02, 0.98, "lb"), (0.98, 0.98, "rb"),
    (0.5, 0.02, "mt"), (0.5, 0.98, "mb"), (0.02, 0.5, "lm"), (0.98, 0.5, "rm"),
)  # fmt: skip


class _Layer:
    """Two stencils of the size of a frame: ink, and the outline around it (which includes ink)."""

    def __init__(self, shape: tuple[int, int], smooth: bool = False) -> None:
        size = shape[1], shape[0]
        self.smooth = smooth
        self.images = Image.new("L", size), Image.new("L", size)
        self.pens = tuple(ImageDraw.Draw(image) for image in self.images)

    def shares(self) -> tuple[Share, Share]:
        """Share of each pixel (H, W) that ink covers, and that the outline does; 0 or 1, or between
        if the layer is smooth."""
        ink, outline = (np.asarray(image, np.float32) / np.float32(255) for image in self.images)
        if not self.smooth:  # Pillow smooths outlined text, whatever its font mode
            ink, outline = ink.round(), outline.round()
        return ink, np.maximum(ink, outline)

    def line(self, ends: tuple[float, ...], width: int) -> None:
        """Draw a horizontal or vertical line (x0, y0, x1, y1), ``width`` pixels wide."""
        before, after = (width - 1) // 2, width // 2
        x0, y0, x1, y1 = (round(end) for end in ends)
        for pen, extra in zip(self.pens, (0, 1), strict=True):
            low, high = before + extra, after + extra
            along_x = y0 == y1
            corner = (x0 - extra, y0 - low) if along_x else (x0 - low, y0 - extra)
            end = (x1 + extra, y1 + high) if along_x else (x1 + high, y1 + extra)
            pen.rectangle((*corner, *end), fill=255)

    def text(self, xy: tuple[float, float], text: str, font: Font, anchor: str) -> None:
        freetype = isinstance(font, ImageFont.FreeTypeFont)
        align = anchor if freetype else None  # the bitmap font has no anchors
        self.pens[0].text(xy, text, fill=255, font=font, anchor=align)
        self.pens[1].text(
            xy, text, fill=255, font=font, anchor=align, stroke_width=1 if freetype else 0
        )


@lru_cache(maxsize=16)
def _font(size: int) -> Font:
    return ImageFont.load_default(size)


def add_text(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Burn texts into the corners and edges of the frame."""
    height, width = frame.shape
    font = _font(settings.text_size or max(9, height // 24))
    layer = _Layer(frame.shape, settings.overlay_smooth)
    places = rng.permutation(len(_PLACES))[: settings.text]
    texts = rng.permutation(len(_TEXTS))[: settings.text]
    for place, number in zip(places.tolist(), texts.tolist(), strict=True):
        text = "".join(str(rng.integers(1, 10)) if c == "#" else c for c in _TEXTS[number])
        across, down, anchor = _PLACES[place]
        layer.text((across * (width - 1), down * (height - 1)), text, font, anchor)
    return _burnt(frame, layer, settings, rails)


def add_reticle(
    frame: Frame, settings: Artefacts, rng: np.random.Generator, rails: Rails
) -> tuple[Frame, Mask]:
    """Burn symbols into the frame."""
    layer = _Layer(frame.shape)
    for name in settings.reticle:
        if name != "scale":
            _RETICLES[name](layer, frame.shape, settings.overlay_thickness, rng)
    result, mask = _burnt(frame, layer, settings, rails)
    return _add_scale(result, mask, rails) if "scale" in settings.reticle else (result, mask)


def _burnt(frame: Frame, layer: _Layer, settings: Artefacts, rails: Rails) -> tuple[Frame, Mask]:
    value = level(frame, settings.overlay_value, "overlay_value", rails)
    ink, outline = layer.shares()
    mask = ink > 0
    if settings.overlay_outline:
        low, high = rails
        frame = blended(frame, outline, low if value > (low + high) / 2 else high)
        mask = outline > 0
    return blended(frame, ink, value), mask


def _crosshair(
    layer: _Layer, shape: tuple[int, int], thickness: int, rng: np.random.Generator
) -> None:
    """Four arms about the centre, with a gap."""
    x, y = (shape[1] - 1) // 2, (shape[0] - 1) // 2
    gap, arm = max(2, min(shape) // 40), max(4, min(shape) // 8)
    for sign in (-1, 1):
        ends = sorted((x + sign * gap, x + sign * arm))
        layer.line((ends[0], y, ends[1], y), thickness)
        ends = sorted((y + sign * gap, y + sign * arm))
        layer.line((x, ends[0], x, ends[1]), thickness)


def _box(layer: _Layer, shape: tuple[int, int], thickness: int, rng: np.random.Generator) -> None:
    """The box of a spot meter or a tracker, somewhere in the middle of the frame."""
    height, width = shape
    x, y = width * rng.uniform(0.35, 0.65), height * rng.uniform(0.35, 0.65)
    half = min(shape) * rng.uniform(0.04, 0.12)
    left, right, top, bottom = x - half, x + half, y - half, y + half
    for ends in (
        (left, top, right, top),
        (left, bottom, right, bottom),
        (left, top, left, bottom),
        (right, top, right, bottom),
    ):
        layer.line(ends, thickness)


def _bars(layer: _Layer, shape: tuple[int, int], thickness: int, rng: np.random.Generator) -> None:
    """A heading tape with ticks at the top, and a solid level bar at the left."""
    height, width = shape
    ticks = max(3, width // 24)
    for number in range(ticks + 1):
        x = width * (0.2 + 0.6 * number / ticks)
        long = 2 if number % 5 == 0 else 1
        layer.line((x, 0.05 * height, x, 0.05 * height + long * max(1, height // 80)), thickness)
    layer.line((0.2 * width, 0.05 * height, 0.8 * width, 0.05 * height), thickness)
    solid = max(2, width // 100)
    top = height * rng.uniform(0.3, 0.7)
    layer.line((0.06 * width, top, 0.06 * width, 0.8 * height), solid)


_RETICLES: dict[Reticle, Callable[[_Layer, tuple[int, int], int, np.random.Generator], None]] = {
    "crosshair": _crosshair,
    "box": _box,
    "bars": _bars,
}


def _add_scale(frame: Frame, mask: Mask, rails: Rails) -> tuple[Frame, Mask]:
    """The palette as a bar at the right: bright at its top, dark at its bottom, outlined."""
    height, width = frame.shape
    low, high = rails
    rows = np.arange(round(0.15 * height), max(round(0.85 * height), round(0.15 * height) + 1))
    wide = max(2, width // 40)
    left = max(1, width - round(0.03 * width) - wide - 1)
    stencil = np.zeros(frame.shape, np.float32)
    stencil[rows[0] - 1 : rows[-1] + 2, left - 1 : left + wide + 1] = 1
    result = blended(frame, stencil, high)
    ramp = np.linspace(high, low, len(rows))[:, None]
    inside = np.s_[rows[0] : rows[-1] + 1, left : left + wide]
    result[inside] = in_type(ramp, frame.dtype)
    return result, mask | (stencil > 0)
