"""The frame files that files, folders and patterns refer to."""

from __future__ import annotations

from pathlib import Path

import pytest

from irpoint.errors import FrameError
from irpoint.frames import find_frames
from irpoint.frames.natural import natural_key
from irpoint.frames.raw import RawLayout


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def found(folder: Path, sources: list[str]) -> list[str]:
    return [
        s if isinstance(s, str) else s.relative_to(folder).as_posix() for s in find_frames(sources)
    ]


def test_a_folder_is_read_in_natural_order_without_subfolders(tmp_path: Path) -> None:
    touch(tmp_path, "f10.png", "f2.png", "f1.TIF", "notes.txt", ".f0.png", "sub/f3.png")
    assert found(tmp_path, [str(tmp_path)]) == ["f1.TIF", "f2.png", "f10.png"]


def test_patterns_and_standard_input(tmp_path: Path) -> None:
    touch(tmp_path, "a/f10.png", "a/f2.png", "b/c/f1.png", "b/c/clip.pdf", "b/c/clip.txt")
    assert found(tmp_path, [f"{tmp_path}/**/*"]) == ["a/f2.png", "a/f10.png", "b/c/f1.png"]
    assert found(tmp_path, [f"{tmp_path}/b/**/*.pdf"]) == ["b/c/clip.pdf"]
    assert found(tmp_path, ["-", f"{tmp_path}/a/f?.png", "-"]) == ["-", "a/f2.png"]


def test_a_file_named_twice_is_found_once(tmp_path: Path) -> None:
    touch(tmp_path, "f1.png", "f2.png")
    file, dotted = str(tmp_path / "f2.png"), f"{tmp_path}/./f2.png"
    assert found(tmp_path, [file, str(tmp_path), dotted]) == ["f2.png", "f1.png"]


def test_the_name_of_a_file_is_no_pattern(tmp_path: Path) -> None:
    touch(tmp_path, "f[1].png", "f1.png")
    assert found(tmp_path, [str(tmp_path / "f[1].png")]) == ["f[1].png"]


@pytest.mark.parametrize("source", ["none.png", "*.webp", "empty"])
def test_a_name_without_frames_is_an_error(tmp_path: Path, source: str) -> None:
    touch(tmp_path, "f1.png", "empty/notes.txt")
    with pytest.raises(FrameError, match=source.replace("*", r"\*")):
        find_frames([str(tmp_path / source)])


def test_with_a_layout_a_folder_holds_headerless_frames(tmp_path: Path) -> None:
    touch(tmp_path, "f1.png", "f2.raw", "f3.bin")
    raw = RawLayout.parse("8x8:uint8")
    assert find_frames([str(tmp_path)], raw) == [tmp_path / "f2.raw", tmp_path / "f3.bin"]


@pytest.mark.parametrize("name", ["rtsp://camera/1", "/dev/video7", "file:///clips/none.mp4"])
def test_a_name_that_is_no_path_is_returned_as_it_is(name: str) -> None:
    assert find_frames([name, name]) == [name]


def test_natural_order() -> None:
    names = ["f10", "f2", "a", "f2b", "f02"]
    assert sorted(names, key=natural_key) == ["a", "f02", "f2", "f2b", "f10"]
