"""One labelling session: the frames, what is said of them, the model that helps, the training."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

from irpoint.errors import DatasetError, IrpointWarning, SettingsError, one_line
from irpoint.label.catalogue import Catalogue, FrameEntry, printable
from irpoint.label.interpolation import interpolated
from irpoint.label.label_files import Exported, export
from irpoint.label.labels import FrameLabels, Origin, Point, Stored
from irpoint.label.proposals import Candidate, Proposer
from irpoint.label.queue import Order, queue
from irpoint.label.store import Store
from irpoint.label.tabs import Tabs
from irpoint.label.training import Progress, Trainer


class LabelSession:
    """Labels for the frames of a folder; nothing in that folder is ever written.

    Args:
        folder: a data set of any layout, or any folder with frames.
        out: the session's own folder: ``labels.sqlite``, ``dataset/`` (what was exported) and
            ``runs/`` (what was trained). Made where there is none; a session goes on from it.

    Raises:
        DatasetError: where ``folder`` holds no frame, or ``out`` lies in it, cannot be written or
            belongs to another folder.
        StoreError: where the labels in ``out`` cannot be opened.
    """

    def __init__(self, folder: Path, out: Path) -> None:
        self.catalogue = Catalogue(folder)
        self.out = out.absolute()
        if self.out.resolve().is_relative_to(self.catalogue.root):
            raise DatasetError(f"{out}: lies in the folder that is labelled; give one outside it")
        self.store = self._open_store()
        self.proposer = Proposer(self.catalogue, self.store, self.out / "runs")
        self.trainer = Trainer(self.out / "runs")
        self.tabs = Tabs()
        self._export = threading.Lock()

    def _open_store(self) -> Store:
        path = self.out / "labels.sqlite"
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            if not path.exists() and any((self.out / "dataset").glob("*")):
                raise DatasetError(
                    f"{self.out}: holds a dataset/ that no labelling has made; give --out"
                )
        except OSError as error:
            raise DatasetError(f"{self.out}: cannot be made ({one_line(error)})") from error
        store = Store(path)
        try:
            self._claim(store)
        except BaseException:
            store.close()
            raise
        return store

    def _claim(self, store: Store) -> None:
        """Refuse labels of another folder; a folder that was moved goes on, and is said."""
        now, before = self.catalogue.root, store.folder
        if before not in (None, printable(now)) and not _same(Path(before or ""), now):
            said = f"{store.path}: labels of {before}"
            touched = store.states()
            if Path(before or "").is_dir():
                raise DatasetError(f"{said}, not of {now}; give --out another folder")
            if touched and not any(self.catalogue.number(name) is not None for name in touched):
                raise DatasetError(f"{said}, and none of its frames are in {now}; give --out")
            warnings.warn(f"{said}, which is gone: taken for {now}", IrpointWarning, stacklevel=4)
        if before != printable(now):
            store.folder = printable(now)

    def close(self) -> None:
        """Stop what runs in the background."""
        self.trainer.stop()
        self.proposer.close()
        self.store.close()

    def entry(self, name: str) -> FrameEntry:
        """The frame of this name.

        Raises:
            DatasetError: where there is none.
        """
        number = self.catalogue.number(name)
        if number is None:
            raise DatasetError(f"{name[:200]}: no frame of this name in the folder")
        return self.catalogue.entries[number]

    def labels(self, name: str) -> Stored:
        """What is said of a frame: by a person, else by the data set, else nothing."""
        return self.store.get(name) or Stored(labels=self._from_source(self.entry(name)))

    def put(self, name: str, labels: FrameLabels, version: int, tab: str = "") -> Stored:
        """Replace the labels of a frame that are at ``version``; ``tab`` is who does.

        Raises:
            Conflict: where they are at another by now.
        """
        before = {name: self.labels(name).labels}
        others = self.tabs.others(tab)
        return self.store.put({name: (labels, version)}, before, tab, others)[name]

    def undo(self, tab: str = "") -> dict[str, Stored]:
        """Take back the last step that is not of another open tab; the frames it touched.

        Raises:
            Conflict: where another tab has changed one of them since.
        """
        return {name: self.labels(name) for name in self.store.undo(self.tabs.others(tab))}

    def redo(self, tab: str = "") -> dict[str, Stored]:
        """Do again what was taken back; as :meth:`undo`."""
        return {name: self.labels(name) for name in self.store.redo(self.tabs.others(tab))}

    def interpolate(self, name: str, track: int, tab: str = "") -> dict[str, Stored]:
        """Fill in a track between its clicks, over the sequence that a frame belongs to; one step.

        Raises:
            SettingsError: where the track has fewer than two clicks, and nothing to take away.
        """
        wanted, touched = self.entry(name).sequence, self.store.states()
        names = [entry.name for entry in self.catalogue.entries if entry.sequence == wanted]
        found = {at: self._origins(k, track) for at, k in enumerate(names) if k in touched}
        holding = [at for at, origins in found.items() if origins]
        clicks = sum(origins != {"track"} for origins in found.values() if origins)
        if clicks < 2 and clicks == len(holding):
            raise SettingsError(f"track {track} has {clicks} clicks: set it in two frames or more")
        span = names[holding[0] : holding[-1] + 1]
        held = {k: self.labels(k) for k in span}
        shape = self.catalogue.read(self.entry(name)).shape
        said = {k: at.labels for k, at in held.items()}
        changed = interpolated(span, said, track, (shape[0], shape[1]))
        changes = {k: (labels, held[k].version) for k, labels in changed.items()}
        return self.store.put(changes, said, tab, self.tabs.others(tab))

    def _origins(self, name: str, track: int) -> set[Origin]:
        """Where the points of a track in a frame come from."""
        points = self.labels(name).labels.points
        return {point.origin for point in points if point.track == track}

    def queue(self, order: Order) -> list[int]:
        """Numbers of the frames in the order in which to show them."""
        names = [entry.name for entry in self.catalogue.entries]
        states = self.store.states()
        decided = {name for name, (state, _) in states.items() if state in ("done", "empty")}
        return queue(names, order, self.proposer.ambiguities(), decided)

    def proposals(self, name: str) -> list[Candidate]:
        """What the chosen model sees in a frame, best first."""
        return self.proposer.of(self.entry(name))

    def export(self) -> Exported:
        """Write the decided frames as a data set for ``irpoint train``.

        Raises:
            DatasetError: where none is decided yet.
        """
        self.store.gather()
        with self._export:
            return export(self.catalogue, self._decided(), self.out / "dataset")

    def train(self, init: str) -> Progress:
        """Export, and train on it in the background.

        Args:
            init: the shipped model or earlier run to start from.

        Raises:
            DatasetError: where nothing is decided, or no target among it.
            SettingsError: where a training is running already.
        """
        exported = self._lesson()
        return self.trainer.start(exported.folder, exported.frames, init)

    def training_command(self, init: str) -> tuple[Exported, list[str]]:
        """Export, and the command line that trains on it; errors as :meth:`train`."""
        exported = self._lesson()
        return exported, self.trainer.command(exported.folder, exported.frames, init)

    def _lesson(self) -> Exported:
        exported = self.export()
        if not exported.targets:
            raise DatasetError("no target among the frames that are decided: nothing to learn from")
        if "train" not in exported.lists:
            held = ", ".join(exported.lists)
            raise DatasetError(
                f"all decided frames are on lists of the data set ({held}): none to train on"
            )
        return exported

    def _decided(self) -> Iterator[tuple[FrameEntry, FrameLabels]]:
        states = self.store.states()
        for entry in self.catalogue.entries:
            if entry.name not in states and entry.label_name is None:
                continue
            labels = self.labels(entry.name).labels
            if labels.decided:
                yield entry, labels

    def _from_source(self, entry: FrameEntry) -> FrameLabels:
        """The labels that the data set came with."""
        dataset = self.catalogue.dataset
        if dataset is None or entry.label_name is None:
            return FrameLabels()
        try:
            (frame,) = dataset.read([entry.label_name])
        except DatasetError as error:
            return FrameLabels(note=str(error))
        points = tuple(
            Point(x=float(x), y=float(y), origin="source") for x, y in frame.points.xy.tolist()
        )
        return FrameLabels(state="done" if points else "empty", points=points)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
