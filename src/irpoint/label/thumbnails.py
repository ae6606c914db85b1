"""Small pictures of the frames, for the list of frames."""

from __future__ import annotations

import io
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from irpoint.errors import FrameError, one_line
from irpoint.label.catalogue import Catalogue, FrameEntry

MAX_WIDTH, MAX_HEIGHT = 96, 72  # px
_KEPT = 20_000  # pictures of about 3 KB
_CLIPPED = (1.0, 99.8)  # percentiles shown as black and white; a target of a few pixels is white


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a frame.

    Attributes:
        jpeg: the file.
        width, height: the part of the frame that it shows, in frame pixels: all of it, and a margin
            of less than one pixel of the picture at the right and at the bottom.
    """

    jpeg: bytes
    width: int
    height: int


class Thumbnails:
    """Makes the pictures when they are asked for, and keeps the last ones.

    Args:
        catalogue: the frames.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._cache: dict[tuple[Path, int, int, bool], Thumbnail] = {}
        self._lock = threading.Lock()

    def get(self, entry: FrameEntry, dark: bool = False) -> Thumbnail:
        """The picture of a frame; ``dark`` keeps dark targets visible instead of bright ones.

        Raises:
            FrameError: if the frame cannot be read, or has no finite pixel.
        """
        try:
            modified = entry.path.stat().st_mtime_ns
        except OSError as error:
            raise FrameError(f"{entry.path}: cannot be read ({one_line(error)})") from error
        key = entry.path, entry.index, modified, dark
        with self._lock:
            found = self._cache.pop(key, None)
        picture = found or self._make(entry, dark)
        with self._lock:
            self._cache[key] = picture  # the most recently used is last
            if len(self._cache) > _KEPT:
                self._cache.pop(next(iter(self._cache)))
        return picture

    def _make(self, entry: FrameEntry, dark: bool) -> Thumbnail:
        frame = self._catalogue.read(entry)
        small = reduced(frame, dark)
        step = _step(frame.shape)
        return Thumbnail(_jpeg(small), small.shape[1] * step, small.shape[0] * step)


def _step(shape: tuple[int, ...]) -> int:
    """Frame pixels per pixel of the picture."""
    return max(1, math.ceil(shape[0] / MAX_HEIGHT), math.ceil(shape[1] / MAX_WIDTH))


def reduced(frame: npt.NDArray[Any], dark: bool = False) -> npt.NDArray[np.float32]:
    """A frame (H, W), reduced to at most ``MAX_HEIGHT`` × ``MAX_WIDTH``.

    A pixel is the maximum of its block, because a mean would hide point targets; the minimum if
    ``dark``.

    Raises:
        FrameError: if no pixel is finite.
    """
    values = frame.astype(np.float32)
    finite = np.isfinite(values)
    if not finite.any():
        raise FrameError("the frame has no finite pixel")
    if not finite.all():
        values[~finite] = values[finite].max() if dark else values[finite].min()
    height, width = values.shape
    step = _step(values.shape)
    padded = np.pad(values, ((0, -height % step), (0, -width % step)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step)
    result: npt.NDArray[np.float32] = blocks.min((1, 3)) if dark else blocks.max((1, 3))
    return result


def _jpeg(values: npt.NDArray[np.float32]) -> bytes:
    low, high = np.percentile(values, _CLIPPED)
    grey = np.clip((values - low) * (255 / max(float(high - low), 1e-6)), 0, 255)
    stream = io.BytesIO()
    Image.fromarray(grey.astype(np.uint8)).save(stream, "JPEG", quality=80)
    return stream.getvalue()
