"""Several data sets as one, each image once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from irpoint.datasets.record import Dataset, LabelledFrame
from irpoint.errors import DatasetError, FrameError
from irpoint.frames.read import read_frame


def pool(datasets: Sequence[Dataset]) -> list[LabelledFrame]:
    """The frames of several data sets, in their order; an image that comes twice counts once.

    Images are the same where their decoded pixels are, whatever the file kind or colour mode. Of
    two records of an image that of SIRST v2 is kept (its masks are the corrected ones), else the
    first. Images that one data set lists twice under two names are its own affair, and stay.

    Raises:
        DatasetError: where an image that has to be compared cannot be read.
    """
    # Only images of equal size in two data sets can be the same, so that the rest stay unread.
    owners: dict[tuple[int, int], set[int]] = defaultdict(set)
    for number, dataset in enumerate(datasets):
        for frame in dataset:
            owners[frame.shape].add(number)

    kept: list[LabelledFrame] = []
    place: dict[bytes, tuple[int, int, bool]] = {}  # where in `kept`, of which set, from SIRST v2
    for number, dataset in enumerate(datasets):
        preferred = dataset.layout == "sirst-v2"
        for frame in dataset:
            if len(owners[frame.shape]) > 1:
                key = _pixel_key(frame)
                if key in place and place[key][1] != number:
                    position, owner, settled = place[key]
                    if preferred and not settled:
                        kept[position] = frame
                        place[key] = (position, owner, True)
                    continue
                place.setdefault(key, (len(kept), number, preferred))
            kept.append(frame)
    return kept


def _pixel_key(frame: LabelledFrame) -> bytes:
    try:
        pixels = read_frame(frame.image)
    except FrameError as error:
        raise DatasetError(str(error)) from error
    digest = hashlib.sha256(repr(pixels.shape).encode())
    # One type for all, so that an 8-bit file and a float32 one of the same values agree.
    digest.update(pixels.astype(np.float64).tobytes())
    return digest.digest()
