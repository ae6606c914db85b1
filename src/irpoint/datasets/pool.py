"""Pool several datasets, with each image once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from irpoint.datasets.record import Dataset, LabelledFrame
from irpoint.errors import DatasetError, FrameError


@dataclass
class _Kept:
    """A frame of the pool: its position, the number of its dataset, and whether it is final."""

    position: int
    owner: int
    final: bool


def pool(datasets: Sequence[Dataset]) -> list[LabelledFrame]:
    """The frames of several datasets, in their order; an image that two of them share counts once.

    Two images are the same if their decoded pixels are equal, regardless of file type and colour
    mode. The first record of an image is kept, unless a later dataset corrects the labels of
    others, as SIRST v2 does. If one dataset lists an image under two names, both are kept.

    Raises:
        DatasetError: if an image that has to be compared cannot be read.
    """
    # Only images of a size that occurs in two datasets can be the same; the others are not read.
    owners: dict[tuple[int, int], set[int]] = defaultdict(set)
    for number, dataset in enumerate(datasets):
        for frame in dataset:
            owners[frame.shape].add(number)

    frames: list[LabelledFrame] = []
    kept: dict[bytes, _Kept] = {}
    for number, dataset in enumerate(datasets):
        for frame in dataset:
            if len(owners[frame.shape]) > 1:
                key = _pixel_key(frame)
                known = kept.get(key)
                if known is not None and known.owner != number:
                    if dataset.corrects_others and not known.final:
                        frames[known.position] = frame
                        known.final = True
                    continue
                kept.setdefault(key, _Kept(len(frames), number, dataset.corrects_others))
            frames.append(frame)
    return frames


def _pixel_key(frame: LabelledFrame) -> bytes:
    try:
        pixels = frame.read()
    except FrameError as error:
        raise DatasetError(str(error)) from error
    digest = hashlib.sha256(repr(pixels.shape).encode())
    # Convert to one type, so that an 8-bit file and a float32 file with the same values are equal.
    digest.update(pixels.astype(np.float64).tobytes())
    return digest.digest()
