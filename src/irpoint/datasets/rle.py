"""Run-length encoded masks of COCO, CVAT and Label Studio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def coco_mask(counts: object, height: int, width: int) -> Mask:
    """A mask (H, W) of COCO: runs down the columns, the first of them background.

    Args:
        counts: the lengths of the runs, as a list or in COCO's compressed text.
        height, width: size of the mask.

    Raises:
        ValueError: if the runs do not fill the mask exactly.
    """
    lengths = _decompressed(counts) if isinstance(counts, str) else counts
    return _filled(lengths, height * width, exact=True).reshape(width, height).T


def cvat_mask(text: str, height: int, width: int) -> Mask:
    """A mask (H, W) of CVAT: runs along the rows, the first of them background.

    Args:
        text: the lengths of the runs, separated by commas.
        height, width: size of the mask.

    Raises:
        ValueError: if the text is not a list of numbers, or if the runs exceed the mask.
    """
    lengths = [int(part) for part in text.split(",")]
    return _filled(lengths, height * width, exact=False).reshape(height, width)


def label_studio_mask(rle: object, height: int, width: int) -> Mask:
    """A mask (H, W) of Label Studio's brush: the opaque pixels of a packed RGBA picture.

    The bytes hold: the number of values in 32 bits, the bits of a value minus 1 in 5, and four
    lengths minus 1 in 4 bits each. Then come the runs: a bit that is 1 if one value is repeated,
    two bits that choose the length of the next field, that field with the number of values minus 1,
    and the value or values.

    Raises:
        ValueError: if the bytes are not such a picture of this size.
    """
    if not isinstance(rle, list) or not all(type(byte) is int and 0 <= byte < 256 for byte in rle):
        raise ValueError("not a list of bytes")
    bits = "".join(f"{byte:08b}" for byte in rle)
    position = 0

    def take(count: int) -> int:
        nonlocal position
        position += count
        if position > len(bits):
            raise ValueError("its end is missing")
        return int(bits[position - count : position], 2)

    if take(32) != 4 * height * width:
        raise ValueError(f"not of {width}x{height} pixels")
    size = take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    values = np.zeros(4 * height * width, bool)
    done = 0
    while done < len(values):
        repeated = take(1)
        end = min(done + 1 + take(sizes[take(2)]), len(values))
        if repeated:
            values[done:end] = take(size) > 0
        else:
            values[done:end] = [take(size) > 0 for _ in range(end - done)]
        done = end
    return values.reshape(height, width, 4)[..., 3]


def _decompressed(text: str) -> list[int]:
    """The run lengths in COCO's text.

    Each character holds 5 bits of a number, lowest first, and a bit that is 1 if more follow. From
    the fourth on, a number is the difference to the number two before it.
    """
    lengths: list[int] = []
    number = shift = 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64 or shift > 60:
            raise ValueError(f"the character {character!r} is not one of compressed runs")
        number |= (code & 31) << shift
        shift += 5
        if not code & 32:
            if code & 16:  # negative
                number -= 1 << shift
            lengths.append(number + (lengths[-2] if len(lengths) > 2 else 0))
            number = shift = 0
    if shift:
        raise ValueError("the last run is cut off")
    return lengths


def _filled(lengths: object, size: int, exact: bool) -> Mask:
    """The mask of alternating runs, as a line of ``size`` pixels."""
    if not isinstance(lengths, Sequence) or not all(
        type(length) is int and 0 <= length <= size for length in lengths
    ):
        raise ValueError("the runs are not whole numbers in the size of the mask")
    total = sum(lengths)
    if total > size or (exact and total < size):
        raise ValueError(f"the runs make {total} pixels, not {size}")
    values = np.arange(len(lengths)) % 2 == 1
    return np.concatenate([np.repeat(values, lengths), np.zeros(size - total, bool)])
