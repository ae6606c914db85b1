"""The labels that came with a dataset: one frame at a time, and a summary of all of them."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable

import numpy as np
import numpy.typing as npt

from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.label.changes import Changes
from irpoint.label.labels import FrameLabels, Point, Summary

_CHUNK = 64  # frames that are read together
_SHORT_S = 0.3  # the labels of a small dataset are read within this time


class Imported:
    """The labels of the dataset that is labelled, if the folder is one.

    Masks take milliseconds each, so that a thread reads them. It starts with the first call of
    :meth:`summaries`.

    Args:
        catalogue: the frames.
        changes: gets the frames whose labels have been read.
    """

    def __init__(self, catalogue: Catalogue, changes: Changes) -> None:
        self._catalogue, self._changes = catalogue, changes
        dataset = catalogue.dataset
        self._left = [e for e in catalogue.entries if dataset is not None and e.label_name]
        self._summaries: dict[str, Summary] = {}
        self._points: dict[str, npt.NDArray[np.float64]] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self.unread = len(self._left)

    def labels(self, entry: FrameEntry) -> FrameLabels:
        """The labels that the dataset has for a frame; empty ones if it has none."""
        dataset = self._catalogue.dataset
        if dataset is None or entry.label_name is None:
            return FrameLabels()
        try:
            (frame,) = dataset.read([entry.label_name])
        except DatasetError as error:
            return FrameLabels(note=str(error)[:2000])
        return _labels(frame)

    def summaries(self) -> dict[str, Summary]:
        """Summaries of the frames whose labels have been read; :attr:`unread` counts the others."""
        with self._starting:
            if self._thread is None and self._left:
                self._thread = threading.Thread(target=self._read_all, daemon=True)
                self._thread.start()
                self._thread.join(_SHORT_S)
        return dict(self._summaries)

    def summaries_of(self, frames: Collection[str]) -> dict[str, Summary]:
        """Summaries of some frames, as far as their labels have been read."""
        return {name: self._summaries[name] for name in frames if name in self._summaries}

    def points(self, frame: str) -> npt.NDArray[np.float64]:
        """(N, 2) points of a frame, as far as its labels have been read."""
        return self._points.get(frame, np.zeros((0, 2)))

    def close(self) -> None:
        """Stop reading."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _read_all(self) -> None:
        for start in range(0, len(self._left), _CHUNK):
            if self._stop.is_set():
                return
            entries = self._left[start : start + _CHUNK]
            found = self._read(entries)
            for entry, labels in zip(entries, found, strict=True):
                self._points[entry.name] = positions((p.x, p.y) for p in labels.points)
            self._summaries.update(
                (entry.name, Summary(labels.state, len(labels.points), bool(labels.note)))
                for entry, labels in zip(entries, found, strict=True)
            )
            self.unread -= len(entries)
            self._changes.note(entry.name for entry in entries)

    def _read(self, entries: list[FrameEntry]) -> list[FrameLabels]:
        """The labels of several frames, so that a warning about many of them is given once."""
        dataset = self._catalogue.dataset
        assert dataset is not None
        try:
            frames = dataset.read([entry.label_name or "" for entry in entries])
        except DatasetError:  # of one of them
            return [self.labels(entry) for entry in entries]
        return [_labels(frame) for frame in frames]


def positions(pairs: Iterable[tuple[float, float]]) -> npt.NDArray[np.float64]:
    """(N, 2) positions from pairs (x, y)."""
    return np.array(list(pairs), float).reshape(-1, 2)


def _labels(frame: LabelledFrame) -> FrameLabels:
    xy = frame.points.xy.tolist()
    points = tuple(
        Point(x=float(x), y=float(y), origin="source", track=track)
        for (x, y), track in zip(xy, frame.tracks or (None,) * len(xy), strict=True)
    )
    return FrameLabels(state="imported", points=points)
