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
