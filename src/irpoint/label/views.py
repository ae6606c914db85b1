"""Frames as they show what moves: the difference to the frame before, or without the background.

A dim target that does not stand out from a still scene stands out from the same scene a moment
before. Both views are computed from the counts of the frames, so that no depth is lost.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.tracking.motion import estimate, view

Kind = Literal["frame", "difference", "background"]
Signed = npt.NDArray[np.float32]

_SPACING, _NEIGHBOURS = 5, 8  # frames between the neighbours of the median, and their number
_STILL_PX = 0.3  # a smaller shift of the scene than this is not compensated
_KEPT_BYTES = 2**28  # of frames that were read


class Views:
    """Computes the views of the frames of a catalogue; frames that were read are kept for a while.

    Args:
        catalogue: the frames.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._kept: OrderedDict[str, Frame] = OrderedDict()
        self._lock = threading.Lock()
        self._index = {
            entry.name: at
            for entries in catalogue.sequences.values()
            for at, entry in enumerate(entries)
        }

    def frame(self, entry: FrameEntry, kind: Kind = "frame") -> npt.NDArray[Any]:
        """A view of a frame (H, W).

        Args:
            entry: the frame.
            kind: ``frame`` for the frame itself; ``difference`` for its difference to the frame
                before, or to the one after if it is the first; ``background`` for the frame less
                the median of eight neighbours, five frames apart. Both are float32 in the counts
                of the frame. If the scene has moved between two frames, its motion is compensated.

        Raises:
            FrameError: if the frame cannot be read, or if no neighbour of its size can be.
        """
        if kind == "frame":
            return self._catalogue.read(entry)
        frame = self._read(entry)
        wanted, spacing = (1, 1) if kind == "difference" else (_NEIGHBOURS, _SPACING)
        around = self._neighbours(entry, frame, wanted, spacing)
        if not around:
            raise FrameError(f"{entry.name}: no neighbouring frame of its size, so no {kind} view")
        counts = frame.astype(np.float32)
        background = _median([_aligned(one, frame) for one in around])
        return np.asarray(np.where(np.isnan(background), 0, counts - background))

    def _neighbours(self, entry: FrameEntry, frame: Frame, count: int, spacing: int) -> list[Frame]:
        """The nearest frames at multiples of a spacing, then the nearest others."""
        entries, at = self._catalogue.sequences[entry.sequence], self._index[entry.name]
        reach = count * spacing
        near = range(max(0, at - reach), min(len(entries), at + reach + 1))
        order = sorted(near, key=lambda k: ((k - at) % spacing != 0, abs(k - at), k > at))
        found: list[Frame] = []
        for k in order[1:]:  # the first is the frame itself
            if len(found) == count:
                break
            try:
                other = self._read(entries[k])
            except FrameError:
                continue
            if other.shape == frame.shape:
                found.append(other)
        return found

    def _read(self, entry: FrameEntry) -> Frame:
        with self._lock:
            if entry.name in self._kept:
                self._kept.move_to_end(entry.name)
                return self._kept[entry.name]
        frame = self._catalogue.read(entry)
        with self._lock:
            self._kept[entry.name] = frame
            total = sum(one.nbytes for one in self._kept.values())
            while total > _KEPT_BYTES and len(self._kept) > 1:
                total -= self._kept.popitem(last=False)[1].nbytes
        return frame


def _median(frames: list[Signed]) -> Signed:
    """The median of several frames, (H, W); where some have no pixel (NaN), that of the others."""
    ordered = np.sort(frames, axis=0)  # NaN comes last
    known = np.count_nonzero(~np.isnan(ordered), axis=0)
    low, high = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, len(frames) - 1)
    middle = [np.take_along_axis(ordered, at[None], axis=0)[0] for at in (low, high)]
    return np.asarray((middle[0] + middle[1]) / 2, np.float32)


def _aligned(other: Frame, frame: Frame) -> Signed:
    """Another frame, moved so that its scene lies where it does in the frame; NaN beyond it."""
    one, now = view(other), view(frame)
    motion = None if one is None or now is None else estimate(one, now)
    plain = other.astype(np.float32)
    if motion is None or max(abs(motion.x), abs(motion.y)) < _STILL_PX:
        return plain
    return np.asarray(ndimage.shift(plain, (motion.y, motion.x), order=1, cval=np.nan))
