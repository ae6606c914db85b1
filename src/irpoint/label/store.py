"""Labels in a SQLite file. Every change is written to disk immediately and can be undone."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from irpoint.errors import IrpointError, first_error, one_line
from irpoint.label.changes import Changes
from irpoint.label.labels import FrameLabels, State, StoredLabels, Summary

_FORMAT = 3  # 2: tabs; 3: the state "imported", which earlier versions do not know
# The second for a message of SQLite that quotes damaged text.
_ERRORS = (sqlite3.Error, UnicodeDecodeError)
# Part of the stored JSON of labels without a note. In a note, its quotation marks are escaped.
_NO_NOTE = '"note":""'
_QUERIED = 500  # frames in one query
_CHECKPOINT_STEPS = 50  # a copy of the file without its write-ahead log lacks at most these steps
# The column "doubt" contains the ambiguity. It keeps its old name, so that the format is unchanged.
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
CREATE TABLE IF NOT EXISTS tracks (
    sequence TEXT NOT NULL, model TEXT NOT NULL, tracks TEXT NOT NULL,
    PRIMARY KEY (sequence, model)
);
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class StoreError(IrpointError):
    """A file that is not a label file, or that cannot be read or written."""


class Conflict(IrpointError):
    """The labels of a frame were changed elsewhere in the meantime."""


class Store:
    """The labels of a folder in one SQLite file; may be shared by threads.

    A change is committed and synced to disk before a call returns. A *step* is what one undo
    reverts: the change of one frame, or of all frames that an interpolation changed.

    Args:
        path: the file; created if it does not exist.

    Attributes:
        changes: the frames that were changed since the store was opened.

    Raises:
        StoreError: if the file cannot be opened or is not a label file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.changes = Changes()
        self._lock = threading.RLock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            found = self._base.execute("PRAGMA user_version").fetchone()[0]
            if not 0 <= found <= _FORMAT:
                raise StoreError(
                    f"{path}: format {found} was written by a newer irpoint; update irpoint"
                )
            if found == 1:
                self._base.execute("ALTER TABLE change ADD COLUMN tab TEXT NOT NULL DEFAULT ''")
            self._base.executescript(_TABLES)
            self._base.execute(f"PRAGMA user_version={_FORMAT}")
        except _ERRORS as error:
            raise StoreError(f"{path}: not a writable label file ({one_line(error)})") from error

    def close(self) -> None:
        self.checkpoint()
        with self._lock:
            self._base.close()

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file, so that a copy of the file is complete.

        Changes that cannot be moved because the file is being read stay in the log.
        """
        with self._lock, suppress(*_ERRORS):
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def folder(self) -> str | None:
        """The folder to which the labels belong; None if it is not set yet."""
        rows = self._rows("SELECT value FROM about WHERE name = 'folder'")
        return str(rows[0][0]) if rows else None

    @folder.setter
    def folder(self, path: str) -> None:
        with self._transaction():
            self._base.execute("INSERT OR REPLACE INTO about VALUES ('folder', ?)", (path,))

    @property
    def model(self) -> str | None:
        """The model that was chosen last; None if there was none."""
        rows = self._rows("SELECT value FROM about WHERE name = 'model'")
        return str(rows[0][0]) or None if rows else None

    @model.setter
    def model(self, name: str | None) -> None:
        with self._transaction():
            self._base.execute("INSERT OR REPLACE INTO about VALUES ('model', ?)", (name or "",))

    def get(self, frame: str) -> StoredLabels | None:
        """The labels of a frame; None if they were never changed."""
        rows = self._rows("SELECT labels, version FROM labels WHERE frame = ?", frame)
        if not rows:
            return None
        labels, version = rows[0]
        return StoredLabels(labels=self._parsed(frame, labels), version=version)

    def states(self) -> dict[str, tuple[State, int]]:
        """State and number of points of every frame that was changed."""
        rows = self._rows("SELECT frame, state, points FROM labels")
        return {frame: (state, points) for frame, state, points in rows}

    def summaries(self, frames: Collection[str] | None = None) -> dict[str, Summary]:
        """Summaries of the frames that were changed; if ``frames`` is given, of those alone."""
        query = "SELECT frame, state, points, instr(labels, ?) = 0, version FROM labels"
        if frames is None:
            rows = self._rows(query, _NO_NOTE)
        else:
            each = (self._rows(f"{query} WHERE frame = ?", _NO_NOTE, frame) for frame in frames)
            rows = [row for found in each for row in found]
        return {
            frame: Summary(state, points, bool(noted), version)
            for frame, state, points, noted, version in rows
        }

    def put(
        self,
        changes: Mapping[str, tuple[FrameLabels, int]],
        before: Mapping[str, FrameLabels] | None = None,
        tab: str = "",
        others: Collection[str] = (),
    ) -> dict[str, StoredLabels]:
        """Replace the labels of one or several frames, as one step.

        Args:
            changes: for each frame, its new labels and the version on which they are based (0 if
                it was never changed).
            before: labels of frames that were never changed; empty labels if not given.
            tab: the tab that makes the change.
            others: open tabs whose steps this one does not undo or redo, see :meth:`undo`.

        Returns:
            The stored labels of the frames. A repeated call with the same labels, as after a lost
            response, returns them without adding a step.

        Raises:
            Conflict: if a frame is at another version; then nothing is changed.
            StoreError: if the file cannot be written.
        """
        with self._transaction():
            initial = before or {}
            stored = {
                frame: self.get(frame) or StoredLabels(labels=initial.get(frame, FrameLabels()))
                for frame in changes
            }
            pairs = [(changes[frame], now) for frame, now in stored.items()]
            if all(labels == now.labels and now.version >= based_on
                   for (labels, based_on), now in pairs):  # fmt: skip
                return stored
            step = self._last_step() + 1
            for frame, (labels, based_on) in changes.items():
                now = stored[frame]
                if now.version != based_on:
                    raise Conflict(f"{frame}: changed elsewhere in the meantime")
                self._base.execute(
                    "INSERT INTO change (step, frame, before, after, tab) VALUES (?, ?, ?, ?, ?)",
                    (step, frame, now.labels.model_dump_json(), labels.model_dump_json(), tab),
                )
                stored[frame] = self._replace(frame, labels, based_on + 1)
            condition, values = _except_tabs(others)
            self._base.execute(f"DELETE FROM change WHERE undone = 1 AND {condition}", values)
        if step % _CHECKPOINT_STEPS == 0:
            self.checkpoint()
        return stored

    def undo(self, others: Collection[str] = ()) -> list[str]:
        """Revert the last step.

        Args:
            others: other open tabs, whose steps are not reverted.

        Returns:
            The frames that changed; empty if there is nothing to undo.

        Raises:
            Conflict: if another tab has changed one of the frames since; then nothing is changed.
        """
        return self._undo_or_redo(0, others)

    def redo(self, others: Collection[str] = ()) -> list[str]:
        """Apply the last undone step again; see :meth:`undo`."""
        return self._undo_or_redo(1, others)

    def put_proposals(self, frame: str, model: str, points: str, ambiguity: float) -> None:
        """Store the proposals of a model for a frame, as JSON, and its ambiguity (0..1)."""
        with self._transaction():
            self._base.execute(
                "INSERT OR REPLACE INTO proposals VALUES (?, ?, ?, ?)",
                (frame, model, points, ambiguity),
            )

    def proposals(self, frame: str, model: str) -> str | None:
        """The stored proposals of a model for a frame; None if there are none."""
        rows = self._rows(
            "SELECT points FROM proposals WHERE frame = ? AND model = ?", frame, model
        )
        return str(rows[0][0]) if rows else None

    def ambiguities(self, model: str) -> dict[str, float]:
        """The ambiguity of each frame that a model has processed."""
        return dict(self._rows("SELECT frame, doubt FROM proposals WHERE model = ?", model))

    def put_tracks(self, sequence: str, model: str, tracks: str) -> None:
        """Store the tracks that a tracker found in the proposals of a model, as JSON."""
        with self._transaction():
            row = (sequence, model, tracks)
            self._base.execute("INSERT OR REPLACE INTO tracks VALUES (?, ?, ?)", row)

    def tracks(self, sequence: str, model: str) -> str | None:
        """The stored tracks of a sequence; None if there are none."""
        query = "SELECT tracks FROM tracks WHERE sequence = ? AND model = ?"
        rows = self._rows(query, sequence, model)
        return str(rows[0][0]) if rows else None

    def newer(self, known: Mapping[str, int]) -> dict[str, StoredLabels]:
        """The labels of those of some frames that are at another version than is known."""
        found: dict[str, StoredLabels] = {}
        names = list(known)
        for start in range(0, len(names), _QUERIED):
            chunk = names[start : start + _QUERIED]
            marks = ", ".join("?" * len(chunk))
            query = f"SELECT frame, labels, version FROM labels WHERE frame IN ({marks})"
            for frame, labels, version in self._rows(query, *chunk):
                if version != known[frame]:
                    parsed = self._parsed(frame, labels)
                    found[frame] = StoredLabels(labels=parsed, version=version)
        return found

    def _undo_or_redo(self, undone: int, others: Collection[str]) -> list[str]:
        last, (condition, values) = ("min" if undone else "max"), _except_tabs(others)
        with self._transaction():
            query = f"SELECT {last}(step) FROM change WHERE undone = ? AND {condition}"
            step = self._rows(query, undone, *values)[0][0]
            rows = self._rows("SELECT frame, before, after FROM change WHERE step = ?", step)
            for frame, *sides in rows:
                before, after = (self._parsed(frame, text) for text in sides)
                source, target = (before, after) if undone else (after, before)
                now = self.get(frame) or StoredLabels()
                if now.labels != source:
                    word = "redone" if undone else "undone"
                    raise Conflict(f"{frame}: changed elsewhere since; nothing was {word}")
                self._replace(frame, target, now.version + 1)
            self._base.execute("UPDATE change SET undone = ? WHERE step = ?", (1 - undone, step))
        return [frame for frame, *_ in rows]

    def _parsed(self, frame: str, text: str) -> FrameLabels:
        try:
            return FrameLabels.model_validate_json(text)
        except ValidationError as error:
            raise StoreError(
                f"{self.path}: the labels of {frame} are damaged ({first_error(error)}); restore "
                "the file from a copy"
            ) from error

    def _replace(self, frame: str, labels: FrameLabels, version: int) -> StoredLabels:
        self._base.execute(
            "INSERT OR REPLACE INTO labels VALUES (?, ?, ?, ?, ?)",
            (frame, labels.model_dump_json(), labels.state, len(labels.points), version),
        )
        self.changes.note([frame])
        return StoredLabels(labels=labels, version=version)

    def _last_step(self) -> int:
        return int(self._rows("SELECT max(step) FROM change")[0][0] or 0)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._lock:
            try:
                return self._base.execute(query, values).fetchall()
            except _ERRORS as error:
                raise StoreError(f"{self.path}: cannot be read ({one_line(error)})") from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            try:
                self._base.execute("BEGIN IMMEDIATE")
                yield
                self._base.execute("COMMIT")
            except _ERRORS as error:
                self._roll_back()
                raise StoreError(f"{self.path}: cannot be written ({one_line(error)})") from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._base.in_transaction:
            self._base.execute("ROLLBACK")


def _except_tabs(tabs: Collection[str]) -> tuple[str, tuple[str, ...]]:
    """SQL condition, with its values, for the steps of all tabs except ``tabs``."""
    return f"tab NOT IN ({', '.join('?' * len(tabs))})", tuple(tabs)
