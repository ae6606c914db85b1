"""The layout of headerless frames."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.errors import SettingsError
from irpoint.frames.raw import RawLayout


def test_the_byte_order_is_little_endian_by_default() -> None:
    layout = RawLayout.parse("640x512:uint16")
    assert (layout.width, layout.height, layout.dtype) == (640, 512, np.dtype("<u2"))
    assert layout == RawLayout.parse("640x512:uint16:le")
    assert layout.bytes == 640 * 512 * 2


@pytest.mark.parametrize(
    "text", ["", "640", "640x", "0x5:uint8", "640x512", "640x512:uint12", "640x512:uint8:xe",
             "-4x5:uint8", "640x512x3:uint8", "99999999x2:uint8"],
)  # fmt: skip
def test_another_text_is_an_error(text: str) -> None:
    with pytest.raises(SettingsError, match="--raw"):
        RawLayout.parse(text)


def test_bytes_around_frames() -> None:
    layout = RawLayout.parse("160x122:uint16:be:skip=512:gap=64")
    assert (layout.dtype, layout.skip, layout.gap) == (np.dtype(">u2"), 512, 64)
    assert RawLayout.parse("8x6:uint8:gap=4") == RawLayout(8, 6, np.dtype("u1"), 0, 4)
    one = 160 * 122 * 2
    assert layout.count(512 + one) == (1, 0)
    assert layout.count(512 + 3 * (one + 64)) == (3, 0)
    assert layout.count(512 + 3 * one + 2 * 64) == (3, 0)
    assert layout.count(512 + one + 64 + 10) == (1, 74)
    assert layout.count(100) == (0, 0)
    assert [layout.start(k) for k in (0, 2)] == [512, 512 + 2 * (one + 64)]


@pytest.mark.parametrize(
    "text",
    ["8x6:uint8:le:crop=2", "8x6:uint8:skip=-1", "8x6:uint8:skip=1:skip=2", "8x6:uint8:le:be"],
)  # fmt: skip
def test_an_unknown_field_is_an_error(text: str) -> None:
    with pytest.raises(SettingsError, match="gap=BYTES"):
        RawLayout.parse(text)
