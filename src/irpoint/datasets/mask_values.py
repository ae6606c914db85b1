"""Which pixels of a mask belong to which target, whatever values the mask has.

A mask of two values, such as 0 and 1, 0 and 255 or 0 and 65535, says it plainly: each 8-connected
component above 0 is a target. The published sets are read like this even where a mask has a few
pixels of other values. A mask may have more values for these reasons:

* **It was compressed with loss** (JPEG, or a lossless copy of such a file): every edge rings within
  its block of 8×8 pixels, which gives dozens of faint false components. Pixels of at least half the
  largest value count.
* **It numbers its targets** 1, 2, 3, …: each number is a target, even if two of them touch.
* **Its edges are smooth**: components that touch only by pixels below half the largest value are
  separate targets.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.errors import DatasetError, IrpointWarning

Mask = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
Component = npt.NDArray[np.float64]
Kind = Literal["two values", "lossy", "numbered", "smooth", "grey", "full"]

_EIGHT_CONNECTED = np.ones((3, 3), bool)
_BLOCK = 8  # side of the blocks of JPEG
# Fewer faint pixels per bright one are edits by hand: the published sets have up to 0.07, masks
# that were JPEG files of any quality 0.25 and more.
_FAINT_SHARE = 0.15
_RINGING_VALUES = 8  # ringing has dozens of values, colours that tell classes apart a few
_MOST_NUMBERS = 1000
_LOSSY_NOISE = 8  # values up to this may be noise of a lossy file

_MEANINGS: Mapping[Kind, str] = {
    "lossy": "have more than two values because they were compressed with loss; pixels of at least "
    "half the largest value count (save masks as PNG)",
    "numbered": "number their targets; each number is a target",
    "smooth": "have smooth edges; areas that touch below half the largest value are separate "
    "targets",
    "grey": "have more than two values; each connected area above 0 is a target",
    "full": "are set in more than half of their pixels; invert them if targets are 0",
}


def mask_components(mask: Mask) -> list[Component]:
    """The 8-connected components of ``mask > 0``: the pixels (x, y) of each, (K, 2).

    They are ordered by their first pixels, row by row.
    """
    rows, columns = np.nonzero(mask > 0)
    if len(rows) == 0:
        return []
    top, left = rows.min(), columns.min()
    part = mask[top : rows.max() + 1, left : columns.max() + 1] > 0
    labels, count = ndimage.label(part, structure=_EIGHT_CONNECTED)
    of_pixel = labels[rows - top, columns - left]
    order = np.argsort(of_pixel, kind="stable")
    ends = np.cumsum(np.bincount(of_pixel, minlength=count + 1)[1:])
    return np.split(np.column_stack((columns, rows))[order].astype(np.float64), ends[:-1])


def mask_targets(mask: Mask, path: Path) -> tuple[list[Component], Kind]:
    """The pixels (x, y) of each target of a mask (H, W), (K, 2), and how they were found.

    Args:
        mask: the pixels.
        path: its file, which tells whether it was compressed with loss.

    Raises:
        DatasetError: if the file was compressed with loss and its values are no higher than noise.
    """
    values = np.unique(mask[mask > 0])
    if len(values) < 2:
        components = mask_components(mask)
        filled = np.count_nonzero(mask > 0) > mask.size / 2
        return components, "full" if filled else "two values"
    bright = mask >= values[-1] / 2
    lossy = _is_lossy(path)
    numbered = None if lossy else _numbered(mask, values)
    if numbered is not None:
        return numbered, "numbered"
    if lossy or (len(values) >= _RINGING_VALUES and _rings(mask, bright)):
        if mask.dtype == np.uint8 and values[-1] <= _LOSSY_NOISE:
            raise DatasetError(
                f"{path}: values up to {values[-1]} may be noise of its lossy compression; save "
                "the mask as PNG, with 255 on targets"
            )
        return mask_components(bright), "full" if bright.mean() > 0.5 else "lossy"
    faint = np.count_nonzero((mask > 0) & ~bright)
    if faint > _FAINT_SHARE * np.count_nonzero(bright):
        return _split_by_bright(mask, bright), "smooth"
    return mask_components(mask), "full" if (mask > 0).mean() > 0.5 else "grey"


def warn_of_values(folder: Path, kinds: Counter[Kind], examples: dict[Kind, str]) -> None:
    """Say once per kind how many masks have other values than two, and how they were read.

    Args:
        folder: the folder of the masks.
        kinds: number of masks of each kind.
        examples: the name of one of them.
    """
    for kind, meaning in _MEANINGS.items():
        if kinds[kind]:
            warnings.warn(
                f"{folder}: {kinds[kind]} masks, such as {examples[kind]}, {meaning}",
                IrpointWarning,
                stacklevel=4,
            )


def _is_lossy(path: Path) -> bool:
    """Whether a file is JPEG or lossy WebP."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP" and b"VP8 " in head
    return webp or head.startswith(b"\xff\xd8\xff")


def _rings(mask: Mask, bright: Flags) -> bool:
    """Whether faint pixels lie around bright ones as in a file that was once JPEG.

    Most of them then are apart from bright pixels but in the same block of 8×8 pixels.
    """
    beside = ndimage.binary_dilation(bright, _EIGHT_CONNECTED)
    apart = (mask > 0) & ~beside
    count = np.count_nonzero(apart)
    if count <= _FAINT_SHARE * np.count_nonzero(bright):
        return False
    height, width = mask.shape
    ends = ((0, -height % _BLOCK), (0, -width % _BLOCK))
    padded = np.pad(bright, ends)
    rows, columns = padded.shape
    blocks = padded.reshape(rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK).any(axis=(1, 3))
    in_block = blocks.repeat(_BLOCK, 0).repeat(_BLOCK, 1)[:height, :width]
    return bool(np.count_nonzero(apart & in_block) > 0.95 * count)


def _numbered(mask: Mask, values: npt.NDArray[Any]) -> list[Component] | None:
    """The targets of a mask whose values number them; None if they do not.

    Each number 1, 2, 3, … is one connected area, and none lies within the box of another, as the
    levels of a smooth spot do.
    """
    count = len(values)
    if count > _MOST_NUMBERS or not np.array_equal(values, np.arange(1, count + 1)):
        return None
    areas = [mask_components(mask == value) for value in values]
    if any(len(area) != 1 for area in areas):
        return None
    components = [area[0] for area in areas]
    low = np.array([component.min(axis=0) for component in components])
    high = np.array([component.max(axis=0) for component in components])
    within = (low[:, None] >= low).all(axis=2) & (high[:, None] <= high).all(axis=2)
    return components if np.count_nonzero(within) == count else None


def _split_by_bright(mask: Mask, bright: Flags) -> list[Component]:
    """The components above 0; one with several bright parts is replaced by these parts."""
    parts, _ = ndimage.label(bright, structure=_EIGHT_CONNECTED)
    targets = []
    for component in mask_components(mask):
        columns, rows = component.astype(int).T
        of_pixel = parts[rows, columns]
        inside = np.unique(of_pixel[of_pixel > 0])
        if len(inside) < 2:
            targets.append(component)
        else:
            targets += [component[of_pixel == part] for part in inside]
    return targets
