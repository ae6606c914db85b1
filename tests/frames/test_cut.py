"""Cutting rows and columns off frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.errors import SettingsError
from irpoint.frames import open_source
from irpoint.frames.cut import Cut
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped, SourceFrame
from support.arrays import thermal_stack

STACK = thermal_stack(3)


@pytest.mark.parametrize(
    ("text", "cut", "rows", "columns"),
    [
        ("0,2", Cut(0, 2), slice(0, 22), slice(0, 32)),
        ("3,0", Cut(3, 0), slice(3, 24), slice(0, 32)),
        ("1, 2, 3, 4", Cut(1, 2, 3, 4), slice(1, 22), slice(3, 28)),
        ("0,0", Cut(), slice(0, 24), slice(0, 32)),
    ],
)
def test_rows_and_columns_are_cut(
    tmp_path: Path, text: str, cut: Cut, rows: slice, columns: slice
) -> None:
    assert Cut.parse(text) == cut
    np.save(tmp_path / "a.npy", STACK)
    source = open_source(tmp_path / "a.npy", cut=cut)
    frames = [item.frame for item in source.frames() if isinstance(item, SourceFrame)]
    assert np.array_equal(frames, STACK[:, rows, columns])
    with source.open() as stack:
        assert len(stack) == source.count() == 3
        assert np.array_equal(stack.read(2), STACK[2, rows, columns])


def test_telemetry_of_a_raw_dump(tmp_path: Path) -> None:
    telemetry = np.random.default_rng(0).integers(0, 65536, (3, 2, 32)).astype(np.uint16)
    dump = np.concatenate([STACK, telemetry], axis=1)
    (tmp_path / "a.raw").write_bytes(dump.astype(">u2").tobytes())
    source = open_source(tmp_path / "a.raw", RawLayout.parse("32x26:uint16:be"), Cut(0, 2))
    assert np.array_equal([item.frame for item in source.frames()], STACK)


def test_a_cut_source_is_like_the_source() -> None:
    source, cut = open_source("rtsp://x/1"), open_source("rtsp://x/1", cut=Cut(1, 0))
    for name in ("name", "live", "clock", "repeatable"):
        assert getattr(cut, name) == getattr(source, name)


def test_a_frame_of_which_nothing_remains_is_skipped(tmp_path: Path) -> None:
    Image.fromarray(STACK[0]).save(tmp_path / "a.png")
    (item,) = open_source(tmp_path / "a.png", cut=Cut(20, 4)).frames()
    assert isinstance(item, Skipped)
    assert item.reason == f"{tmp_path / 'a.png'}: --cut leaves nothing of 32x24 pixels"


@pytest.mark.parametrize("text", ["", "2", "1,2,3", "a,b", "-1,2", "1,2,3,4,5", "1.5,2"])
def test_another_text_is_an_error(text: str) -> None:
    with pytest.raises(SettingsError, match=r"--cut .*TOP,BOTTOM"):
        Cut.parse(text)
