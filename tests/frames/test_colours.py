"""Warnings about pictures whose luminance is not the intensity of the scene."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from irpoint.errors import FrameWarning
from irpoint.frames import as_frame, read_frame
from support.models import draw_blobs
from support.palettes import PALETTES, coloured

GREY = np.clip(draw_blobs([(20, 30), (60, 40), (100, 20)], seed=1), 0, 255).astype(np.uint8)
GREY3 = np.stack([GREY] * 3, axis=-1)


def saved(pixels: np.ndarray, kind: str) -> bytes:
    stream = io.BytesIO()
    if kind == "TIFF":
        tifffile.imwrite(stream, pixels, photometric="rgb")
    else:
        Image.fromarray(pixels).save(stream, kind, **({"quality": 85} if kind == "JPEG" else {}))
    return stream.getvalue()


def kinds(said: pytest.WarningsRecorder) -> list[str]:
    """Warnings of frames; Python may give others at the same time, of files of other tests."""
    return [one.message.kind for one in said if isinstance(one.message, FrameWarning)]


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP"])
def test_a_palette_gives_a_warning_in_every_format(palette: str, kind: str) -> None:
    with pytest.warns(FrameWarning, match="has colours") as said:
        read_frame(saved(coloured(GREY, palette), kind))
    assert kinds(said) == ["colour"]


def test_an_array_of_a_palette_or_a_photograph_gives_a_warning() -> None:
    rows, columns = np.mgrid[:80, :120]
    photograph = np.stack((rows * 3, columns * 2, 255 - rows * 2), axis=-1).astype(np.uint8)
    for pixels in (coloured(GREY, "ironbow"), photograph, photograph.astype(np.uint16) * 200):
        with pytest.warns(FrameWarning, match="array: has colours"):
            as_frame(pixels)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_grey_stored_as_colour_a_tint_and_chroma_noise_are_no_colours(kind: str) -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(GREY3 + rng.normal(0, 3, GREY3.shape), 0, 255).astype(np.uint8)
    tint = (GREY3 * np.array([0.72, 0.78, 1.0])).astype(np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pixels in (GREY3, noisy, tint, np.zeros_like(GREY3)):
            read_frame(saved(pixels, kind))


def test_a_coloured_drawing_is_named_as_such() -> None:
    """So is a palette that colours the hottest part only, where the targets are."""
    marked = GREY3.copy()
    marked[40:44, 60:70] = (255, 40, 0)
    with pytest.warns(FrameWarning, match="has 40 coloured pixels") as said:
        read_frame(saved(marked, "PNG"))
    assert kinds(said) == ["coloured-parts"]


def test_a_mask_may_have_colours(tmp_path: Path) -> None:
    Image.fromarray(coloured(GREY, "hot")).save(tmp_path / "mask.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_frame(tmp_path / "mask.png", mask=True)
