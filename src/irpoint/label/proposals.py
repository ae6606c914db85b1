"""What a model sees in the frames: at once for the one on the screen, ahead for the others."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from irpoint.errors import FrameError, IrpointError, ModelError
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.label.queue import ambiguity
from irpoint.label.store import Store
from irpoint.runtime import Detector
from irpoint.zoo import find_model, model_names

Candidate = tuple[float, float, float]

_MOST = 300  # points of a frame that are kept, best first


class Proposer:
    """Runs one model at a time over the frames of a catalogue and remembers what it said.

    Args:
        catalogue: the frames.
        store: where answers are kept; those of a model that was retrained are not mixed up.
        runs: folder whose subfolders are training runs; their models can be chosen beside the
            shipped ones.
    """

    def __init__(self, catalogue: Catalogue, store: Store, runs: Path) -> None:
        self._catalogue, self._store, self._runs = catalogue, store, runs
        self._detector: Detector | None = None
        self._key = ""
        self._use = threading.Lock()
        self._ahead: threading.Thread | None = None
        self._stop = threading.Event()
        self._wanted = threading.Event()  # somebody waits for the frame on the screen
        self.model: str | None = None
        self.seen = 0

    def models(self) -> list[str]:
        """Names that can be chosen: shipped models, then one's own runs, newest last."""
        finished = sorted(self._runs.glob("*/model.onnx"), key=lambda path: path.stat().st_mtime)
        return [*model_names(), *(f"runs/{path.parent.name}" for path in finished)]

    def choose(self, name: str | None) -> None:
        """Take another model, or none.

        Raises:
            ModelError: where it is not one of :meth:`models`.
        """
        if name is not None and name not in self.models():
            raise ModelError(f"{name}: no such model; there are {', '.join(self.models())}")
        if name == self.model and name is not None:
            return
        self.close()
        self.model = None
        if name is None:
            return
        own = name.startswith("runs/")
        model = find_model(self._runs / name.removeprefix("runs/") if own else name)
        self._detector = Detector(model)
        self._key = f"{name}:{model.card.sha256[:12]}"
        self.model = name
        self._stop = threading.Event()
        self._ahead = threading.Thread(target=self._look_ahead, args=(self._stop,), daemon=True)
        self._ahead.start()

    def close(self) -> None:
        """Stop looking ahead."""
        self._stop.set()
        if self._ahead is not None:
            self._ahead.join()
        self._ahead, self._detector, self.seen = None, None, 0

    @property
    def threshold(self) -> float | None:
        """Threshold of the chosen model."""
        return self._detector.threshold if self._detector else None

    def of(self, entry: FrameEntry) -> list[Candidate]:
        """Candidates (x, y, score) in a frame, best first; none where no model is chosen.

        Raises:
            FrameError: where the frame cannot be read.
        """
        detector, key = self._detector, self._key
        if detector is None:
            return []
        known = self._store.proposals(entry.name, key)
        if known is None:
            self._wanted.set()
            try:
                known = self._find(detector, key, entry)
            finally:
                self._wanted.clear()
        return [(x, y, score) for x, y, score in json.loads(known)]

    def ambiguities(self) -> dict[str, float]:
        """By frame, how little sure the chosen model is of it."""
        return self._store.ambiguities(self._key) if self._detector else {}

    def _find(self, detector: Detector, key: str, entry: FrameEntry) -> str:
        frame = self._catalogue.read(entry)
        with self._use:
            found = detector.candidates(frame)[:_MOST]
        rows = [
            (round(float(x), 3), round(float(y), 3), round(float(s), 4))
            for (x, y), s in zip(found.xy, found.score, strict=True)
        ]
        text = json.dumps(rows)
        self._store.put_proposals(entry.name, key, text, ambiguity(found, detector.threshold))
        return text

    def _look_ahead(self, stop: threading.Event) -> None:
        detector, key = self._detector, self._key
        assert detector is not None
        known = self._store.ambiguities(key)
        for entry in self._catalogue.entries:
            while self._wanted.is_set() and not stop.is_set():
                stop.wait(0.02)
            if stop.is_set():
                return
            if entry.name not in known:
                try:
                    self._find(detector, key, entry)
                except FrameError:
                    pass  # shown as damaged when somebody comes to it
                except IrpointError:
                    return  # the store is full or gone; the page says so at the next click
            self.seen += 1
