"""Every action on disk at once, in SQLite; nothing is forgotten, so everything can be undone."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from irpoint.errors import IrpointError
from irpoint.label.labels import FrameLabels, State, Stored

_FORMAT = 2
_STEPS = 50  # after so many, the log goes into the file that people copy
_TABLES = """
CREATE TABLE IF NOT EXISTS labels (
    frame TEXT PRIMARY KEY, labels TEXT NOT NULL, state TEXT NOT NULL, points INTEGER NOT NULL,
    version INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS change (
    number INTEGER PRIMARY KEY, step INTEGER NOT NULL, frame TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0,
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, tab TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS change_step ON change (undone, step);
CREATE TABLE IF NOT EXISTS proposals (
    frame TEXT NOT NULL, model TEXT NOT NULL, points TEXT NOT NULL, doubt REAL NOT NULL,
    PRIMARY KEY (frame, model)
);
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
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
            if found not in (0, 1, _FORMAT):
                raise StoreError(f"{path}: written by another version of irpoint (format {found})")
            if found == 1:
                self._base.execute("ALTER TABLE change ADD COLUMN tab TEXT NOT NULL DEFAULT ''")
            self._base.executescript(_TABLES)
            self._base.execute(f"PRAGMA user_version={_FORMAT}")
        except sqlite3.Error as error:
            raise StoreError(f"{path}: not a label file that can be written ({error})") from error

    def close(self) -> None:
        self.gather()
        with self._lock:
            self._base.close()

    def gather(self) -> None:
        """Bring what is in the write-ahead log into the file itself, so that a copy of it is whole.

        What cannot be moved now, because somebody reads it, is as safe in the log.
        """
        with self._lock, suppress(sqlite3.Error):
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def folder(self) -> str | None:
        """The folder that the labels are of; None where that was not said yet."""
        rows = self._rows("SELECT value FROM about WHERE name = 'folder'")
        return str(rows[0][0]) if rows else None

    @folder.setter
    def folder(self, path: str) -> None:
        with self._transaction():
            self._base.execute("INSERT OR REPLACE INTO about VALUES ('folder', ?)", (path,))

    def get(self, frame: str) -> Stored | None:
        """The labels of a frame; None where nobody has touched it."""
        rows = self._rows("SELECT labels, version FROM labels WHERE frame = ?", frame)
        if not rows:
            return None
        labels, version = rows[0]
        return Stored(labels=FrameLabels.model_validate_json(labels), version=version)

    def states(self) -> dict[str, tuple[State, int]]:
        """State and number of points of every frame that somebody has touched."""
        rows = self._rows("SELECT frame, state, points FROM labels")
        return {frame: (state, points) for frame, state, points in rows}

    def put(
        self,
        changes: Mapping[str, tuple[FrameLabels, int]],
        before: Mapping[str, FrameLabels] | None = None,
        tab: str = "",
        others: Collection[str] = (),
    ) -> dict[str, Stored]:
        """Replace the labels of one or several frames, as one step.

        Args:
            changes: by frame, its new labels and the version that they were made from (0 where it
                was never touched).
            before: labels of the frames that were never touched; empty labels if none.
            tab: who says so.
            others: the tabs whose steps are not this one's to undo and redo, see :meth:`undo`.

        Returns:
            The stored labels of the frames. Of one that is said again word for word, because the
            answer was lost on its way, the stored ones: it is no second step.

        Raises:
            Conflict: where a frame is at another version; then nothing is changed.
            StoreError: where the file cannot be written.
        """
        with self._transaction():
            untouched = before or {}
            stored = {
                frame: self.get(frame) or Stored(labels=untouched.get(frame, FrameLabels()))
                for frame in changes
            }
            pairs = [(changes[frame], at) for frame, at in stored.items()]
            if all(labels == at.labels and at.version >= made_from
                   for (labels, made_from), at in pairs):  # fmt: skip
                return stored
            step = self._last_step() + 1
            for frame, (labels, made_from) in changes.items():
                at = stored[frame]
                if at.version != made_from:
                    raise Conflict(f"{frame}: changed elsewhere in the meantime")
                self._base.execute(
                    "INSERT INTO change (step, frame, before, after, tab) VALUES (?, ?, ?, ?, ?)",
                    (step, frame, at.labels.model_dump_json(), labels.model_dump_json(), tab),
                )
                stored[frame] = self._replace(frame, labels, made_from + 1)
            mine, values = _not_of(others)
            self._base.execute(f"DELETE FROM change WHERE undone = 1 AND {mine}", values)
        if step % _STEPS == 0:
            self.gather()
        return stored

    def undo(self, others: Collection[str] = ()) -> list[str]:
        """Take the last step back.

        Args:
            others: tabs that are open beside the one that asks: their steps are left alone.

        Returns:
            The frames that the step touched, none where nothing is left.

        Raises:
            Conflict: where one of them was changed by another tab since; then nothing is changed.
        """
        return self._travel(0, others)

    def redo(self, others: Collection[str] = ()) -> list[str]:
        """Do again what was last taken back; as :meth:`undo`."""
        return self._travel(1, others)

    def put_proposals(self, frame: str, model: str, points: str, ambiguity: float) -> None:
        """Store the proposals of a model for a frame, as JSON, and its ambiguity (0..1)."""
        with self._transaction():
            self._base.execute(
                "INSERT OR REPLACE INTO proposals VALUES (?, ?, ?, ?)",
                (frame, model, points, ambiguity),
            )

    def proposals(self, frame: str, model: str) -> str | None:
        """What a model sees in a frame, as it was put."""
        rows = self._rows(
            "SELECT points FROM proposals WHERE frame = ? AND model = ?", frame, model
        )
        return str(rows[0][0]) if rows else None

    def ambiguities(self, model: str) -> dict[str, float]:
        """The ambiguity of each frame that a model has processed."""
        return dict(self._rows("SELECT frame, doubt FROM proposals WHERE model = ?", model))

    def _travel(self, undone: int, others: Collection[str]) -> list[str]:
        last, (mine, values) = ("min" if undone else "max"), _not_of(others)
        with self._transaction():
            query = f"SELECT {last}(step) FROM change WHERE undone = ? AND {mine}"
            step = self._rows(query, undone, *values)[0][0]
            rows = self._rows("SELECT frame, before, after FROM change WHERE step = ?", step)
            for frame, *sides in rows:
                now, then = map(FrameLabels.model_validate_json, sides if undone else sides[::-1])
                at = self.get(frame) or Stored()
                if at.labels != now:
                    word = "done again" if undone else "undone"
                    raise Conflict(f"{frame}: changed elsewhere since; nothing was {word}")
                self._replace(frame, then, at.version + 1)
            self._base.execute("UPDATE change SET undone = ? WHERE step = ?", (1 - undone, step))
        return [frame for frame, *_ in rows]

    def _replace(self, frame: str, labels: FrameLabels, version: int) -> Stored:
        self._base.execute(
            "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?)",
            (frame, labels.model_dump_json(), labels.state, len(labels.points), version),
        )
        return Stored(labels=labels, version=version)

    def _last_step(self) -> int:
        return int(self._rows("SELECT max(step) FROM change")[0][0] or 0)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            try:
                return self._base.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: cannot be read ({error})") from error

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


def _not_of(tabs: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """SQL for the steps of all but some tabs, with its values."""
    return f"tab NOT IN ({', '.join('?' * len(tabs))})", tuple(tabs)
