"""Ignore zones that the operator paints: masks per frame size, kept in files."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from irpoint.errors import FrameError, one_line
from irpoint.frames import read_frame
from irpoint.live.events import EventLog
from irpoint.system.atomic import atomic_write

Mask = npt.NDArray[np.uint8]
Shape = tuple[int, int]


class Zones:
    """The pixels to ignore, for each size of frame.

    Args:
        out: folder of the files ``ignore-WIDTHxHEIGHT.png``, which are read when frames of that
            size come, and written after every change.
        given: mask (H, W) that the command was given; it counts as painted.
        log: where faults are reported.

    Attributes:
        version: changes with every change of the zones.
    """

    def __init__(self, out: Path, given: npt.NDArray[Any] | None, log: EventLog) -> None:
        self.version = 0
        self._out, self._log = out, log
        self._given = None if given is None else np.where(given, 255, 0).astype(np.uint8)
        self._masks: dict[Shape, Mask] = {}
        self._shape: Shape | None = None
        self._lock = threading.Lock()

    def fit(self, shape: Shape) -> bool:
        """Choose the zones for frames of a size; whether the size is a new one."""
        with self._lock:
            if shape == self._shape:
                return False
            self._shape = shape
            self.version += 1
            if shape not in self._masks:
                self._masks[shape] = self._first(shape)
            return True

    def mask(self) -> Mask | None:
        """(H, W), 255 for ignored pixels, never changed in place; None if there are none."""
        with self._lock:
            mask = None if self._shape is None else self._masks[self._shape]
            return mask if mask is not None and mask.any() else None

    def paint(self, stroke: Sequence[tuple[float, float]], radius: float, erase: bool) -> None:
        """Paint a stroke with a round brush, or erase along it; all in frame pixels."""
        with self._lock:
            if self._shape is None or not stroke:
                return
            image = Image.fromarray(self._masks[self._shape])
            draw, value = ImageDraw.Draw(image), 0 if erase else 255
            for x, y in stroke:
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=value)
            if len(stroke) > 1:
                draw.line(list(stroke), fill=value, width=max(1, round(2 * radius)))
            self._store(np.asarray(image, np.uint8).copy())

    def clear(self) -> None:
        """Erase all zones of the present frame size."""
        with self._lock:
            if self._shape is not None:
                self._store(np.zeros(self._shape, np.uint8))

    def png(self) -> bytes:
        """The zones as a picture, 255 for ignored pixels; one pixel before the first frame."""
        with self._lock:
            none = np.zeros((1, 1), np.uint8)
            return _png(none if self._shape is None else self._masks[self._shape])

    def _store(self, mask: Mask) -> None:
        assert self._shape is not None
        self._masks[self._shape] = mask
        self.version += 1
        try:
            atomic_write(self._file(self._shape), _png(mask))
        except OSError as error:
            self._log.add(
                f"ignore zones are not stored: {self._file(self._shape)}: {one_line(error)}"
            )

    def _first(self, shape: Shape) -> Mask:
        """The zones that were given or stored before."""
        if self._given is not None:
            if self._given.shape == shape:
                return self._given
            sizes = (f"{s[1]}x{s[0]}" for s in (self._given.shape, shape))
            self._log.add("the ignore mask is {}, frames are {}: it is not used".format(*sizes))
            return np.zeros(shape, np.uint8)
        path = self._file(shape)
        if not path.exists():
            return np.zeros(shape, np.uint8)
        try:
            mask = np.where(read_frame(path, mask=True), 255, 0).astype(np.uint8)
        except FrameError as error:
            self._log.add(f"ignore zones are not used: {error}")
            return np.zeros(shape, np.uint8)
        if mask.shape != shape:
            self._log.add(f"ignore zones are not used: {path}: has another size")
            return np.zeros(shape, np.uint8)
        if mask.any():
            self._log.add(f"ignore zones of {path} are used")
        return mask

    def _file(self, shape: Shape) -> Path:
        return self._out / f"ignore-{shape[1]}x{shape[0]}.png"


def _png(mask: Mask) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(mask).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
