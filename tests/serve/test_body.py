"""Bodies that hold no usable frame."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PIL import Image

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("imagecodecs", reason="needs the extra serve")

from support.detection import png
from support.models import draw_blobs
from support.serve_client import npy

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

FRAME = draw_blobs([(40, 30)])


def tiff(*frames: np.ndarray, **options: str) -> bytes:
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        for frame in frames:
            writer.write(frame, contiguous=False, **options)
    return stream.getvalue()


def png_bomb(side: int) -> bytes:
    """A PNG of a few bytes whose header states ``side`` × ``side`` pixels."""
    header = struct.pack(">IIBBBBB", side, side, 16, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(9))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def npz() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, frame=FRAME)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 422, "the body is empty"),
        (b"no frame", 415, "not a readable format; send PNG, BMP"),
        (png(FRAME)[:2000], 422, "damaged"),
        (png_bomb(500), 413, "500x500 is more than 100000 pixels"),
        (png_bomb(60_000), 413, "too many pixels"),
        (npy(FRAME)[:-9], 422, "truncated"),
        (npy(np.full((50, 50), np.nan)), 422, "no finite pixel"),
        (npy(np.zeros((3, 64, 64), np.uint16)), 422, "holds 3 frames; give one file per frame"),
        (npy(np.zeros((2, 3, 64, 64))), 422, "is not one frame"),
        (npy(np.zeros(50)), 422, "is not one frame"),
        (npy(np.array([{}, 1]), pickled=True), 422, "contains Python objects"),
        (npy(np.zeros((400, 400), np.uint8)), 413, "400x400 is more than"),
        (npz(), 415, r".npz is not accepted here"),
        (b"\x89HDF\r\n\x1a\n" + bytes(600), 415, "HDF5 is not accepted here"),
        (tiff(FRAME)[:3000], 422, "truncated"),
        (tiff(FRAME, FRAME), 422, "2 pages; give one file per frame"),
        (tiff(FRAME, compression="jpeg"), 415, "compression JPEG is not accepted"),
        (tiff(np.zeros((400, 400), np.uint8), compression="zlib"), 413, "400x400 is more than"),
    ],
)
def test_a_body_without_a_usable_frame_gives_one_line(
    client: TestClient, body: bytes, status: int, reason: str
) -> None:
    response = client.post("/detect", params={"source": "n1"}, content=body)
    assert response.status_code == status, response.text
    assert response.json().keys() == {"error"}
    error = response.json()["error"]
    assert error.startswith("n1: ")
    assert reason in error
    assert "\n" not in error


def test_a_strip_that_unpacks_to_much_more_than_its_page_is_refused(client: TestClient) -> None:
    bomb = zlib.compress(bytes(2**26), 1)
    plain = tiff(np.zeros((64, 64), np.uint8), compression="zlib")
    with tifffile.TiffFile(io.BytesIO(plain)) as file:
        page = file.pages[0]
        counts = page.tags["StripByteCounts"].valueoffset
        offsets = page.tags["StripOffsets"].valueoffset
    body = bytearray(plain + bomb)
    body[counts : counts + 4] = struct.pack("<I", len(bomb))
    body[offsets : offsets + 4] = struct.pack("<I", len(plain))
    response = client.post("/detect", content=bytes(body))
    assert response.status_code == 422
    assert "damaged" in response.json()["error"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("image/png", 200),
        ("image/png; charset=binary", 200),
        ("application/octet-stream", 200),
        ("application/x-www-form-urlencoded", 200),  # what curl --data-binary states
        ("multipart/form-data; boundary=x", 415),
        ("application/json", 415),
        ("text/plain", 415),
    ],
)
def test_the_content_type_must_be_that_of_a_file(
    client: TestClient, content_type: str, status: int
) -> None:
    headers = {"Content-Type": content_type}
    response = client.post("/detect", content=png(FRAME), headers=headers)
    assert response.status_code == status
    assert status == 200 or "curl --data-binary" in response.json()["error"]


def test_what_may_not_be_as_expected_is_in_the_answer(client: TestClient) -> None:
    assert client.post("/detect", content=png(FRAME)).json()["warnings"] == []
    turned = Image.fromarray(FRAME)
    exif = turned.getexif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    turned.save(stream, "PNG", exif=exif)
    [warning] = client.post("/detect", content=stream.getvalue()).json()["warnings"]
    assert "EXIF orientation 6 is not applied" in warning
