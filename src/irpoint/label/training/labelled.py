"""The labelled frames of a session, as a training sees them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.label.training.plan import PlanFrame
from irpoint.label.training.scenes import scenes


def labelled_frames(
    catalogue: Catalogue,
    names: Mapping[str, str],
    targets: Mapping[str, int],
    lists: Mapping[str, Sequence[str]],
    learned: Collection[str] | None,
    *,
    look: bool,
) -> list[PlanFrame]:
    """The frames of the lists ``train`` and ``val``; those of ``test`` are kept out of a training.

    Args:
        catalogue: all frames of the session.
        names: name in the dataset of each labelled frame, by its name on the page.
        targets: number of points of each labelled frame, by its name on the page.
        lists: the split lists of the dataset.
        learned: frames on the page that the present model has learned; None if any may be one.
        look: whether to look at images for recordings among them, see
            :func:`irpoint.label.training.scenes.scenes`. Else every image counts on its own.
    """
    train, val = set(lists.get("train", ())), set(lists.get("val", ()))
    numbers = [n for name in names if (n := catalogue.number(name)) is not None]
    entries = [catalogue.entries[number] for number in sorted(numbers)]
    used = [entry for entry in entries if names[entry.name] in train | val]
    places = [_place(catalogue, entry) for entry in used]
    clips = scenes(places, lambda k: _read(catalogue, used[k]) if look else None)
    return [
        PlanFrame(
            name=names[entry.name],
            frame=entry.name,
            clip=clip,
            index=index,
            targets=targets.get(entry.name, 0),
            val=names[entry.name] not in train,
            learned=learned is None or entry.name in learned,
        )
        for entry, clip, (_, index, _) in zip(used, clips, places, strict=True)
    ]


def _place(catalogue: Catalogue, entry: FrameEntry) -> tuple[str, int, bool]:
    if entry.stacked:
        return entry.sequence, entry.index, True
    return entry.sequence, catalogue.number(entry.name) or 0, False


def _read(catalogue: Catalogue, entry: FrameEntry) -> Frame | None:
    try:
        return catalogue.read(entry)
    except FrameError:
        return None
