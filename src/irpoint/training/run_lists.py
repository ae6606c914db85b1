"""The split lists of a run whose data have none."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from irpoint.datasets.auto_split import SplitLists, automatic_lists, saved_lists, sequence_of
from irpoint.datasets.load import open_dataset
from irpoint.errors import IrpointWarning
from irpoint.training.settings import TrainSettings

_DEFAULT_SPLITS = ("train", "val")


def find_lists(settings: TrainSettings, run: Path) -> SplitLists:
    """The lists ``train`` and ``val`` of each dataset of a run that has no split lists.

    They are those saved in the folder of the run, if it is resumed; else they are drawn with the
    seed of the run. Data are not split if the settings name other splits.

    Raises:
        DatasetError: if a dataset cannot be read, or has fewer than two frames with targets.

    Warns:
        IrpointWarning: for each dataset that was split, with the sizes of both parts.
    """
    saved = saved_lists(run)
    if saved or (settings.split, settings.val_split) != _DEFAULT_SPLITS:
        return saved
    lists = {}
    for root in settings.data:
        opened = open_dataset(root)
        if opened.divided:
            continue
        split = lists[opened.root.name] = automatic_lists(opened, settings.seed)
        warnings.warn(
            f"{root}: no split lists; {_in_words(split)}, saved in "
            f"{run / 'splits' / opened.root.name}. --split and --val-split choose others",
            IrpointWarning,
            stacklevel=2,
        )
    return lists


def _in_words(split: Mapping[str, Sequence[str]]) -> str:
    train, val = split["train"], split["val"]
    sequences = [{sequence_of(name) for name in names} for names in (train, val)]
    if sequences[0] & sequences[1]:
        return f"{len(train)} frames train and the last {len(val)} of their sequence validate"
    return (
        f"{len(train)} frames train ({len(sequences[0])} sequences) and {len(val)} validate "
        f"({len(sequences[1])})"
    )
