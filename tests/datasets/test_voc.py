"""Pascal VOC boxes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError
from support.dataset_folders import write, xy_of


def voc(*boxes: tuple[object, ...], size: str = "") -> str:
    tags = ("xmin", "ymin", "xmax", "ymax")
    objects = "".join(
        "<object><name>t</name><bndbox>"
        + "".join(f"<{tag}>{value}</{tag}>" for tag, value in zip(tags, box, strict=True))
        + "</bndbox></object>"
        for box in boxes
    )
    return f"<annotation>{size}{objects}</annotation>"


def test_voc_boxes_give_their_centres_in_pixel_centre_coordinates(root: Path) -> None:
    write(root, "annotations/a.xml", voc((3, 4, 6, 5), (0, 0, 1, 1)))
    write(root, "annotations/b.xml", voc(size="<size><width>0</width><height>0</height></size>"))
    dataset = load_dataset(root, "train")
    assert dataset.layout == "voc"
    # Pixels 3..5 of row 4; the top-left pixel.
    assert xy_of(dataset) == {"a": [[4, 4], [0, 0]], "b": []}


def test_voc_devkit_folders_and_lists(tmp_path: Path) -> None:
    (tmp_path / "JPEGImages").mkdir()
    Image.new("L", (30, 20)).save(tmp_path / "JPEGImages/x.jpg")
    write(tmp_path, "Annotations/x.xml", voc((1, 2, 3, 4)))
    write(tmp_path, "ImageSets/Main/trainval.txt", "x\n")
    assert xy_of(load_dataset(tmp_path, "trainval")) == {"x": [[1.5, 2.5]]}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("<annotation>", "line 1"),
        (voc((1, 2, 3, "x")), "object 1 has no <bndbox> of four numbers"),
        (voc((1, 2, 3, "inf")), "not finite"),
        (voc((29, 2, 33, 4)), "outside"),
        (voc(size="<size><width>20</width><height>30</height></size>"), "states 20x30"),
    ],
)
def test_errors_in_voc_are_named(root: Path, text: str, word: str) -> None:
    write(root, "annotations/a.xml", text)
    write(root, "annotations/b.xml", voc())
    with pytest.raises(DatasetError, match=f"a.xml.*{word}"):
        load_dataset(root, "train")


def test_voc_image_without_xml_is_an_error(root: Path) -> None:
    write(root, "annotations/a.xml", voc())
    with pytest.raises(DatasetError, match=r"b.xml: no such file"):
        load_dataset(root, "train")
