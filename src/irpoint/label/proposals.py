"""Proposals of a model: immediately for the frame on the screen, in the background for others."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from irpoint.errors import FrameError, IrpointError, ModelError
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.label.queue import ambiguity
from irpoint.label.store import Store
from irpoint.measurement import Flag, Measurement
from irpoint.points import Points
from irpoint.runtime import Detector
from irpoint.runtime.detector import CANDIDATE_SCORE
from irpoint.runtime.polarity import passes
from irpoint.tracking import LOWEST_SCORE
from irpoint.zoo import find_model, model_names

Proposal = tuple[float, float, float]  # x, y, score
# A stored row: x, y, score, uncertainty in px (None if it was not measured), whether it is dark.
# Weaker candidates than the page shows are stored for the tracker, which adds up their evidence.
_Row = tuple[float, float, float, float | None, bool]
_ROWS = 2  # version of the rows; those of an earlier version are not read

_MAX_PROPOSALS = 300  # per frame, highest scores first
# Proposals of at least this share of the threshold are measured; weaker ones are rarely accepted,
# and a filter has thousands of them.
_MEASURED_SHARE = 0.5


class Proposer:
    """Runs one model at a time over the frames of a catalogue and stores its proposals.

    Args:
        catalogue: the frames.
        store: the store of the proposals, separate for each model, its weights and the
            polarity.
        runs: folder of training runs, whose models can be chosen like the shipped ones.
    """

    def __init__(self, catalogue: Catalogue, store: Store, runs: Path) -> None:
        self._catalogue, self._store, self._runs = catalogue, store, runs
        self._detector: Detector | None = None
        self._key = ""
        self._in_use = threading.Lock()
        self._background: threading.Thread | None = None
        self.paused = threading.Event()  # while a clip is linked, other frames wait
        self._stop = threading.Event()
        self._urgent = threading.Event()  # the frame on the screen waits for its proposals
        self.model: str | None = None
        self.polarity = "bright"
        self.processed = 0

    def models(self) -> list[str]:
        """Names that can be chosen: the shipped models, then finished runs, newest last."""
        finished = sorted(self._runs.glob("*/model.onnx"), key=lambda path: path.stat().st_mtime)
        return [*model_names(), *(f"runs/{path.parent.name}" for path in finished)]

    def choose(self, name: str | None, polarity: str | None = None) -> None:
        """Switch to another model, or to none.

        Args:
            name: one of :meth:`models`; None for no model.
            polarity: ``bright``, ``dark`` or ``both``: the targets to propose. None keeps the last.

        Raises:
            ModelError: if the name is not one of :meth:`models`.
            SettingsError: if there is no such polarity.
        """
        polarity = polarity or self.polarity
        passes(polarity)
        if name is not None and name not in self.models():
            raise ModelError(f"{name}: no such model; choose one of {', '.join(self.models())}")
        if (name, polarity) == (self.model, self.polarity) and name is not None:
            return
        self.close()
        self.model, self.polarity = None, polarity
        if name is None:
            return
        is_run = name.startswith("runs/")
        model = find_model(self._runs / name.removeprefix("runs/") if is_run else name)
        self._detector = Detector(model, polarity=polarity)
        dark = (polarity != "bright") * f":{polarity}"
        self._key = f"{name}:{model.card.sha256[:12]}{dark}:{_ROWS}"
        self.model = name
        self._stop = threading.Event()
        self._background = threading.Thread(
            target=self._process_all, args=(self._stop,), daemon=True
        )
        self._background.start()

    def close(self) -> None:
        """Stop processing frames in the background."""
        self._stop.set()
        if self._background is not None:
            self._background.join()
        self._background, self._detector, self.processed = None, None, 0

    @property
    def chosen(self) -> tuple[Detector, str] | None:
        """The detector of the chosen model, and the key of its proposals; None without a model."""
        detector = self._detector
        return None if detector is None else (detector, self._key)

    @property
    def threshold(self) -> float | None:
        """Threshold of the chosen model; None without a model."""
        return self._detector.threshold if self._detector else None

    def propose(self, entry: FrameEntry) -> list[Proposal]:
        """Proposals for a frame, highest score first; empty if no model is chosen.

        Raises:
            FrameError: if the frame cannot be read.
        """
        detector, key = self._detector, self._key
        if detector is None:
            return []
        self._urgent.set()
        try:
            rows = self._rows(detector, key, entry)
        finally:
            self._urgent.clear()
        return _shown(rows)

    def candidates(self, detector: Detector, key: str, entry: FrameEntry) -> Points:
        """The points of a frame for a tracker, weak ones too, highest score first.

        Args:
            detector, key: see :attr:`chosen`.
            entry: the frame.

        Raises:
            FrameError: if the frame cannot be read.
        """
        rows = self._rows(detector, key, entry)
        if not rows:
            return Points.empty()
        xy = np.array([row[:2] for row in rows])
        std = np.array([np.nan if row[3] is None else row[3] for row in rows])
        known = np.isfinite(std)
        measured = Measurement.unmeasured(xy, 1.0)
        deviation = np.where(known, std, 1.0)
        flags = np.where(known, 0, Flag.UNMEASURED).astype(np.uint8)
        measured = replace(measured, x_std=deviation, y_std=deviation, flags=flags)
        return Points(
            xy.astype(np.float32),
            np.array([row[2] for row in rows], np.float32),
            np.array([row[4] for row in rows]),
            measured if detector.measures else None,
        )

    def wait_for_page(self, stop: threading.Event) -> None:
        """Wait while a page waits for the proposals of its frame."""
        while self._urgent.is_set() and not stop.is_set():
            stop.wait(0.02)

    def _rows(self, detector: Detector, key: str, entry: FrameEntry) -> list[_Row]:
        """The stored rows of a frame, which is processed if there are none."""
        known = _parsed(self._store.proposals(entry.name, key))
        return known if known is not None else self._process(detector, key, entry)

    def ambiguities(self) -> dict[str, float]:
        """Ambiguity of each frame that the chosen model has processed; empty without a model."""
        return self._store.ambiguities(self._key) if self._detector else {}

    @property
    def key(self) -> str:
        """Identifies the chosen model, its weights and the polarity; empty without a model."""
        return self._key if self._detector else ""

    def known(self, name: str) -> list[Proposal] | None:
        """The stored proposals of the chosen model for a frame; None if it has not processed it."""
        rows = _parsed(self._store.proposals(name, self._key)) if self._detector else None
        return None if rows is None else _shown(rows)

    def _process(self, detector: Detector, key: str, entry: FrameEntry) -> list[_Row]:
        frame = self._catalogue.read(entry)
        with self._in_use:
            # A filter has a peak at every speck of noise.
            lowest = CANDIDATE_SCORE if detector.card.is_filter else LOWEST_SCORE
            measured_from = _MEASURED_SHARE * detector.threshold
            found = detector.judge([frame], measured_from, lowest)[0][0][:_MAX_PROPOSALS]
        rows = _rows_of(found)
        shown = found.above(CANDIDATE_SCORE)
        ambiguous = ambiguity(shown, detector.threshold)
        self._store.put_proposals(entry.name, key, json.dumps(rows), ambiguous)
        return rows

    def _process_all(self, stop: threading.Event) -> None:
        detector, key = self._detector, self._key
        assert detector is not None
        known = self._store.ambiguities(key)
        for entry in self._catalogue.entries:
            while self.paused.is_set() and not stop.is_set():
                stop.wait(0.05)
            self.wait_for_page(stop)
            if stop.is_set():
                return
            if entry.name not in known:
                try:
                    self._rows(detector, key, entry)  # it may be linked already
                except FrameError:
                    pass  # reported when the frame is shown
                except IrpointError:
                    return  # the store cannot be written; the next click reports it
            self.processed += 1


def _rows_of(points: Points) -> list[_Row]:
    measured = points.measured
    stds: list[float | None] = [None] * len(points)
    if measured is not None:
        both = np.hypot(measured.x_std, measured.y_std) / np.sqrt(2)
        failed = measured.has(Flag.UNMEASURED)
        stds = [None if no else round(float(s), 3) for no, s in zip(failed, both, strict=True)]
    return [
        (round(x, 3), round(y, 3), round(score, 4), std, dark)
        for (x, y), score, std, dark in zip(
            points.xy.tolist(), points.score.tolist(), stds, points.dark.tolist(), strict=True
        )
    ]


def _shown(rows: list[_Row]) -> list[Proposal]:
    """The rows that are strong enough for the page."""
    return [(x, y, score) for x, y, score, *_ in rows if score >= CANDIDATE_SCORE]


def _parsed(text: str | None) -> list[_Row] | None:
    """Stored rows; None if there are none, or if they are damaged."""
    try:
        return (
            None
            if text is None
            else [
                (float(x), float(y), float(s), None if std is None else float(std), bool(dark))
                for x, y, s, std, dark in json.loads(text)
            ]
        )
    except (ValueError, TypeError):
        return None
