"""Which labelled frames are neighbours of one clip, so that one gives away the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from irpoint.frames.arrays import Frame

NEIGHBOURS = 25  # frames; about a second. Labels this close tell one thing, not two
_SIDE = 32  # cells of the picture that is compared
_ALIKE = 0.8  # correlation of two pictures of one scene


def scenes(
    places: Sequence[tuple[str, int, bool]], read: Callable[[int], Frame | None]
) -> list[str]:
    """The clip that each of N labelled frames belongs to.

    The frames of a file are a clip. Images are one if consecutive ones look alike: a folder may
    have a recording, or unrelated pictures.

    Args:
        places: of each frame, in the order of the folder: its sequence (file or folder), its number
            there, and whether the sequence is a file.
        read: the pixels of the frame with an index in ``places``; None if it cannot be read.

    Returns:
        The name of the clip of each frame; a frame that belongs to none has one of its own.
    """
    names: list[str] = []
    last: npt.NDArray[np.float64] | None = None
    for index, (sequence, number, in_file) in enumerate(places):
        if in_file:
            names.append(sequence)
            last = None
            continue
        before = places[index - 1] if index else ("", 0, True)
        near = before[0] == sequence and not before[2] and number - before[1] < NEIGHBOURS
        now = _picture(read(index))
        names.append(names[-1] if near and alike(last, now) else f"{sequence}#{number}")
        last = now
    return names


def alike(one: npt.NDArray[np.float64] | None, other: npt.NDArray[np.float64] | None) -> bool:
    """Whether two pictures, each with mean 0 and length 1, show the same scene."""
    if one is None or other is None or one.shape != other.shape:
        return False
    return float((one * other).sum()) > _ALIKE


def _picture(frame: Frame | None) -> npt.NDArray[np.float64] | None:
    """A small picture without the gradients that all skies have; None if nothing is left."""
    if frame is None or min(frame.shape[:2]) < _SIDE or frame.ndim != 2:
        return None
    values = np.nan_to_num(frame.astype(np.float64), posinf=0, neginf=0)
    rows, columns = (size // _SIDE for size in values.shape)
    blocks = values[: rows * _SIDE, : columns * _SIDE].reshape(_SIDE, rows, _SIDE, columns)
    cells = blocks.mean((1, 3))
    cells = cells - cells.mean(0) - cells.mean(1, keepdims=True) + cells.mean()
    length = float(np.linalg.norm(cells))
    return cells / length if length > 0 else None
