"""Atomic writes, output folders and their locks."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from irpoint.errors import SettingsError
from irpoint.system.atomic import atomic_write, check_folder, lock_folder


def test_a_symbolic_link_keeps_its_target(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept" / "a.json", tmp_path / "a.json"
    kept.parent.mkdir()
    kept.write_text("old")
    link.symlink_to(kept)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert kept.read_text() == "new"
    assert [path.name for path in kept.parent.iterdir()] == ["a.json"]


def test_permissions_of_existing_and_of_new_files(
    tmp_path: Path,
) -> None:
    shared, new = tmp_path / "shared", tmp_path / "new"
    shared.write_text("old")
    shared.chmod(0o660)
    before = os.umask(0o027)
    try:
        atomic_write(shared, "new")
        atomic_write(new, "new")
    finally:
        os.umask(before)
    assert shared.stat().st_mode & 0o777 == 0o660
    assert new.stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    atomic_write(pipe, "through")
    reader.join(timeout=10)
    assert got == ["through"]
    assert pipe.is_fifo()


def test_a_failure_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a"
    file.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic_write(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_an_output_folder_is_no_file_and_may_have_to_be_empty(tmp_path: Path) -> None:
    check_folder(tmp_path / "new", empty=True)
    (tmp_path / "file").touch()
    check_folder(tmp_path)
    with pytest.raises(SettingsError, match="not empty"):
        check_folder(tmp_path, empty=True)
    with pytest.raises(SettingsError, match="is a file"):
        check_folder(tmp_path / "file")


def test_a_locked_folder_cannot_be_locked_again_until_it_is_released(tmp_path: Path) -> None:
    with lock_folder(tmp_path) as first, lock_folder(tmp_path) as second:
        assert (first, second) == (True, False)
    with lock_folder(tmp_path) as third:
        assert third
    assert not list(tmp_path.iterdir())
