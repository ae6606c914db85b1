"""The pictures in a report: whole frames within a limit of size, and exact cut-outs of errors."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, features

from irpoint.errors import FrameError
from irpoint.evaluation.records import FrameRecord
from irpoint.frames.levels import levels, normalise
from irpoint.frames.numbered import read_numbered

HALF = 20  # px of a cut-out on each side of its position
FRAMES_BYTES = 10_500_000  # of all frames before base64, which adds a third
_FRAME_BYTES = 16_000  # of one frame on average, however few they are
MAX_CUTS = 1500
_MAX_SIDE = 1024  # px; larger frames are shown smaller
_SAMPLE = 12  # frames from which the quality is chosen
_QUALITIES = (90, 80, 70, 60, 50, 40, 30, 20, 10)
_MARGIN = 0.9  # of the limit, because the sample may be of small files

View = npt.NDArray[np.float64]
Place = tuple[int, int, int]  # number of the frame, column, row
Progress = Callable[[Iterable[int]], Iterable[int]]


@dataclass(frozen=True)
class Pictures:
    """The pictures of a report.

    Attributes:
        frames: a data URI of each frame; None of one that cannot be read.
        cuts: a data URI of each cut-out, by number of the frame, column and row of its centre.
        note: how the frames were compressed, in words.
        unread: number of frames that cannot be read.
    """

    frames: tuple[str | None, ...]
    cuts: dict[Place, str]
    note: str
    unread: int


def take_pictures(
    frames: Sequence[FrameRecord], cuts: Iterable[Place], progress: Progress = iter
) -> Pictures:
    """Compress every frame, and cut out the most important positions without loss.

    Args:
        frames: the frames.
        cuts: positions, the most important ones first; repeated ones count once.
        progress: wraps the numbers of the frames, to show progress.
    """
    wanted: dict[int, list[Place]] = {}
    for place in list(dict.fromkeys(cuts))[:MAX_CUTS]:
        wanted.setdefault(place[0], []).append(place)
    encode, note = _encoder(frames)
    uris: list[str | None] = []
    exact = {}
    for number in progress(range(len(frames))):
        view = _view(frames[number].image)
        uris.append(None if view is None else encode(_small(view)))
        if view is not None:
            exact.update({place: _cut(view, place) for place in wanted.get(number, ())})
    return Pictures(tuple(uris), exact, note, uris.count(None))


def _view(image: Path) -> View | None:
    """The frame in 0..1; None if it cannot be read, as on a machine without the images."""
    try:
        frame = read_numbered(image)
    except FrameError:
        return None
    return np.clip(np.nan_to_num(normalise(frame, *levels(frame))), 0, 1).astype(np.float64)


def _small(view: View) -> Image.Image:
    picture = Image.fromarray(np.asarray(np.uint8(np.round(255 * view))))
    scale = _MAX_SIDE / max(picture.size)
    if scale >= 1:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.BOX)


def _encoder(frames: Sequence[FrameRecord]) -> tuple[Callable[[Image.Image], str], str]:
    """Compress a frame so that all of them stay below the limit; and how, in words."""
    chosen = np.unique(np.linspace(0, len(frames) - 1, _SAMPLE).astype(int)).tolist()
    views = [view for number in chosen if (view := _view(frames[number].image)) is not None]
    sample = [_small(view) for view in views]
    budget = _MARGIN * min(FRAMES_BYTES / max(len(frames), 1), _FRAME_BYTES)
    kind = "WEBP" if features.check("webp") else "JPEG"
    for quality in _QUALITIES:
        sizes = [len(_packed(picture, kind, quality)) for picture in sample]
        if not sizes or np.mean(sizes) <= budget:
            break
    note = f"Frames are compressed with loss ({kind}, quality {quality})"
    if any(max(frame.shape) > _MAX_SIDE for frame in frames):
        note += f" and at most {_MAX_SIDE} px wide or high"

    def encode(picture: Image.Image) -> str:
        data = base64.b64encode(_packed(picture, kind, quality)).decode()
        return f"data:image/{kind.lower()};base64,{data}"

    return encode, note


def _packed(picture: Image.Image, kind: str, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, quality=quality, method=2)  # half the time of the default
    return buffer.getvalue()


def _cut(view: View, place: Place) -> str:
    """A square around a position as PNG, its contrast stretched: dim targets become visible."""
    _, column, row = place
    height, width = view.shape
    # The position may be outside the frame.
    rows = np.clip(np.arange(row - HALF, row + HALF + 1), -1, height)
    columns = np.clip(np.arange(column - HALF, column + HALF + 1), -1, width)
    padded = np.pad(view, 1)
    inside = np.outer((rows >= 0) & (rows < height), (columns >= 0) & (columns < width))
    square = padded[np.ix_(rows + 1, columns + 1)]
    seen = square[inside]
    low, high = (float(seen.min()), float(seen.max())) if seen.size else (0.0, 1.0)
    grey = np.where(inside, 255 * (square - low) / max(high - low, 1e-6), 0)
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(np.uint8(np.round(grey)))).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
