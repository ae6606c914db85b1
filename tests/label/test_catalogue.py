"""The frames that the labelling page lists are those that detection reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import scipy.io
import tifffile
from PIL import Image

from irpoint.frames import find_frames, open, open_source
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import SourceFrame
from irpoint.frames.sources.base import NamedSource
from irpoint.label.catalogue import Catalogue
from support.arrays import thermal_stack

STACK = thermal_stack(4)


def write_all(folder: Path) -> None:
    np.save(folder / "stack.npy", STACK)
    np.save(folder / "one.npy", STACK[0])
    np.savez(folder / "stack.npz", STACK)
    scipy.io.savemat(folder / "stack.mat", {"x": np.moveaxis(STACK, 0, -1)})
    tifffile.imwrite(folder / "stack.tif", STACK, photometric="minisblack")
    Image.fromarray(STACK[1]).save(folder / "one.png")
    pgm = f"P5 {STACK.shape[2]} {STACK.shape[1]} 65535\n".encode()
    (folder / "two.pgm").write_bytes(b"".join(pgm + f.astype(">u2").tobytes() for f in STACK[:2]))


def detected(folder: Path, raw: RawLayout | None = None) -> dict[tuple[str, int], np.ndarray]:
    """The frames that detection reads, by file and number."""
    return {
        (Path(item.source).name, item.index): item.frame
        for path in find_frames([str(folder)], raw)
        for item in open_source(path, raw).frames()
        if isinstance(item, SourceFrame)
    }


def check_same(folder: Path, raw: RawLayout | None = None) -> None:
    expected = detected(folder, raw)
    catalogue = Catalogue(folder, raw)
    assert {(entry.path.name, entry.index) for entry in catalogue.entries} == expected.keys()
    for entry in reversed(catalogue.entries):
        frame = catalogue.read(entry)
        assert frame.dtype == expected[entry.path.name, entry.index].dtype
        assert np.array_equal(frame, expected[entry.path.name, entry.index])


def test_files_of_every_format(tmp_path: Path) -> None:
    write_all(tmp_path)
    check_same(tmp_path)
    catalogue = Catalogue(tmp_path)
    names = [entry.name for entry in catalogue.entries]
    assert "one.npy" in names
    assert "stack.npz#3" in names
    assert catalogue.skipped == []


class Counter(NamedSource):
    """A kind of source that irpoint does not have; it reads in order only."""

    suffixes: ClassVar[tuple[str, ...]] = (".count",)

    def read(self) -> Iterator[tuple[float, np.ndarray]]:
        for value in range(int(Path(self.name).read_text())):
            yield float(value), np.full((2, 3), value)


def test_a_new_kind_of_source_needs_only_a_row_of_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open, "SOURCES", (Counter, *open.SOURCES))
    (tmp_path / "three.count").write_text("3")
    check_same(tmp_path)


def test_a_file_that_was_modified_is_read_again(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", STACK)
    catalogue = Catalogue(tmp_path)
    assert np.array_equal(catalogue.read(catalogue.entries[2]), STACK[2])
    (tmp_path / "a.npy").unlink()
    np.save(tmp_path / "a.npy", STACK[::-1])
    assert np.array_equal(catalogue.read(catalogue.entries[2]), STACK[1])


def test_a_file_without_frames_is_listed(tmp_path: Path) -> None:
    write_all(tmp_path)
    np.savez(tmp_path / "calibration.npz", a=np.zeros((9, 9)), b=np.ones((9, 9)))
    catalogue = Catalogue(tmp_path)
    (line,) = catalogue.skipped
    assert "calibration.npz: 2 arrays may be frames" in line


def test_headerless_files(tmp_path: Path) -> None:
    (tmp_path / "one.raw").write_bytes(STACK[:1].tobytes())
    (tmp_path / "four.bin").write_bytes(b"head" + STACK.tobytes()[: 4 * 1536 - 4])
    write_all(tmp_path)
    layout = RawLayout.parse("32x24:uint16")
    check_same(tmp_path, layout)
    names = [entry.name for entry in Catalogue(tmp_path, layout).entries]
    assert names == [*(f"four.bin#{k}" for k in range(4)), "one.raw#0"]


def test_a_file_that_states_millions_of_frames_is_skipped(tmp_path: Path) -> None:
    files = pytest.importorskip("h5py")
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    with files.File(tmp_path / "many.h5", "w") as file:
        file.create_dataset("frames", (10_000_000, 20, 30), "u2", chunks=(1, 20, 30))
    catalogue = Catalogue(tmp_path)
    assert not [entry for entry in catalogue.entries if entry.path.name == "many.h5"]
    assert "many.h5: states 10000000 frames, more than 1000000" in catalogue.skipped[-1]
