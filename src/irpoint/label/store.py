"""Every action on disk at once, in SQLite; nothing is forgotten, so everything can be undone."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from irpoint.errors import IrpointError
from irpoint.label.labels import FrameLabels, State, Stored

_FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS labels (
    frame TEXT PRIMARY KEY, labels TEXT NOT NULL, state TEXT NOT NULL, points INTEGER NOT NULL,
    version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS change (
    number INTEGER PRIMARY KEY, step INTEGER NOT NULL, frame TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS change_step ON change (undone, step);
CREATE TABLE IF NOT EXISTS proposals (
    frame TEXT NOT NULL, model TEXT NOT NULL, points TEXT NOT NULL, doubt REAL NOT NULL,
    PRIMARY KEY (frame, model)
);
"""


class StoreError(IrpointError):
    """A label file that is not one, or cannot be written."""


class Conflict(IrpointError):
    """The labels of a frame were changed by somebody else in the meantime."""


class Store:
    """The labels of a folder in one SQLite file; safe to use from several threads.

    A change is committed, with its file synced, before a call returns. A *step* is what one undo
    takes back: the change of one frame, or of all that one interpolation touched.

    Args:
        path: the file; made where there is none.

    Raises:
        StoreError: where it cannot be opened or is no label file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            found = self._base.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, _FORMAT):
                raise StoreError(f"{path}: written by another version of irpoint (format {found})")
            self._base.executescript(_TABLES)
            self._base.execute(f"PRAGMA user_version={_FORMAT}")
        except sqlite3.Error as error:
            raise StoreError(f"{path}: not a label file that can be written ({error})") from error

    def close(self) -> None:
        with self._lock:
            self._base.close()

    def get(self, frame: str) -> Stored | None:
        """The labels of a frame; None where nobody has touched it."""
        row = self._row("SELECT labels, version FROM labels WHERE frame = ?", frame)
        if row is None:
            return None
        return Stored(labels=FrameLabels.model_validate_json(row[0]), version=row[1])

    def states(self) -> dict[str, tuple[State, int]]:
        """State and number of points of every frame that somebody has touched."""
        with self._lock:
            rows = self._base.execute("SELECT frame, state, points FROM labels").fetchall()
        return {frame: (state, points) for frame, state, points in rows}

    def put(
        self,
        changes: Mapping[str, tuple[FrameLabels, int]],
        before: Mapping[str, FrameLabels] | None = None,
    ) -> dict[str, Stored]:
        """Replace the labels of one or several frames, as one step.

        Args:
            changes: by frame, its new labels and the version that they were made from (0 where it
                was never touched).
            before: what undo brings back for frames that were never touched; empty labels if none.

        Returns:
            The stored labels of the frames. Of one that is said again word for word, because the
            answer was lost on its way, the stored ones: it is no second step.

        Raises:
            Conflict: where a frame is at another version; then nothing is changed.
            StoreError: where the file cannot be written.
        """
        with self._transaction():
            stored = {frame: self.get(frame) or Stored() for frame in changes}
            pairs = [(changes[frame], at) for frame, at in stored.items()]
            if all(labels == at.labels and at.version >= made_from
                   for (labels, made_from), at in pairs):  # fmt: skip
                return stored
            step = self._last_step() + 1
            for frame, (labels, made_from) in changes.items():
                at = stored[frame]
                if at.version != made_from:
                    raise Conflict(f"{frame}: changed elsewhere in the meantime")
                was = at.labels if at.version else (before or {}).get(frame, FrameLabels())
                self._base.execute(
                    "INSERT INTO change (step, frame, before, after) VALUES (?, ?, ?, ?)",
                    (step, frame, was.model_dump_json(), labels.model_dump_json()),
                )
                stored[frame] = self._replace(frame, labels, made_from + 1)
            self._base.execute("DELETE FROM change WHERE undone = 1")
        return stored

    def undo(self) -> list[str]:
        """Take the last step back; the frames it touched, none where nothing is left."""
        return self._travel(undone=0, order="DESC", brings="before")

    def redo(self) -> list[str]:
        """Do again what was last taken back; the frames it touched."""
        return self._travel(undone=1, order="ASC", brings="after")

    def put_proposals(self, frame: str, model: str, points: str, doubt: float) -> None:
        """Remember what a model sees in a frame, as JSON, and how little sure it is (0..1)."""
        with self._transaction():
            self._base.execute(
                "INSERT OR REPLACE INTO proposals VALUES (?, ?, ?, ?)",
                (frame, model, points, doubt),
            )

    def proposals(self, frame: str, model: str) -> str | None:
        """What a model sees in a frame, as it was put."""
        row = self._row("SELECT points FROM proposals WHERE frame = ? AND model = ?", frame, model)
        return None if row is None else str(row[0])

    def doubts(self, model: str) -> dict[str, float]:
        """By frame, how little sure a model is of it."""
        with self._lock:
            query = "SELECT frame, doubt FROM proposals WHERE model = ?"
            return dict(self._base.execute(query, (model,)).fetchall())

    def _travel(self, undone: int, order: str, brings: str) -> list[str]:
        with self._transaction():
            row = self._row(
                f"SELECT step FROM change WHERE undone = ? ORDER BY step {order} LIMIT 1", undone
            )
            if row is None:
                return []
            rows = self._base.execute(
                f"SELECT frame, {brings} FROM change WHERE step = ?", row
            ).fetchall()
            for frame, text in rows:
                at = self.get(frame) or Stored()
                self._replace(frame, FrameLabels.model_validate_json(text), at.version + 1)
            self._base.execute("UPDATE change SET undone = ? WHERE step = ?", (1 - undone, *row))
        return [frame for frame, _ in rows]

    def _replace(self, frame: str, labels: FrameLabels, version: int) -> Stored:
        self._base.execute(
            "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?)",
            (frame, labels.model_dump_json(), labels.state, len(labels.points), version),
        )
        return Stored(labels=labels, version=version)

    def _last_step(self) -> int:
        row = self._row("SELECT max(step) FROM change")
        return int(row[0] or 0)

    def _row(self, query: str, *values: Any) -> Any:
        with self._lock:
            return self._base.execute(query, values).fetchone()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            try:
                self._base.execute("BEGIN IMMEDIATE")
                yield
                self._base.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise StoreError(f"{self.path}: cannot be written ({error})") from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._base.in_transaction:
            self._base.execute("ROLLBACK")
