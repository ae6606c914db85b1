"""FITS images; the uncompressed ones are made by hand."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint.frames import frame_shape, read_frame
from support.arrays import frames_both_ways, thermal_stack
from support.sources import read_with_problems

fits = pytest.importorskip("astropy.io.fits", reason="astropy is not installed")

STACK = thermal_stack(5)
SIGNED = STACK.astype(np.int32) - 32768


def card(key: str, value: Any) -> bytes:
    shown = {True: "T", False: "F"}.get(value, str(value)) if isinstance(value, bool) else value
    return f"{key:8}= {shown!s:>20}".ljust(80).encode()


def block(bits: int, data: bytes, *sides: int, **cards: Any) -> bytes:
    """A primary image: a header of 2880 bytes, and data filled up to a multiple of it."""
    head = card("SIMPLE", True) + card("BITPIX", bits) + card("NAXIS", len(sides))
    head += b"".join(card(f"NAXIS{k + 1}", side) for k, side in enumerate(sides))
    head += b"".join(card(key, value) for key, value in cards.items()) + b"END".ljust(80)
    return head.ljust(2880) + data.ljust(-(-len(data) // 2880) * 2880, b"\0")


UNSIGNED = block(16, SIGNED.astype(">i2").tobytes(), 32, 24, 5, BZERO=32768, BSCALE=1)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (UNSIGNED, STACK),
        (block(16, SIGNED[0].astype(">i2").tobytes(), 32, 24), SIGNED[:1].astype(np.int16)),
        (block(8, (STACK % 256).astype("u1").tobytes(), 32, 24, 5), (STACK % 256).astype("u1")),
        (block(8, (STACK % 256).astype("u1").tobytes(), 32, 24, 5, BZERO=-128),
         ((STACK % 256).astype("i2") - 128).astype("i1")),
        (block(32, SIGNED.astype(">i4").tobytes(), 32, 24, 5), SIGNED),
        (block(-32, STACK.astype(">f4").tobytes(), 32, 24, 5), STACK.astype(np.float32)),
        (block(-64, STACK.astype(">f8").tobytes(), 32, 24, 5), STACK.astype(np.float64)),
        (block(16, SIGNED.astype(">i2").tobytes(), 32, 24, 5, BSCALE=0.5, BZERO=100),
         (SIGNED * 0.5 + 100).astype(np.float32)),
        (block(16, SIGNED.astype(">i2").tobytes(), 32, 24, 5, 1), SIGNED.astype(np.int16)),
    ],
    ids=["unsigned", "one", "8", "signed-8", "32", "float", "double", "scaled", "four-axes"],
)  # fmt: skip
def test_images_and_cubes(tmp_path: Path, data: bytes, expected: np.ndarray) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(data)
    frames = frames_both_ways(path)
    assert frames.dtype == expected.dtype
    assert np.array_equal(frames, expected)


def test_three_frames_of_a_cube_are_no_colour(tmp_path: Path) -> None:
    (tmp_path / "a.fit").write_bytes(block(-32, STACK[:3].astype(">f4").tobytes(), 32, 24, 3))
    assert len(frames_both_ways(tmp_path / "a.fit")) == 3


@pytest.mark.parametrize("cards", [{}, {"BZERO": 32768}])
def test_blank_pixels_are_nan(cards: dict[str, Any]) -> None:
    stored = SIGNED[0].astype(">i2")
    stored[2, 3] = -32768
    frame = read_frame(block(16, stored.tobytes(), 32, 24, BLANK=-32768, **cards))
    assert np.isnan(frame[2, 3])
    assert np.isnan(frame).sum() == 1
    assert frame[0, 0] == int(stored[0, 0]) + cards.get("BZERO", 0)


@pytest.mark.parametrize("kind", ["RICE_1", "GZIP_1", "GZIP_2", "PLIO_1"])
def test_compressed_images(tmp_path: Path, kind: str) -> None:
    image = STACK[0] % 4096 if kind == "PLIO_1" else STACK[0]
    hdu = fits.CompImageHDU(image.astype(np.int16 if kind == "PLIO_1" else np.uint16),
                            compression_type=kind)  # fmt: skip
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "a.fits")
    assert np.array_equal(frames_both_ways(tmp_path / "a.fits"), image[None])


def test_a_file_compressed_with_gzip(tmp_path: Path) -> None:
    (tmp_path / "a.fits.gz").write_bytes(gzip.compress(UNSIGNED))
    assert np.array_equal(frames_both_ways(tmp_path / "a.fits.gz"), STACK)
    (tmp_path / "b.fits.gz").write_bytes(gzip.compress(b"text"))
    _, (reason,) = read_with_problems(tmp_path / "b.fits.gz")
    assert "a gzip file that is not FITS" in reason


def test_image_extensions(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    images = [fits.ImageHDU(frame, name="SCI", ver=k + 1) for k, frame in enumerate(STACK)]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(path)
    assert np.array_equal(frames_both_ways(path), STACK)
    assert np.array_equal(frames_both_ways(f"{path}:SCI,3"), STACK[2:3])
    assert np.array_equal(frames_both_ways(f"{path}:2"), STACK[1:2])


def test_images_of_several_kinds_are_refused_unless_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    quality = fits.ImageHDU(np.zeros((24, 32), np.uint8), name="DQ")
    science = fits.ImageHDU(STACK, name="SCI")
    fits.HDUList([fits.PrimaryHDU(), science, quality]).writeto(path)
    frames, (reason,) = read_with_problems(path)
    assert not frames
    assert "2 arrays may be frames: SCI (5, 24, 32) uint16, DQ (24, 32) uint8" in reason
    assert reason.endswith(f"give one, such as {path}:SCI")
    assert np.array_equal(frames_both_ways(f"{path}:SCI"), STACK)


def test_the_shape_comes_from_the_header(tmp_path: Path) -> None:
    (tmp_path / "a.fits").write_bytes(block(16, SIGNED[0].astype(">i2").tobytes(), 32, 24))
    assert frame_shape(tmp_path / "a.fits") == (24, 32)


@pytest.mark.parametrize("cut", [2880 + 500, 1000])
def test_a_cut_file_is_skipped(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.fits").write_bytes(UNSIGNED[:cut])
    frames, (reason,) = read_with_problems(tmp_path / "a.fits")
    assert not frames
    assert reason.startswith(f"{tmp_path / 'a.fits'}: ")
    assert "\n" not in reason


def test_the_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.fits").write_bytes(UNSIGNED)
    monkeypatch.setitem(sys.modules, "astropy.io.fits", None)
    monkeypatch.setitem(sys.modules, "astropy", None)
    _, (reason,) = read_with_problems(tmp_path / "a.fits")
    assert reason == f"{tmp_path / 'a.fits'}: FITS needs astropy; run pip install 'irpoint[fits]'"
