"""Standard input as a source."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from irpoint.frames import open_source
from irpoint.frames.raw import RawLayout
from support.sources import read_frames

FRAMES = np.random.default_rng(0).integers(0, 256, (3, 96, 128)).astype(np.uint8)
BYTES = RawLayout.parse("128x96:uint8")


def send(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_headerless_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    send(monkeypatch, FRAMES.tobytes())
    assert np.array_equal([item.frame for item in read_frames("-", BYTES)], FRAMES)


def test_one_image(monkeypatch: pytest.MonkeyPatch) -> None:
    png = io.BytesIO()
    Image.fromarray(FRAMES[0]).save(png, "PNG")
    send(monkeypatch, png.getvalue())
    (item,) = read_frames("-")
    assert item.source == "-"
    assert np.array_equal(item.frame, FRAMES[0])


def test_a_file_with_several_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = io.BytesIO()
    np.save(stack, FRAMES.astype(np.uint16))
    send(monkeypatch, stack.getvalue())
    assert np.array_equal([item.frame for item in read_frames("-")], FRAMES)


def test_it_is_live_only_with_headerless_frames_and_never_repeatable() -> None:
    image, stream = open_source("-"), open_source("-", BYTES)
    assert (image.live, stream.live) == (False, True)
    assert not image.repeatable
    assert not stream.repeatable
