"""The split lists of a run whose data have none."""

from __future__ import annotations

import warnings
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
        if opened.splits:
            continue
        split = lists[opened.root.name] = automatic_lists(opened, settings.seed)
        sizes = " and ".join(
            f"{len(names)} frames of {len({sequence_of(name) for name in names})} sequences to "
            f"{part}"
            for part, names in split.items()
        )
        warnings.warn(
            f"{root}: no split lists; {sizes}, saved in {run / 'splits' / opened.root.name}. "
            "--split and --val-split choose others",
            IrpointWarning,
            stacklevel=2,
        )
    return lists
