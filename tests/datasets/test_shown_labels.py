"""Labels of tools that turn a picture, or show the picture of a radiometric file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, FrameWarning
from support.radiometric import flir_jpeg
from support.tool_exports import cvat_images

RAW = np.arange(20 * 30, dtype=np.uint16).reshape(20, 30) + 5000


def voc(width: int, height: int, box: tuple[int, int, int, int]) -> str:
    left, top, right, bottom = box
    return (
        f"<annotation><size><width>{width}</width><height>{height}</height></size><object>"
        f"<name>t</name><bndbox><xmin>{left}</xmin><ymin>{top}</ymin><xmax>{right}</xmax>"
        f"<ymax>{bottom}</ymax></bndbox></object></annotation>"
    )


def cvat(width: int, height: int, point: str) -> str:
    shape = f'<points label="target" source="manual" occluded="0" points="{point}" z_order="0">'
    text = cvat_images(f"a.jpg\n{shape}\n</points>")
    return text.replace('width="30"', f'width="{width}"').replace(
        'height="20"', f'height="{height}"'
    )


def turned(path: Path, orientation: int) -> None:
    tags = Image.Exif()
    tags[0x112] = orientation
    Image.new("L", (30, 20)).save(path, exif=tags)


@pytest.mark.parametrize(
    ("orientation", "xy"),
    [(6, [5, 20 - 1 - 2]), (8, [30 - 1 - 5, 2])],
)
def test_labels_of_a_turned_picture_are_turned_back(
    tmp_path: Path, orientation: int, xy: list[int]
) -> None:
    turned(tmp_path / "a.jpg", orientation)
    (tmp_path / "annotations.xml").write_text(cvat(20, 30, "2.50,5.50"))
    with pytest.warns(FrameWarning, match="labels are of the 20x30 picture as the tool showed it"):
        (frame,) = load_dataset(tmp_path, "all").frames
    assert frame.points.xy.tolist() == [xy]


def test_labels_of_the_picture_of_a_radiometric_file_are_scaled(tmp_path: Path) -> None:
    picture = np.zeros((80, 120), np.uint8)
    (tmp_path / "a.jpg").write_bytes(flir_jpeg(RAW, picture))
    (tmp_path / "annotations.xml").write_text(cvat(120, 80, "42.00,10.00"))
    with pytest.warns(FrameWarning, match="converted to pixels of the 30x20 frame"):
        (frame,) = load_dataset(tmp_path, "all").frames
    assert frame.shape == (20, 30)
    assert frame.points.xy.tolist() == [[10, 2]]


def test_boxes_of_such_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(flir_jpeg(RAW, np.zeros((80, 120), np.uint8)))
    (tmp_path / "a.xml").write_text(voc(120, 80, (40, 8, 44, 12)))
    with pytest.warns(FrameWarning, match="converted"):
        (frame,) = load_dataset(tmp_path, "all").frames
    assert frame.extents is not None
    assert frame.points.xy.tolist() == [[10, 2]]
    assert frame.extents[0].low.tolist() == [9.5, 1.5]
    assert frame.extents[0].high.tolist() == [10.5, 2.5]


def test_a_size_that_no_tool_shows_is_an_error(tmp_path: Path) -> None:
    turned(tmp_path / "a.jpg", 6)
    (tmp_path / "annotations.xml").write_text(cvat(30, 40, "2.50,5.50"))
    with (
        pytest.warns(FrameWarning, match="orientation 6 is not applied"),
        pytest.raises(DatasetError, match="is stated as 30x40 but is 30x20"),
    ):
        load_dataset(tmp_path, "all")
