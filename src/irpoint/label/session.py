"""A labelling session: the frames, their labels, the proposals of a model, and training."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

from irpoint.errors import DatasetError, IrpointWarning, one_line
from irpoint.frames.raw import RawLayout
from irpoint.label.catalogue import Catalogue, FrameEntry, printable
from irpoint.label.disagreement import Disagreement, Disagreements, Positions
from irpoint.label.imported import Imported, positions
from irpoint.label.label_files import WrittenDataset, split_lists, write_dataset
from irpoint.label.labels import FrameLabels, StoredLabels, Summary
from irpoint.label.linking import Linker
from irpoint.label.proposals import Proposal, Proposer
from irpoint.label.queue import Order, queue
from irpoint.label.store import Store
from irpoint.label.tabs import Tabs
from irpoint.label.thumbnails import Thumbnails
from irpoint.label.tracks import Tracks
from irpoint.label.training.labelled import labelled_frames
from irpoint.label.training.plan import PlanFrame
from irpoint.label.training.progress import Progress
from irpoint.label.training.start import start_of
from irpoint.label.training.trainer import Estimate, Trainer
from irpoint.label.views import Views


class LabelSession:
    """Labels for the frames of a folder. The folder itself is never changed.

    Args:
        folder: a dataset of any layout, or any folder with frames.
        out: the folder of the session: ``labels.sqlite``, ``dataset/`` (the last export) and
            ``runs/`` (training runs). If it exists, the session is resumed.
        raw: layout of the pixels, if the files are headerless.

    Raises:
        DatasetError: if ``folder`` has no frame, or if ``out`` is inside it, cannot be written or
            belongs to another folder.
        StoreError: if the labels in ``out`` cannot be opened.
    """

    def __init__(self, folder: Path, out: Path, raw: RawLayout | None = None) -> None:
        self.catalogue = Catalogue(folder, raw)
        self.out = out.absolute()
        if self.out.resolve().is_relative_to(self.catalogue.root):
            raise DatasetError(f"{out}: is inside the labelled folder; give a folder outside it")
        self.store = self._open_store()
        self.imported = Imported(self.catalogue, self.store.changes)
        self.proposer = Proposer(self.catalogue, self.store, self.out / "runs")
        self.thumbnails = Thumbnails(self.catalogue)
        self._disagreements = Disagreements(self.positions, self.proposer.known)
        self.trainer = Trainer(self.out / "runs")
        self.tabs = Tabs()
        self.views = Views(self.catalogue)
        self.linker = Linker(self.catalogue, self.store, self.proposer)
        self.tracks = Tracks(self.catalogue, self.store, self.imported, self.tabs, self.linker)
        self._writing = threading.Lock()

    def _open_store(self) -> Store:
        path = self.out / "labels.sqlite"
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            if not path.exists() and any((self.out / "dataset").glob("*")):
                raise DatasetError(
                    f"{self.out}: has a dataset/ that is not from a labelling session; "
                    "give --out another folder"
                )
        except OSError as error:
            raise DatasetError(f"{self.out}: cannot be created ({one_line(error)})") from error
        store = Store(path)
        try:
            self._check_folder(store)
        except BaseException:
            store.close()
            raise
        return store

    def _check_folder(self, store: Store) -> None:
        """Refuse labels of another folder; if the folder was moved, warn and continue."""
        now, before = self.catalogue.root, store.folder
        if before not in (None, printable(now)) and not _same(Path(before or ""), now):
            problem = f"{store.path}: the labels belong to {before}"
            changed = store.states()
            if Path(before or "").is_dir():
                raise DatasetError(f"{problem}, not to {now}; give --out another folder")
            if changed and not any(self.catalogue.number(name) is not None for name in changed):
                raise DatasetError(
                    f"{problem}, and none of its frames are in {now}; give --out another folder"
                )
            warnings.warn(
                f"{problem}, which no longer exists; they are used for {now}",
                IrpointWarning, stacklevel=4,
            )  # fmt: skip
        if before != printable(now):
            store.folder = printable(now)

    def close(self) -> None:
        """Stop background work and close the store."""
        self.trainer.stop()
        self.linker.close()
        self.proposer.close()
        self.imported.close()
        self.store.close()

    def entry(self, name: str) -> FrameEntry:
        """The frame with this name.

        Raises:
            DatasetError: if there is no such frame.
        """
        return self.catalogue.entry(name)

    def labels(self, name: str) -> StoredLabels:
        """The labels of a frame: the stored ones, else those of the dataset, else empty ones."""
        return self.store.get(name) or StoredLabels(labels=self.imported.labels(self.entry(name)))

    def summaries(self) -> dict[str, Summary]:
        """Summaries of the frames that have labels; all others are open and have none."""
        stored = self.store.summaries()
        known = {name: s for name, s in stored.items() if self.catalogue.number(name) is not None}
        return self.imported.summaries() | known

    def changes(self, mark: str) -> tuple[str, dict[str, Summary] | None]:
        """The frames that have changed since an earlier call.

        Args:
            mark: the mark that the earlier call returned.

        Returns:
            The present mark, and summaries of the frames; None instead if the mark is not one of
            this session, so that any frame may have changed.
        """
        now, names = self.store.changes.since(mark)
        if names is None:
            return now, None
        known = [name for name in names if self.catalogue.number(name) is not None]
        return now, self.imported.summaries_of(known) | self.store.summaries(known)

    def put(self, name: str, labels: FrameLabels, version: int, tab: str = "") -> StoredLabels:
        """Replace the labels of a frame.

        Args:
            name: the frame.
            labels: its new labels.
            version: the version of the labels on which the new ones are based.
            tab: the tab that makes the change.

        Raises:
            Conflict: if the labels are at another version by now.
        """
        before = {name: self.labels(name).labels}
        others = self.tabs.others(tab)
        return self.store.put({name: (labels, version)}, before, tab, others)[name]

    def undo(self, tab: str = "") -> dict[str, StoredLabels]:
        """Revert the last step that was not made in another open tab.

        Returns:
            The labels of the frames that changed.

        Raises:
            Conflict: if another tab has changed one of the frames since.
        """
        return {name: self.labels(name) for name in self.store.undo(self.tabs.others(tab))}

    def redo(self, tab: str = "") -> dict[str, StoredLabels]:
        """Apply the last undone step again; see :meth:`undo`."""
        return {name: self.labels(name) for name in self.store.redo(self.tabs.others(tab))}

    def queue(self, order: Order) -> list[int]:
        """Indices of the frames in the order in which they are shown."""
        names = [entry.name for entry in self.catalogue.entries]
        states = self.store.states()
        decided = {name for name, (state, _) in states.items() if state in ("done", "empty")}
        return queue(names, order, self.proposer.ambiguities(), decided)

    def proposals(self, name: str) -> list[Proposal]:
        """Proposals of the chosen model for a frame, highest score first."""
        return self.proposer.propose(self.entry(name))

    def disagreements(self, threshold: float) -> tuple[int, dict[str, Disagreement]]:
        """The decided and imported frames whose labels differ from the proposals of the model.

        Args:
            threshold: minimum score of a proposal.

        Returns:
            The number of frames that were compared, which the model has processed, and how those
            that differ do, worst first.
        """
        key = self.proposer.key
        usable = {n: s for n, s in self.summaries().items() if s.usable}
        return self._disagreements.find(usable if key else {}, key, threshold)

    def positions(self, name: str) -> tuple[Positions, Positions]:
        """Labels and refused proposals of a frame, (N, 2) each."""
        stored = self.store.get(name)
        if stored is None:
            return self.imported.points(name), positions([])
        labels = stored.labels
        return positions((p.x, p.y) for p in labels.points), positions(labels.refused)

    def write_dataset(self) -> WrittenDataset:
        """Write the decided and the imported frames as a dataset for ``irpoint train``.

        Raises:
            DatasetError: if there are none yet.
        """
        self.store.checkpoint()
        with self._writing:
            return write_dataset(self.catalogue, self._usable(), self.out / "dataset")

    def choose(self, model: str | None, polarity: str | None = None) -> None:
        """Choose the model that proposes; a later session of the same folder remembers it.

        Arguments and errors are those of :meth:`irpoint.label.proposals.Proposer.choose`.
        """
        self.proposer.choose(model, polarity)
        self.store.model = model

    @property
    def remembered_model(self) -> str | None:
        """The model that the last session chose; None if it is not there any more."""
        model = self.store.model
        return model if model in self.proposer.models() else None

    def train(self, base: str, *, compare: bool = True) -> Progress:
        """Write the dataset and train on it in the background.

        Args:
            base: the model to train, and to compare the new one with: a shipped model (``spire``)
                or a run (``runs/3``).
            compare: whether to compare them, which takes some three times as long as the training.

        Raises:
            DatasetError: if no frame is decided, or the decided frames have no target.
            SettingsError: if a training is running already, or PyTorch is not installed.
        """
        self.trainer.check_free()
        written = self._training_dataset()
        frames = self._labelled(written.names, base, look=True)
        return self.trainer.start(
            written.folder, frames, self.proposer.model, base,
            polarity=self.proposer.polarity, compare=compare, warning=self._seen_before(base),
        )  # fmt: skip

    def estimate(self, base: str, *, compare: bool = True) -> Estimate:
        """What :meth:`train` would do, and how long it would take.

        Raises:
            SettingsError: if PyTorch is not installed.
        """
        usable = {name: name for name, summary in self.summaries().items() if summary.usable}
        frames = self._labelled(usable, base, look=False)
        return self.trainer.estimate(frames, base, compare=compare)

    def answer(self, *, use: bool) -> str | None:
        """Choose the new model of the finished training, or the one before it; return its name.

        Raises:
            ModelError: if the model cannot be loaded.
            SettingsError: if no training is done.
        """
        model = self.trainer.model_after(use=use)
        self.choose(model)
        self.trainer.note_answer(use=use)
        return model

    def _labelled(self, names: dict[str, str], base: str, *, look: bool) -> list[PlanFrame]:
        targets = {name: summary.points for name, summary in self.summaries().items()}
        lists = split_lists(self.catalogue, names) if names else {}
        learned = self.trainer.learned(base)
        return labelled_frames(self.catalogue, names, targets, lists, learned, look=look)

    def _seen_before(self, base: str) -> str:
        """A warning if a shipped model was trained on the folder that is labelled."""
        name = self.catalogue.root.name
        shipped = start_of(self.trainer.runs, base).card
        if name not in shipped.data:
            return ""
        return f"{base} was trained on {name}, so its figure here is too good."

    def training_command(self, init: str) -> tuple[WrittenDataset, list[str]]:
        """Write the dataset, and return it with the command that trains on it.

        Raises as :meth:`train`.
        """
        dataset = self._training_dataset()
        run = self.trainer.new_run()
        return dataset, self.trainer.command(dataset.folder, dataset.frames, init, run)

    def _training_dataset(self) -> WrittenDataset:
        dataset = self.write_dataset()
        if not dataset.targets:
            raise DatasetError("the decided frames have no target; training needs one or more")
        if "train" not in dataset.lists:
            lists = ", ".join(dataset.lists)
            raise DatasetError(
                f"all decided frames are in other lists of the dataset ({lists}); "
                "decide a frame of its train list, or one that is in no list"
            )
        return dataset

    def _usable(self) -> Iterator[tuple[FrameEntry, FrameLabels]]:
        states = self.store.states()
        for entry in self.catalogue.entries:
            if entry.name not in states and entry.label_name is None:
                continue
            labels = self.labels(entry.name).labels
            if labels.usable:
                yield entry, labels


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
