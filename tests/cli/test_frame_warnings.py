"""Warnings about the files of a detection: each kind once, with the number of files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from PIL import Image

from support.models import draw_blobs
from support.palettes import coloured
from support.radiometric import exif, flir_jpeg, jpeg

SPOT = [(40.0, 30.0)]
FRAME = draw_blobs(SPOT).clip(0, 255).astype(np.uint8)


def test_a_folder_of_palette_pictures_gives_two_lines(cli, model, tmp_path: Path) -> None:
    for number in range(4):
        Image.fromarray(coloured(FRAME, "rainbow")).save(tmp_path / f"{number}.png")
    code, _, err = cli("detect", "--model", model, tmp_path)
    said = [line for line in err.splitlines() if "warning" in line]
    assert code == 0
    assert len(said) == 2
    assert said[0].startswith(f"irpoint: warning: {tmp_path / '0.png'}: has colours")
    assert said[1] == f"irpoint: warning: 3 more files as {tmp_path / '0.png'} (colour)"


def test_the_raw_data_of_radiometric_files_is_searched(cli, model, tmp_path: Path) -> None:
    """In the rainbow picture beside it, nothing is found."""
    picture = coloured(np.kron(FRAME, np.ones((2, 2), np.uint8)), "rainbow")
    for number in range(2):
        file = flir_jpeg(FRAME.astype(np.uint16) * 30 + 2000, picture)
        (tmp_path / f"{number}.jpg").write_bytes(file)
    code, out, err = cli("detect", "--model", model, tmp_path)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [(round(float(row["x"])), round(float(row["y"]))) for row in rows] == [(40, 30)] * 2
    assert "0.jpg: the frame is the 128x96 raw data of the camera, not the 256x192" in err
    assert "1 more file as" in err


def test_files_of_several_kinds_of_peculiarities(cli, model, tmp_path: Path) -> None:
    dji = [exif("DJI", orientation=6), (3, bytes(60_000))]
    (tmp_path / "dji.jpg").write_bytes(jpeg(FRAME, dji))
    code, _, err = cli("detect", "--model", model, tmp_path)
    said = [line for line in err.splitlines() if "warning" in line]
    assert code == 0
    assert len(said) == 2
    assert "orientation 6 is not applied" in said[0]
    assert "60000 bytes of private data of DJI" in said[1]
