"""Which kind of source a name stands for."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from irpoint.frames import find_frames, open, open_source
from irpoint.frames.open import readable_suffixes
from irpoint.frames.raw import RawLayout
from irpoint.frames.sources.base import NamedSource
from support.sources import read_frames

RAW = RawLayout.parse("8x6:uint8")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("-", "StandardInput"),
        ("a.png", "FileOfFrames"),
        ("a", "FileOfFrames"),
        ("a.TIFF", "FileOfFrames"),
        ("a.MP4", "VideoFile"),
        ("/dev/video0", "VideoStream"),
        ("rtsp://x/1", "VideoStream"),
        ("file:///clips/a.png", "VideoStream"),
    ],
)
def test_a_name_tells_the_kind_of_source(name: str, kind: str) -> None:
    assert type(open_source(name)).__name__ == kind


@pytest.mark.parametrize(("name", "kind"), [("a.png", "RawFile"), ("-", "StandardInput")])
def test_a_layout_makes_every_file_headerless(name: str, kind: str) -> None:
    assert type(open_source(name, RAW)).__name__ == kind


@pytest.mark.parametrize(
    ("name", "clock", "live", "repeatable"),
    [
        ("a.png", False, False, True),
        ("a.tiff", False, False, True),
        ("a.mp4", True, False, True),
        ("rtsp://x/1", True, True, False),
        ("udp://@:5000", True, True, False),
        ("/dev/video0", True, True, False),
        ("file:///clips/a.mp4", True, False, True),
        ("https://x/a.mp4", True, True, False),
    ],
)
def test_properties_of_sources(name: str, clock: bool, live: bool, repeatable: bool) -> None:
    source = open_source(Path(name) if "://" not in name else name)
    assert (source.clock, source.live, source.repeatable) == (clock, live, repeatable)


def test_a_folder_scan_takes_headerless_files_only_with_a_layout() -> None:
    assert {".png", ".tif", ".npy", ".mp4"} <= set(readable_suffixes())
    assert set(readable_suffixes(RAW)) == {".raw", ".bin", ".dat", ".img"}
    assert not set(readable_suffixes()) & set(readable_suffixes(RAW))
    assert len(readable_suffixes()) == len(set(readable_suffixes()))


class Counter(NamedSource):
    """A kind of source that irpoint does not have."""

    suffixes: ClassVar[tuple[str, ...]] = (".count",)

    def read(self):
        for value in range(int(Path(self.name).read_text())):
            yield float(value), np.full((2, 3), value)


def test_a_new_kind_of_source_needs_only_a_row_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open, "SOURCES", (Counter, *open.SOURCES))
    (tmp_path / "three.count").write_text("3")
    (found,) = find_frames([str(tmp_path)])
    frames = read_frames(found)
    assert [item.time_s for item in frames] == [0, 1, 2]
    assert [int(item.frame[0, 0]) for item in frames] == [0, 1, 2]
