"""Files that are written whole: links, permissions, and what is no file."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from irpoint.system.atomic import atomic_write


def test_a_link_goes_on_pointing_where_it_did(tmp_path: Path) -> None:
    kept, link = tmp_path / "kept" / "a.json", tmp_path / "a.json"
    kept.parent.mkdir()
    kept.write_text("old")
    link.symlink_to(kept)
    atomic_write(link, "new")
    assert link.is_symlink()
    assert kept.read_text() == "new"
    assert [path.name for path in kept.parent.iterdir()] == ["a.json"]


def test_permissions_stay_and_new_files_follow_the_umask(tmp_path: Path) -> None:
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


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    atomic_write(pipe, "through")
    reader.join(timeout=10)
    assert got == ["through"]
    assert pipe.is_fifo()


def test_a_failure_leaves_the_old_file_and_nothing_else(
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
