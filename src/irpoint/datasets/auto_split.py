"""Split a dataset without split lists into train and val, by sequences.

The frames of a sequence look alike, so a sequence is never on both sides. Names tell sequences
apart: ``clip7_0001`` and ``clip7_0002`` share the stem ``clip7``, as do the frames of a stack or
video; folders are part of the stem.
"""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from irpoint.datasets.images import without_suffix
from irpoint.datasets.layout import OpenedLayout
from irpoint.datasets.lists import listed_names
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.frames.natural import natural_key
from irpoint.system.atomic import atomic_write

VAL_SHARE = 0.2
"""Share of the frames in val; more if sequences are long."""

SplitLists = Mapping[str, Mapping[str, Sequence[str]]]
"""Split lists of datasets without lists of their own: by dataset name, then by split name."""

_FOLDER = "splits"


def sequence_of(name: str) -> str:
    """The sequence of a frame: its name without its number, and without Roboflow's hash.

    >>> sequence_of("night/clip7_0012"), sequence_of("hangar.tif#3"), sequence_of("0012")
    ('night/clip7', 'hangar.tif', '')
    """
    folder, slash, stem = name.rpartition("/")
    stem, _, _ = stem.partition(".rf.")
    if re.search(r"#\d+$", stem):
        stem = re.sub(r"#\d+$", "", stem)
    else:
        stem = re.sub(r"_(png|jpe?g|tiff?|bmp|webp)$", "", stem)  # Roboflow keeps the old suffix
        stem = re.sub(r"[\s_.()-]*\d+[\s)]*$", "", stem)
    return f"{folder}{slash}{stem}"


def automatic_lists(opened: OpenedLayout, seed: int) -> dict[str, tuple[str, ...]]:
    """The lists ``train`` and ``val`` of a dataset; the same for the same seed.

    Whole sequences are drawn for ``val`` until it has about a fifth of the frames. If only one
    sequence has targets, it is cut in two parts instead, the end of it for ``val``. Both lists have
    a frame with a target.

    Raises:
        DatasetError: if fewer than two frames have targets, or if a label is wrong.
    """
    names = sorted(opened.names, key=natural_key)
    with warnings.catch_warnings(action="ignore", category=IrpointWarning):  # they are read again
        targets = {frame.name for frame in opened.read(names) if len(frame.points)}
    if len(targets) < 2:
        raise DatasetError(
            f"{opened.root}: has no split lists, and {len(targets)} of its frames have a target; "
            "two are needed, one to train and one to validate: label more frames"
        )
    sequences: dict[str, list[str]] = {}
    for name in names:
        sequences.setdefault(sequence_of(name), []).append(name)
    rng = np.random.default_rng((seed, zlib.crc32(opened.root.name.encode(errors="replace"))))
    keys = sorted(sequences)
    drawn = [sequences[keys[k]] for k in rng.permutation(len(keys))]
    with_targets = [frames for frames in drawn if targets & set(frames)]
    val = set(
        _ending(with_targets[0], targets)
        if len(with_targets) == 1
        else _whole_sequences(drawn, with_targets, VAL_SHARE * len(names))
    )
    return {
        "train": tuple(name for name in names if name not in val),
        "val": tuple(name for name in names if name in val),
    }


def _whole_sequences(
    drawn: list[list[str]], with_targets: list[list[str]], wanted: float
) -> list[str]:
    """Sequences with about ``wanted`` frames; at least one with targets in them and outside."""
    first = min(with_targets[:5], key=lambda frames: abs(len(frames) - wanted))
    kept = next(frames for frames in with_targets if frames is not first)
    val = list(first)
    for frames in drawn:
        if frames is not first and frames is not kept and len(val) + len(frames) <= wanted * 1.25:
            val += frames
    return val


def _ending(frames: list[str], targets: set[str]) -> list[str]:
    """The last fifth of a sequence, or more or less, so that both parts have a target."""
    places = [place for place, name in enumerate(frames) if name in targets]
    start = len(frames) - max(1, round(VAL_SHARE * len(frames)))
    return frames[min(max(start, places[0] + 1), places[-1]) :]


def save_lists(folder: Path, lists: SplitLists) -> None:
    """Write lists to ``folder``, as ``splits/DATASET/train.txt`` and so on."""
    for dataset, splits in lists.items():
        for split, names in splits.items():
            # A reader of lists removes one suffix, which may be part of a name: a.tif of a.tif.png.
            lines = (name if without_suffix(name) == name else f"{name}.png" for name in names)
            text = "".join(f"{line}\n" for line in lines)
            try:
                atomic_write(folder / _FOLDER / dataset / f"{split}.txt", text)
            except UnicodeEncodeError as error:
                name = error.object[max(error.start - 20, 0) : error.end + 20]
                raise DatasetError(
                    f"{dataset}: a file name near {name!r} is not UTF-8; rename it"
                ) from error


def run_folder(model: str | Path) -> Path:
    """The folder of the run that a model belongs to, given the run or a file in it."""
    path = Path(model)
    return path.parent if path.is_file() else path


def saved_lists(folder: Path) -> SplitLists:
    """The lists that :func:`save_lists` wrote to ``folder``; empty if there are none.

    Raises:
        DatasetError: if a list cannot be read.
    """
    return {
        path.name: {file.stem: listed_names(file) for file in sorted(path.glob("*.txt"))}
        for path in sorted((folder / _FOLDER).glob("*"))
        if path.is_dir()
    }
