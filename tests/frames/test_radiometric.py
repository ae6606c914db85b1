"""Radiometric JPEG: the raw data of FLIR cameras, and that of others, which cannot be read."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.errors import FrameError, FrameWarning
from irpoint.frames import frame_shape, open_source, read_frame
from irpoint.label.catalogue import Catalogue
from support.models import draw_blobs
from support.radiometric import (
    EMBEDDED_IMAGE,
    PALETTE,
    RAW,
    exif,
    fff,
    flir_jpeg,
    flir_segments,
    jpeg,
    png,
    raw_record,
)
from support.sources import read_frames

RAW_FRAME = draw_blobs([(20, 30), (60, 40)], seed=3).astype(np.uint16) * 20 + 3000
GREY = np.full((96, 128), 90, np.uint8)
RED = np.zeros((96, 128, 3), np.uint8) + np.array([200, 30, 90], np.uint8)


def with_records(*records: tuple[int, int, bytes], order: str = ">") -> bytes:
    return jpeg(GREY, flir_segments(fff(records, order)))


def big_endian(order: str) -> int:
    return 1 if order == ">" else 2


@pytest.mark.parametrize("header", "<>")
@pytest.mark.parametrize("order", "<>")
def test_plain_raw_data_is_read_in_either_byte_order(header: str, order: str) -> None:
    record = RAW, big_endian(order), raw_record(RAW_FRAME, order)
    frame = read_frame(with_records(record, order=header))
    assert frame.dtype == np.uint16
    assert np.array_equal(frame, RAW_FRAME)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("swapped", [True, False])
def test_raw_data_in_a_png_is_read_in_either_byte_order(swapped: bool, order: str) -> None:
    record = RAW, 3, raw_record(RAW_FRAME, order, png(RAW_FRAME, swapped=swapped))
    assert np.array_equal(read_frame(with_records(record)), RAW_FRAME)


def test_a_png_without_a_clear_byte_order_is_read_as_most_cameras_write_it() -> None:
    noise = np.random.default_rng(0).integers(0, 65_536, (12, 16)).astype(np.uint16)
    record = RAW, 3, raw_record(noise, "<", png(noise, swapped=True))
    assert np.array_equal(read_frame(with_records(record)), noise)


def test_chunks_in_any_order_other_records_and_other_segments() -> None:
    """A visible-light image (MSX) in the file, and several FFF files, are not the frame."""
    photo = io.BytesIO()
    Image.fromarray(RED).save(photo, "JPEG")
    visible = EMBEDDED_IMAGE, 1, bytes(32) + photo.getvalue()
    with_raw = fff([visible, (PALETTE, 1, bytes(100)), (RAW, 2, raw_record(RAW_FRAME))])
    chunks = flir_segments(with_raw, size=5000)
    assert len(chunks) > 4
    without_raw = flir_segments(fff([visible]))
    other = (1, b"http://ns.adobe.com/xap/1.0/\0<x/>")
    for segments in (
        [exif("FLIR"), chunks[0], other, *chunks[1:]],
        chunks[::-1],
        [*without_raw, *chunks],
        [*chunks, *without_raw],
    ):
        assert np.array_equal(read_frame(jpeg(RED, segments)), RAW_FRAME)


def test_raw_data_of_another_size_gives_coordinates_in_its_pixels(tmp_path: Path) -> None:
    path = tmp_path / "thermal.jpg"
    path.write_bytes(flir_jpeg(RAW_FRAME[::2, ::2], GREY))
    with pytest.warns(FrameWarning, match="64x48 raw data of the camera, not the 128x96 picture"):
        (item,) = read_frames(path)
    assert np.array_equal(item.frame, RAW_FRAME[::2, ::2])
    catalogue = Catalogue(tmp_path)
    with pytest.warns(FrameWarning, match="64x48 raw data"):
        assert np.array_equal(catalogue.read(catalogue.entries[0]), item.frame)
    with pytest.warns(FrameWarning, match="64x48 raw data"):
        assert frame_shape(path) == (48, 64)


def test_nothing_is_said_about_raw_data_of_the_pictures_size(tmp_path: Path) -> None:
    path = tmp_path / "thermal.jpg"
    path.write_bytes(flir_jpeg(RAW_FRAME, RED))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(read_frame(path), RAW_FRAME)
        assert frame_shape(path) == RAW_FRAME.shape


def test_a_photograph_of_a_thermal_camera_is_a_photograph() -> None:
    record = EMBEDDED_IMAGE, 1, bytes(64)
    with pytest.warns(FrameWarning, match="has colours"):
        assert read_frame(jpeg(RED, flir_segments(fff([record])))).shape == RED.shape[:2]


GOOD = fff([(RAW, 2, raw_record(RAW_FRAME))])
PNG_RECORD = raw_record(RAW_FRAME, "<", png(RAW_FRAME, swapped=True)[:-2000])


@pytest.mark.parametrize(
    ("segments", "words"),
    [
        (flir_segments(GOOD[:-1]), "truncated"),
        (flir_segments(GOOD[:70]), "directory"),
        (flir_segments(GOOD[:20]), "header"),
        (flir_segments(GOOD, 9000)[:-1], "part 3 of 3 of the camera's raw data is missing"),
        (flir_segments(GOOD, 9000)[1:], "part 1 of 3"),
        (flir_segments(GOOD[:0x14] + bytes(4) + GOOD[0x18:]), "version"),
        (flir_segments(fff([(RAW, 2, raw_record(RAW_FRAME)[:5000])])), "truncated by 19608 bytes"),
        (flir_segments(fff([(RAW, 2, raw_record(RAW_FRAME) * 2)])), "a way that is not known"),
        (flir_segments(fff([(RAW, 2, bytes(10))])), "truncated|byte order"),
        (flir_segments(fff([(RAW, 2, raw_record(RAW_FRAME[:0]))])), "128x0"),
        (flir_segments(fff([(RAW, 3, PNG_RECORD)])), "damaged"),
        (flir_segments(fff([(RAW, 3, raw_record(RAW_FRAME, "<", b"\xff\xd8\xff"))])), "truncated"),
    ],
)
def test_damaged_raw_data_is_an_error_and_the_picture_is_not_used(
    tmp_path: Path, segments: list[tuple[int, bytes]], words: str
) -> None:
    path = tmp_path / "bad.jpg"
    path.write_bytes(jpeg(GREY, segments))
    with pytest.raises(FrameError, match=words) as caught:
        read_frame(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert [item.reason for item in open_source(path).frames()] == [str(caught.value)]


DJI_PARAMETERS = (4, b"\xaa\x55\x12\x06" + bytes(60))
RAW_BYTES = [(3, part * 8000) for part in (b"\x53\x11", b"\x54\x22", b"\x52\x00")]


@pytest.mark.parametrize(
    ("segments", "trailer", "words"),
    [
        ([exif("DJI"), *RAW_BYTES], b"", "of DJI, .* DJI Thermal SDK"),
        ([*RAW_BYTES, DJI_PARAMETERS], b"", "48000 bytes of private data of DJI"),
        ([(2, b"\0\x02\0\x01IJPEG\0" + bytes(80)), *RAW_BYTES], b"", "of InfiRay"),
        ([exif("HIKMICRO")], b"HDRI" + bytes(40_000), "of HIKMICRO"),
        ([], b"HDRI" + bytes(40_000), "of HIKMICRO"),
        ([exif("Testo SE & Co. KGaA"), (12, bytes(3000))], b"", "of Testo"),
        ([exif("ACME Thermal"), *RAW_BYTES], b"", "of ACME Thermal, .*--raw"),
        ([*RAW_BYTES], b"", "of an unknown maker"),
        ([(1, b"FLIR\0\x01\0\0" + b"new layout" * 400)], b"", "of FLIR"),
    ],
)
def test_raw_data_that_cannot_be_read_is_named_and_the_picture_used(
    segments: list[tuple[int, bytes]], trailer: bytes, words: str
) -> None:
    file = jpeg(GREY, segments) + trailer
    with pytest.warns(FrameWarning, match=words) as said:
        frame = read_frame(file)
    assert [warning.message.kind for warning in said] == ["unread-raw-data"]
    assert np.abs(frame.astype(int) - 90).max() <= 1


def test_metadata_previews_and_small_private_segments_are_no_raw_data() -> None:
    preview = jpeg(np.tile(GREY, (4, 4)))
    segments = [
        exif("DJI"),
        (2, b"ICC_PROFILE\0\x01\x01" + bytes(3000)),
        (7, b"DJI-DBG\0" + bytes(9000)),
        (3, b"\xff\xd8\xff\xdb" + bytes(9000)),
        (4, bytes(9000)),
        (5, b"private"),
        (13, b"Photoshop 3.0\0" + bytes(9000)),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_frame(jpeg(GREY, segments) + preview + bytes(20_000))
        read_frame(jpeg(GREY, [exif("samsung"), (5, bytes(60_000))]))


@pytest.mark.parametrize("orientation", [3, 6])
def test_an_orientation_is_reported_and_not_applied(tmp_path: Path, orientation: int) -> None:
    tags = Image.Exif()
    tags[0x112] = orientation
    image = Image.fromarray(draw_blobs([(20, 30)]))
    for kind, options in (("jpg", {"quality": 100}), ("png", {}), ("webp", {"lossless": True})):
        path = tmp_path / f"turned.{kind}"
        image.save(path, exif=tags, **options)
        with pytest.warns(FrameWarning, match=f"orientation {orientation} is not applied"):
            frame = read_frame(path)
        assert np.abs(frame.astype(int) - np.asarray(image)).max() <= 2
    image.save(path, exif=Image.Exif(), lossless=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_frame(path)
