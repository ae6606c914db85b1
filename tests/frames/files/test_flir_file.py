"""FLIR's FFF files, and files of cameras that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from irpoint.errors import FrameError
from irpoint.frames import find_frames, frame_shape, read_frame
from support.radiometric import PALETTE, RAW, fff, png, raw_record
from support.sources import read_frames

FRAME = np.arange(6 * 9, dtype=np.uint16).reshape(6, 9) + 5000
FILE = fff([(PALETTE, 1, bytes(40)), (RAW, 2, raw_record(FRAME))], "<")


def test_an_fff_file_is_one_frame(tmp_path: Path) -> None:
    in_png = fff([(RAW, 3, raw_record(FRAME, "<", png(FRAME, swapped=True)))])
    for number, content in enumerate((FILE, in_png)):
        path = tmp_path / f"{number}.fff"
        path.write_bytes(content)
        (item,) = read_frames(path)
        assert np.array_equal(item.frame, FRAME)
        assert frame_shape(path) == (6, 9)
    assert len(find_frames([str(tmp_path)])) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (FILE * 3, "a sequence of FLIR cameras"),
        (FILE[:-1], "truncated"),
        (fff([(PALETTE, 1, bytes(40))]), "has no raw frame"),
    ],
)
def test_other_fff_files_are_errors(content: bytes, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        read_frame(content)


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.is2", "of a Fluke camera, .*SmartView"), ("B.IRB", "InfraTec"), ("c.csq", "FLIR")],
)
def test_files_of_other_cameras_are_named(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\0binary")
    for read in (read_frame, frame_shape, lambda file: find_frames([str(file.parent)])):
        with pytest.raises(FrameError, match=words):
            read(path)
