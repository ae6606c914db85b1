"""Labels on disk: versions, unlimited undo, and kills."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("fastapi", reason="needs the extra label")
from irpoint.label.labels import FrameLabels, Point
from irpoint.label.store import Conflict, Store, StoreError


def labels(*xs: float, state: str = "open") -> FrameLabels:
    return FrameLabels(state=state, points=tuple(Point(x=x, y=1.0) for x in xs))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "labels.sqlite")


def test_labels_are_read_back_as_stored(store: Store) -> None:
    written = FrameLabels(
        state="done",
        points=(Point(x=1.25, y=-0.5, origin="proposal"), Point(x=3, y=4, track=7)),
        refused=((9.0, 8.5),),
        note="haze – ask",
    )
    assert store.get("a") is None
    stored = store.put({"a": (written, 0)})["a"]
    again = Store(store.path).get("a")
    assert stored.version == 1
    assert again == stored
    assert again.labels == written
    assert store.states() == {"a": ("done", 2)}


def test_a_change_based_on_another_version_is_refused(store: Store) -> None:
    store.put({"a": (labels(1), 0)})
    store.put({"a": (labels(1, 2), 1)})
    with pytest.raises(Conflict):
        store.put({"a": (labels(9), 1)})
    assert store.get("a").labels == labels(1, 2)


def test_a_conflict_in_one_frame_changes_none(store: Store) -> None:
    store.put({"b": (labels(5), 0)})
    with pytest.raises(Conflict):
        store.put({"a": (labels(1), 0), "b": (labels(6), 0)})
    assert store.get("a") is None


def test_a_repeated_change_is_not_a_second_step(store: Store) -> None:
    store.put({"a": (labels(1), 0)})
    assert store.put({"a": (labels(1), 0)})["a"].version == 1
    store.undo()
    assert store.get("a").labels == FrameLabels()
    assert store.undo() == []


def test_undo_restores_the_labels_of_the_dataset(store: Store) -> None:
    store.put({"a": (labels(1, 2), 0)}, before={"a": labels(1)})
    assert store.undo() == ["a"]
    assert store.get("a").labels == labels(1)


def test_labels_of_the_dataset_can_be_reset(store: Store) -> None:
    before = {"a": FrameLabels(state="empty")}
    assert store.put({"a": (FrameLabels(), 0)}, before)["a"].version == 1
    assert store.get("a").labels == FrameLabels()


def test_undo_keeps_the_steps_of_other_open_tabs(store: Store) -> None:
    store.put({"a": (labels(1), 0)}, tab="first", others=["second"])
    store.put({"b": (labels(2), 0)}, tab="second", others=["first"])
    assert store.undo(others=["second"]) == ["a"]
    store.put({"b": (labels(2, 3), 1)}, tab="second", others=["first"])
    assert store.redo(others=["first"]) == []  # the second tab has undone nothing
    assert store.redo(others=["second"]) == ["a"]
    store.put({"a": (labels(1, 4), 3)}, tab="second", others=["first"])
    with pytest.raises(Conflict, match="a: changed elsewhere since; nothing was undone"):
        store.undo(others=["second"])
    assert [store.undo(), store.undo(), store.undo()] == [["a"], ["b"], ["b"]]  # it is closed
    assert store.get("a").labels == labels(1)


def test_a_store_of_the_first_format_is_updated(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "labels.sqlite")
    old.executescript(
        """CREATE TABLE change (number INTEGER PRIMARY KEY, step INTEGER NOT NULL,
        frame TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL,
        undone INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
        CREATE TABLE labels (frame TEXT PRIMARY KEY, labels TEXT NOT NULL, state TEXT NOT NULL,
        points INTEGER NOT NULL, version INTEGER NOT NULL);
        PRAGMA user_version=1;"""
    )
    text = labels(1).model_dump_json()
    old.execute("INSERT INTO labels VALUES ('a', ?, 'open', 1, 1)", (text,))
    old.execute("INSERT INTO change (step, frame, before, after) VALUES (1, 'a', '{}', ?)", (text,))
    old.commit()
    old.close()
    store = Store(tmp_path / "labels.sqlite")
    assert store.undo(others=["somebody"]) == ["a"]
    assert store.get("a").labels == labels()


def test_a_copy_without_the_log_lacks_few_steps(store: Store, tmp_path: Path) -> None:
    for version in range(50):
        store.put({"a": (labels(version), version)})
    copy = shutil.copy(store.path, tmp_path / "copy.sqlite")
    assert Store(Path(copy)).get("a").version == 50


def test_a_step_over_several_frames_is_undone_as_one(store: Store) -> None:
    store.put({"a": (labels(1), 0)})
    store.put({"a": (labels(2), 1), "b": (labels(3), 0), "c": (labels(4), 0)})
    assert sorted(store.undo()) == ["a", "b", "c"]
    assert [store.get(k).labels for k in "abc"] == [labels(1), labels(), labels()]
    assert sorted(store.redo()) == ["a", "b", "c"]
    assert [store.get(k).labels for k in "abc"] == [labels(2), labels(3), labels(4)]


def test_a_new_step_discards_what_was_undone(store: Store) -> None:
    store.put({"a": (labels(1), 0)})
    store.undo()
    store.put({"a": (labels(2), 2)})
    assert store.redo() == []
    store.undo()
    assert store.get("a").labels == labels()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "undo", "redo"]), max_size=25))
def test_undo_and_redo_move_through_the_history(
    tmp_path_factory: pytest.TempPathFactory, actions: list[str]
) -> None:
    store = Store(tmp_path_factory.mktemp("store") / "labels.sqlite")
    states, at = [{"a": labels(), "b": labels()}], 0  # the expected states, and the current one
    for number, action in enumerate(actions):
        if action == "undo":
            assert bool(store.undo()) == (at > 0)
            at = max(at - 1, 0)
        elif action == "redo":
            assert bool(store.redo()) == (at < len(states) - 1)
            at = min(at + 1, len(states) - 1)
        else:
            version = stored.version if (stored := store.get(action)) else 0
            store.put({action: (labels(number + 1), version)})
            states = [*states[: at + 1], {**states[at], action: labels(number + 1)}]
            at += 1
        stored_now = {name: s.labels if (s := store.get(name)) else labels() for name in "ab"}
        assert stored_now == states[at]
    store.close()


def test_stored_labels_survive_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    code = (
        "import os, sys; from pathlib import Path; from irpoint.label.store import Store;"
        "from irpoint.label.labels import FrameLabels;"
        "s = Store(Path(sys.argv[1])); s.put({'a': (FrameLabels(note='kept'), 0)});"
        "os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert ended.returncode == -9
    assert Store(path).get("a").labels.note == "kept"


def test_a_file_that_is_not_a_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.write_text("hello, this is not a database at all" * 10)
    with pytest.raises(StoreError, match=r"labels\.sqlite: not a writable label file"):
        Store(path)


def test_damaged_labels_are_one_line(store: Store) -> None:
    store.put({"a": (FrameLabels(note="x"), 0)})
    store.close()
    with sqlite3.connect(store.path) as base:
        base.execute('UPDATE labels SET labels = \'{"state": "dome"}\'')
        base.execute("UPDATE change SET before = '{'")
    damaged = Store(store.path)
    for read in (lambda: damaged.get("a"), damaged.undo):
        with pytest.raises(
            StoreError, match=r"labels\.sqlite: the labels of a are damaged"
        ) as raised:
            read()
        assert "\n" not in str(raised.value)


def test_a_store_of_a_later_format_is_refused(store: Store) -> None:
    store.close()
    with sqlite3.connect(store.path) as base:
        base.execute("PRAGMA user_version=99")
    with pytest.raises(StoreError, match="format 99"):
        Store(store.path)


def test_proposals_are_stored_by_model(store: Store) -> None:
    store.put_proposals("a", "spire", "[]", 0.25)
    store.put_proposals("a", "spire", "[[1, 2, 0.5]]", 0.75)
    store.put_proposals("b", "other", "[]", 0.5)
    assert store.proposals("a", "spire") == "[[1, 2, 0.5]]"
    assert store.proposals("a", "other") is None
    assert store.ambiguities("spire") == {"a": 0.75}
