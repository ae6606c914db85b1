"""A picture of a frame with its detections drawn on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from irpoint.points import Points

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]
Tails = Mapping[int, npt.NDArray[np.float64]]  # latest positions (n, 2) by track number

_DETECTION: Colour = (255, 190, 60)
_DARK: Colour = (214, 130, 255)  # a detection of a dark target
_TRUTH: Colour = (90, 205, 250)
_INK: Colour = (10, 13, 18)
_PANEL: Colour = (18, 21, 27)
_TEXT: Colour = (226, 230, 236)
_MUTED: Colour = (140, 148, 160)

_MIN_WIDTH = 768
_OVERSAMPLE = 4
_PERCENTILES = (0.5, 99.9)
_MAX_SAMPLES = 65_536
_TABLE_TYPES = (np.uint8, np.uint16)  # few enough values for a lookup table
_INSET_REACH = 10
# More labels than this are unreadable; the remaining points get a ring only.
_MAX_LABELS = 200


@dataclass(frozen=True)
class _Style:
    """Sizes in picture pixels, for a frame enlarged ``zoom`` times."""

    zoom: int
    ring: float
    line: float
    text: int

    @classmethod
    def of(cls, width: int, min_width: int = _MIN_WIDTH) -> _Style:
        zoom = max(1, math.ceil(min_width / width))
        unit = max(1.0, width * zoom / 1000.0)
        return cls(zoom, max(9.0 * unit, 5.0 * zoom), 1.6 * unit, round(13 * unit))

    def position(self, xy: npt.ArrayLike) -> tuple[float, float]:
        """Frame position → picture position, from pixel centres to pixel edges at integers."""
        x, y = np.asarray(xy, dtype=float) * self.zoom + self.zoom / 2.0
        return float(x), float(y)


def stretch_to_8_bits(
    frame: npt.NDArray[Any], percentiles: tuple[float, float] = _PERCENTILES
) -> npt.NDArray[np.uint8]:
    """Stretch a frame (height, width) between two percentiles, for viewing.

    Values that are not finite become black; a constant frame becomes mid-grey.
    """
    # A sample of the pixels, spread over the whole frame, is enough for percentiles.
    stride = max(1, math.isqrt(frame.size // _MAX_SAMPLES))
    low, high = _limits(frame[::stride, ::stride], percentiles)
    if not high > low:
        # Nearly all pixels are equal, or no sample is finite: stretch over the whole range instead.
        low, high = _limits(frame, (0.0, 100.0))
    if np.isnan(low):
        return np.zeros(frame.shape, np.uint8)
    if high <= low:
        return np.full(frame.shape, 128, np.uint8)
    if frame.dtype in _TABLE_TYPES and frame.size > np.iinfo(frame.dtype).max:
        return np.take(_grey(np.arange(np.iinfo(frame.dtype).max + 1), low, high), frame)
    return _grey(frame, low, high)


def _limits(part: npt.NDArray[Any], percentiles: tuple[float, float]) -> npt.NDArray[np.float32]:
    """Two percentiles of the finite pixels; NaN if there are none."""
    values = np.asarray(part, dtype=np.float32)
    values = values[np.isfinite(values)]
    found: npt.NDArray[np.float32] = np.full(2, np.nan, np.float32)
    return np.percentile(values, percentiles).astype(np.float32) if values.size else found


def _grey(values: npt.NDArray[Any], low: np.float32, high: np.float32) -> npt.NDArray[np.uint8]:
    scaled = (np.asarray(values, dtype=np.float32) - low) / (high - low)
    scaled = np.nan_to_num(scaled, nan=0.0, posinf=0.0, neginf=0.0)
    return np.asarray(np.clip(np.rint(255.0 * scaled), 0, 255), dtype=np.uint8)


def _enlarge(grey: npt.NDArray[np.uint8], zoom: int) -> Image.Image:
    picture = Image.fromarray(grey)
    size = (picture.width * zoom, picture.height * zoom)
    return picture.resize(size, Image.Resampling.NEAREST).convert("RGB")


def _strokes(
    picture: Image.Image,
    centre: tuple[float, float],
    reach: float,
    paths: Sequence[tuple[str, Sequence[float]]],
    colour: Colour,
    line: float,
) -> None:
    """Draw antialiased ``paths`` around ``centre``, each on a darker and wider halo.

    A path is ``("ring", (radius,))`` or ``("line", (x0, y0, x1, y1))`` relative to the centre.
    """
    left, top = math.floor(centre[0] - reach), math.floor(centre[1] - reach)
    side = math.ceil(2 * reach) + 2
    # Large marks are smooth with less oversampling, whose cost is quadratic.
    finer = max(1, min(_OVERSAMPLE, round(400 / side)))
    masks = []
    for width in (line * 2.2, line):
        mask = Image.new("L", (side * finer, side * finer), 0)
        draw = ImageDraw.Draw(mask)
        x, y = ((centre[0] - left) * finer, (centre[1] - top) * finer)
        pen = max(1, round(width * finer))
        for kind, numbers in paths:
            at = [number * finer for number in numbers]
            if kind == "ring":
                radius = at[0] + pen / 2
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), 0, 255, pen)
            else:
                draw.line((x + at[0], y + at[1], x + at[2], y + at[3]), 255, pen)
        masks.append(mask.resize((side, side), Image.Resampling.BOX))
    halo = masks[0].point([value * 6 // 10 for value in range(256)])
    picture.paste(_INK, (left, top), halo)
    picture.paste(colour, (left, top), masks[1])


def _colours(points: Points) -> list[Colour]:
    return [_DARK if dark else _DETECTION for dark in points.dark.tolist()]


def _draw_ring(
    picture: Image.Image,
    centre: tuple[float, float],
    style: _Style,
    colour: Colour = _DETECTION,
) -> None:
    reach = style.ring + 3 * style.line
    _strokes(picture, centre, reach, [("ring", (style.ring,))], colour, style.line)


def _draw_cross(picture: Image.Image, centre: tuple[float, float], style: _Style) -> None:
    """Four diagonal arms around the target and around the ring of a detection."""
    inner, outer = style.ring * 1.25 / math.sqrt(2), style.ring * 1.9 / math.sqrt(2)
    arms = [
        ("line", (sx * inner, sy * inner, sx * outer, sy * outer))
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    _strokes(picture, centre, 1.9 * style.ring + 3 * style.line, arms, _TRUTH, style.line)


def _overlap(box: Box, others: npt.NDArray[np.float64]) -> float:
    """Sum of the overlaps of ``box`` with ``others`` (N, 4), in square pixels."""
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    return float(np.sum(np.clip(width, 0, None) * np.clip(height, 0, None)))


def _label_box(
    centre: tuple[float, float],
    extent: tuple[float, float],
    ring: float,
    size: tuple[int, int],
    occupied: Sequence[Box],
) -> Box:
    """A free box beside a ring for a label of ``extent`` (width, height), inside the picture.

    Eight positions around the ring are tried, then the same further out. If none is free, the one
    with the smallest overlap is returned.
    """
    others = np.array(occupied, dtype=np.float64).reshape(-1, 4)
    best: tuple[float, Box] | None = None
    for gap in (1.3, 2.0, 3.0):
        for across, down in ((1, -1), (1, 0), (1, 1), (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1)):
            corner = 0.75 if across and down else 1.0
            x = centre[0] + across * gap * ring * corner - (1 - across) / 2 * extent[0]
            y = centre[1] + down * gap * ring * corner - (1 - down) / 2 * extent[1]
            left = min(max(x, 1.0), max(size[0] - extent[0] - 1.0, 1.0))
            top = min(max(y, 1.0), max(size[1] - extent[1] - 1.0, 1.0))
            box = (left, top, left + extent[0], top + extent[1])
            cost = _overlap(box, others)
            if cost == 0.0:
                return box
            if best is None or cost < best[0]:
                best = (cost, box)
    assert best is not None
    return best[1]


def _score_text(score: float) -> str:
    return f"{score:.2f}" if 0 <= abs(score) < 100 else f"{score:.3g}"


def _point_text(points: Points, index: int) -> str:
    return _score_text(float(points.score[index])) + " dark" * bool(points.dark[index])


def _draw_tail(picture: Image.Image, positions: npt.NDArray[np.float64], style: _Style) -> None:
    """The latest positions of a track: a line that fades towards the past."""
    draw = ImageDraw.Draw(picture, "RGBA")
    corners = [style.position(xy) for xy in positions]
    pen = max(1, round(style.line))
    for number, (start, end) in enumerate(pairwise(corners), start=1):
        draw.line((*start, *end), (*_DETECTION, round(200 * number / len(corners))), pen)


def _draw_labels(
    picture: Image.Image, points: Points, style: _Style, tracks: Sequence[int] | None
) -> None:
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(style.text)
    centres = [style.position(xy) for xy in points.xy]
    occupied: list[Box] = [
        (x - style.ring, y - style.ring, x + style.ring, y + style.ring) for x, y in centres
    ]
    texts = [_point_text(points, index) for index in range(len(points))]
    if tracks is not None:
        texts = [f"#{number} {text}" for number, text in zip(tracks, texts, strict=True)]
    marks = zip(centres, texts, _colours(points), strict=True)
    for centre, text, colour in list(marks)[:_MAX_LABELS]:
        left, top, right, bottom = draw.textbbox((0, 0), text, font=font, stroke_width=2)
        extent = (float(right - left), float(bottom - top))
        box = _label_box(centre, extent, style.ring, picture.size, occupied)
        occupied.append(box)
        draw.text(
            (box[0] - left, box[1] - top),
            text,
            fill=colour,
            font=font,
            stroke_width=2,
            stroke_fill=_INK,
        )


def _inset(
    frame: npt.NDArray[Any], xy: npt.NDArray[np.float32], side: int, colour: Colour
) -> Image.Image:
    """A magnified square of the frame around ``xy``, ``side`` picture pixels wide, with ticks."""
    column, row = (int(np.rint(value)) for value in xy)
    reach = _INSET_REACH
    padded = np.full((2 * reach + 1, 2 * reach + 1), np.nan)
    top, left = max(0, row - reach), max(0, column - reach)
    part = frame[top : row + reach + 1, left : column + reach + 1]
    y, x = top - row + reach, left - column + reach
    padded[y : y + part.shape[0], x : x + part.shape[1]] = part
    zoom = side // (2 * reach + 1)
    picture = _enlarge(stretch_to_8_bits(padded, (0.5, 100.0)), zoom)
    centre = tuple((float(v) - round(float(v)) + reach + 0.5) * zoom for v in xy)
    inner, outer = 4.5 * zoom, 7.5 * zoom
    ticks = [
        ("line", (dx * inner, dy * inner, dx * outer, dy * outer))
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1))
    ]
    _strokes(picture, (centre[0], centre[1]), outer + 3, ticks, colour, max(1.0, zoom / 4))
    return picture


def _draw_legend(strip: Image.Image, left: int, style: _Style) -> None:
    """Explain the ring and the cross."""
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(style.text)
    step = 3.8 * style.ring
    for number, (mark, text) in enumerate(((_draw_ring, "detection"), (_draw_cross, "truth"))):
        y = 2.0 * style.ring + number * step
        mark(strip, (left + 1.8 * style.ring, y), style)
        draw.text((left + 4.0 * style.ring, y), text, fill=_TEXT, font=font, anchor="lm")


def _inset_texts(points: Points, index: int) -> list[str]:
    """The position of a detection; if it was measured, more digits, and its deviations."""
    x, y = points.xy[index]
    if points.measured is None:
        return [f"{x:.1f}, {y:.1f}"]
    deviations = points.measured.x_std[index], points.measured.y_std[index]
    return [f"{x:.2f}, {y:.2f}", "± {:.2g}, {:.2g}".format(*deviations)]


def _strip(
    frame: npt.NDArray[Any], points: Points, width: int, style: _Style, legend: bool
) -> Image.Image:
    """A row of magnified detections, best first, as many as fit into ``width``."""
    tile = 2 * _INSET_REACH + 1
    gap = round(0.8 * style.text)
    zoom = max(2, round(8.5 * style.text / tile))
    side = tile * zoom
    reserved = round(4.0 * style.ring + 5.5 * style.text) if legend else 0
    count = max(1, (width - gap - reserved) // (side + gap))
    line = round(1.35 * style.text)
    texts = [_inset_texts(points, index) for index in range(min(count, len(points)))]
    lines = 1 + max(map(len, texts))
    strip = Image.new("RGB", (width, side + lines * line + 3 * gap), _PANEL)
    draw = ImageDraw.Draw(strip)
    font = ImageFont.load_default(style.text)
    small = ImageFont.load_default(max(10, round(0.85 * style.text)))
    colours = _colours(points)
    for number, xy in enumerate(points.xy[:count]):
        left = gap + number * (side + gap)
        strip.paste(_inset(frame, xy, side, colours[number]), (left, gap))
        below = 2 * gap + side - gap // 3
        draw.text((left, below), _point_text(points, number), fill=_TEXT, font=font)
        for row, text in enumerate(texts[number], start=1):
            draw.text((left, below + row * line), text, fill=_MUTED, font=small)
    if legend:
        _draw_legend(strip, width - reserved, style)
    return strip


def draw_overlay(
    frame: npt.NDArray[Any],
    points: Points,
    truth: Points | None = None,
    *,
    insets: bool = True,
    tracks: Sequence[int] | None = None,
    tails: Tails | None = None,
    min_width: int = _MIN_WIDTH,
) -> Image.Image:
    """Draw detections, and the truth if it is known, on a frame.

    The frame is stretched between robust percentiles. A narrow frame is enlarged by an integer
    factor to at least ``min_width``. Each detection is a ring with its score beside it; a dark one
    has another colour, and "dark" after its score. The truth is a cross with a free centre, so that
    neither covers the target. Below the frame, the best detections are shown magnified, each with
    its own stretch, score and position, and the deviations of a measured position.

    Args:
        frame: (height, width), any numeric type and range.
        points: detections in frame pixels, pixel centres at integers.
        truth: labels, if there are any.
        insets: whether to add the magnified detections.
        tracks: the track number of each detection, shown beside its score.
        tails: the latest positions of every track, drawn as lines.
        min_width: minimum width of the picture in pixels.

    Returns:
        RGB picture, with the frame's pixel (0, 0) at its top left.

    Raises:
        ValueError: if ``frame`` is not a 2-D array with at least one pixel.
    """
    frame = np.asarray(frame)
    if frame.ndim != 2 or not frame.size:
        raise ValueError(f"frame of shape {frame.shape} is not (height, width)")
    order = np.argsort(-points.score, kind="stable")
    points = points[order]
    numbers = None if tracks is None else [tracks[index] for index in order.tolist()]
    style = _Style.of(frame.shape[1], min_width)
    picture = _enlarge(stretch_to_8_bits(frame), style.zoom)
    for xy in truth.xy if truth is not None else ():
        _draw_cross(picture, style.position(xy), style)
    for positions in (tails or {}).values():
        _draw_tail(picture, positions, style)
    for xy, colour in zip(points.xy, _colours(points), strict=True):
        _draw_ring(picture, style.position(xy), style, colour)
    _draw_labels(picture, points, style, numbers)
    if not insets or not len(points):
        return picture
    strip = _strip(frame, points, picture.width, style, legend=truth is not None)
    combined = Image.new("RGB", (picture.width, picture.height + strip.height), _PANEL)
    combined.paste(picture, (0, 0))
    combined.paste(strip, (0, picture.height))
    return combined
