"""Proposals of a model: immediately for the frame on the screen, in the background for others."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from irpoint.errors import FrameError, IrpointError, ModelError
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.label.queue import ambiguity
from irpoint.label.store import Store
from irpoint.runtime import Detector
from irpoint.runtime.polarity import passes
from irpoint.zoo import find_model, model_names

Proposal = tuple[float, float, float]  # x, y, score

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
        self._key = f"{name}:{model.card.sha256[:12]}" + (polarity != "bright") * f":{polarity}"
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
        known = _parsed(self._store.proposals(entry.name, key))
        if known is None:
            self._urgent.set()
            try:
                known = _parsed(self._process(detector, key, entry))
            finally:
                self._urgent.clear()
        return known or []

    def ambiguities(self) -> dict[str, float]:
        """Ambiguity of each frame that the chosen model has processed; empty without a model."""
        return self._store.ambiguities(self._key) if self._detector else {}

    @property
    def key(self) -> str:
        """Identifies the chosen model, its weights and the polarity; empty without a model."""
        return self._key if self._detector else ""

    def known(self, name: str) -> list[Proposal] | None:
        """The stored proposals of the chosen model for a frame; None if it has not processed it."""
        return _parsed(self._store.proposals(name, self._key)) if self._detector else None

    def _process(self, detector: Detector, key: str, entry: FrameEntry) -> str:
        frame = self._catalogue.read(entry)
        with self._in_use:
            from_score = _MEASURED_SHARE * detector.threshold
            found = detector.candidates(frame, from_score)[:_MAX_PROPOSALS]
        rows = [
            (round(float(x), 3), round(float(y), 3), round(float(s), 4))
            for (x, y), s in zip(found.xy, found.score, strict=True)
        ]
        text = json.dumps(rows)
        self._store.put_proposals(entry.name, key, text, ambiguity(found, detector.threshold))
        return text

    def _process_all(self, stop: threading.Event) -> None:
        detector, key = self._detector, self._key
        assert detector is not None
        known = self._store.ambiguities(key)
        for entry in self._catalogue.entries:
            while self._urgent.is_set() and not stop.is_set():
                stop.wait(0.02)
            if stop.is_set():
                return
            if entry.name not in known:
                try:
                    self._process(detector, key, entry)
                except FrameError:
                    pass  # reported when the frame is shown
                except IrpointError:
                    return  # the store cannot be written; the next click reports it
            self.processed += 1


def _parsed(text: str | None) -> list[Proposal] | None:
    """Stored proposals; None if there are none, or if they are damaged."""
    try:
        return (
            None
            if text is None
            else [(float(x), float(y), float(s)) for x, y, s in json.loads(text)]
        )
    except (ValueError, TypeError):
        return None
