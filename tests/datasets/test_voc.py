"""Pascal VOC boxes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, IrpointWarning
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


def frames_at(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 20)).save(root / name)


@pytest.mark.parametrize(
    "source",
    ["<database>The VOC2007 Database</database>", "<annotation>PASCAL VOC2012</annotation>"],
)
def test_official_voc_counts_pixels_from_1(root: Path, source: str) -> None:
    # The pixels 3..5 of row 4, and the top-left pixel.
    boxes = voc((4, 5, 6, 5), (1, 1, 1, 1), size=f"<source>{source}</source>")
    write(root, "annotations/a.xml", boxes)
    write(root, "annotations/b.xml", voc(size="<source><database>Unknown</database></source>"))
    frame = load_dataset(root, "train").frames[0]
    assert frame.points.xy.tolist() == [[4, 4], [0, 0]]
    assert frame.extents is not None
    assert (*frame.extents[0].low, *frame.extents[0].high) == (2.5, 3.5, 5.5, 4.5)


def test_xml_files_beside_the_images(tmp_path: Path) -> None:
    """As labelImg writes them; Roboflow too, in a folder per split."""
    frames_at(tmp_path, "day/x.jpg", "day/y.jpg", "night/x.jpg")
    write(tmp_path, "day/x.xml", voc((3, 4, 6, 5)))
    write(tmp_path, "night/x.xml", voc())
    with pytest.warns(IrpointWarning, match="1 images are not part of the dataset"):
        dataset = load_dataset(tmp_path, "all")
    assert dataset.layout == "voc"
    assert xy_of(dataset) == {"day/x": [[4, 4]], "night/x": []}


def test_xml_files_that_name_their_image(tmp_path: Path) -> None:
    frames_at(tmp_path, "pictures/x.jpg")
    name = "<filename>C:\\mine\\x.jpg</filename>"
    write(tmp_path, "boxes/0001.xml", voc((3, 4, 6, 5), size=name))
    write(tmp_path, "boxes/0002.xml", voc(size="<filename>lost.jpg</filename>"))
    with pytest.warns(IrpointWarning, match="1 XML files have no image, such as boxes/0002.xml"):
        assert xy_of(load_dataset(tmp_path, "all")) == {"x": [[4, 4]]}
    write(tmp_path, "boxes/0003.xml", voc(size=name))
    with pytest.raises(DatasetError, match=r"0003.xml: a second file for x.jpg"):
        load_dataset(tmp_path, "all")


def test_xml_files_in_the_subfolders_of_the_images(tmp_path: Path) -> None:
    frames_at(tmp_path, "images/s1/0.png", "images/s2/0.png")
    write(tmp_path, "annotations/s1/0.xml", voc((3, 4, 6, 5)))
    write(tmp_path, "annotations/s2/0.xml", voc())
    write(tmp_path, "annotations/s2/1.xml", voc())
    write(tmp_path, "ImageSets/Main/drone_val.txt", '"s1/0"  1\ns2/0 -1\n')
    with pytest.warns(IrpointWarning, match="1 XML files have no image, such as annotations/s2/1"):
        assert xy_of(load_dataset(tmp_path, "drone_val")) == {"s1/0": [[4, 4]], "s2/0": []}
