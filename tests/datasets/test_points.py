"""Datasets of points and boxes: COCO keypoints, VOC, YOLO, CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import Dataset, load_dataset
from irpoint.errors import DatasetError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three frames a, b, c of 30x20 in images/ and the split list train: a, b."""
    (tmp_path / "images").mkdir()
    for name in "abc":
        Image.new("L", (30, 20)).save(tmp_path / f"images/{name}.png")
    (tmp_path / "img_idx").mkdir()
    (tmp_path / "img_idx/train.txt").write_text("a\nb\n")
    return tmp_path


def xy_of(dataset: Dataset) -> dict[str, list[list[float]]]:
    return {frame.name: frame.points.xy.tolist() for frame in dataset}


def write(root: Path, name: str, text: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def coco(root: Path, images: list[Any], annotations: list[Any]) -> None:
    content = {"images": images, "annotations": annotations, "categories": []}
    write(root, "annotations/annotations.json", json.dumps(content))


IMAGES = [
    {"id": number, "file_name": f"{name}.png", "width": 30, "height": 20}
    for number, name in enumerate("abc", 7)
]


def one(image_id: object, *keypoints: object) -> dict[str, Any]:
    return {"id": 1, "image_id": image_id, "category_id": 1, "keypoints": list(keypoints)}


def test_coco_with_one_annotation_per_target(root: Path) -> None:
    coco(root, IMAGES, [one(9, 1.5, 2, 2), one(7, 3, 4, 2), one(9, 29.5, -0.5, 1)])
    dataset = load_dataset(root, "all")
    assert dataset.layout == "coco"
    assert xy_of(dataset) == {"a": [[3, 4]], "b": [], "c": [[1.5, 2], [29.5, -0.5]]}
    assert list(xy_of(load_dataset(root, "train"))) == ["a", "b"]


def test_published_coco_with_one_annotation_per_image(root: Path) -> None:
    images = [{"id": n, "file_name": f"{n}.png", "height": 20, "width": 30} for n in "abc"]
    annotation = one("a", 3, 4, 1, 10.5, 7, 1) | {
        "bbox": [[2, 3, 3, 3], [9, 6, 3, 3]],
        "area": [9, 9],
        "num_keypoints": 2,
    }
    coco(root, images, [annotation, one("b", 0, 0, 1)])
    assert xy_of(load_dataset(root, "train")) == {"a": [[3, 4], [10.5, 7]], "b": [[0, 0]]}


def test_coco_keypoints_that_are_not_labelled_are_skipped(root: Path) -> None:
    coco(root, IMAGES, [one(7, 0, 0, 0, 5, 6, 2)])
    assert xy_of(load_dataset(root, "train"))["a"] == [[5, 6]]


@pytest.mark.parametrize(
    ("images", "annotations", "word"),
    [
        (IMAGES, [one(99, 1, 1, 2)], "image 99, which is not listed"),
        (IMAGES, [one(7, 1, 1)], "annotation 1: 'keypoints' is not a list"),
        (IMAGES, [one(7, 1, float("nan"), 2)], "finite"),
        (IMAGES, [one(7, "1", 1, 2)], "annotation 1: 'keypoints' is not a list"),
        (IMAGES, [{"image_id": 7}], "annotation 1: 'keypoints' is not a list"),
        (IMAGES, [one(7, 29.6, 1, 2)], r"\(29.6, 1\) of 'a' is outside its 30x20"),
        (IMAGES, [one(7, 1, -0.6, 2)], "outside"),
        ([*IMAGES, IMAGES[0]], [], "the id of another"),
        ([*IMAGES, IMAGES[0] | {"id": 1}], [], "two entries"),
        ([IMAGES[0] | {"width": 31}, *IMAGES[1:]], [], "stated as 31x20 but is 30x20"),
        ([{"file_name": "a.png"}], [], "no id"),
        ([{"id": 1, "file_name": "lost.png"}], [], "lost: no such image"),
        ("none", [], "no list 'images'"),
    ],
)
def test_errors_in_coco_are_named(root: Path, images: Any, annotations: Any, word: str) -> None:
    coco(root, images, annotations)
    with pytest.raises(DatasetError, match=word):
        load_dataset(root, "all")


def test_coco_syntax_error_names_the_line(root: Path) -> None:
    write(root, "annotations/annotations.json", '{"images": [],\n"annotations" []}')
    with pytest.raises(DatasetError, match=r"annotations.json, line 2"):
        load_dataset(root, "all")


def test_coco_list_with_an_image_that_has_no_entry(root: Path) -> None:
    coco(root, IMAGES[:1], [])
    with pytest.raises(DatasetError, match="no entry for the image 'b'"):
        load_dataset(root, "train")


def test_truth_chooses_if_a_folder_has_masks_and_points(root: Path) -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[4, 3] = 1
    (root / "masks").mkdir()
    for name in "abc":
        Image.fromarray(mask).save(root / f"masks/{name}.png")
    coco(root, IMAGES, [one(7, 8, 9, 2)])
    assert xy_of(load_dataset(root, "train", "mask"))["a"] == [[3, 4]]
    assert xy_of(load_dataset(root, "train", "centroids"))["a"] == [[8, 9]]


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


def test_yolo_boxes_give_their_centres_and_no_file_means_none(root: Path) -> None:
    # The pixels 3..5 of row 4: the edges 3 and 6 of 30, 4 and 5 of 20.
    write(root, "labels/a.txt", f"0 {4.5 / 30} {4.5 / 20} 0.1 0.05\n\n1 1 1 0 0 0.9\n")
    dataset = load_dataset(root, "all")
    assert dataset.layout == "yolo"
    np.testing.assert_allclose(dataset.frames[0].points.xy, [[4, 4], [29.5, 19.5]], atol=1e-5)
    assert [len(frame.points) for frame in dataset] == [2, 0, 0]


def test_yolo_subfolders_are_splits(tmp_path: Path) -> None:
    for split, name in (("train", "a"), ("val", "b")):
        (tmp_path / "images" / split).mkdir(parents=True)
        Image.new("L", (10, 10)).save(tmp_path / f"images/{split}/{name}.png")
        write(tmp_path, f"labels/{split}/{name}.txt", "0 0.55 0.25 0.1 0.1")
    assert list(xy_of(load_dataset(tmp_path, "val"))) == ["b"]
    np.testing.assert_allclose(load_dataset(tmp_path, "val").frames[0].points.xy, [[5, 2]])
    assert len(load_dataset(tmp_path, "all")) == 2


@pytest.mark.parametrize(
    "line", ["0 0.5 0.5", "0 x 0.5 0.1 0.1", "0 nan 0.5 0.1 0.1", "0 1.2 0.5 0.1 0.1", "0 5 5 3 3"]
)
def test_errors_in_yolo_are_named(root: Path, line: str) -> None:
    write(root, "labels/a.txt", f"0 0.5 0.5 0.1 0.1\n{line}\n")
    with pytest.raises(DatasetError, match=r"a.txt, line 2"):
        load_dataset(root, "train")


def test_yolo_labels_of_other_images_are_an_error(root: Path) -> None:
    write(root, "labels/frame_a.txt", "0 0.5 0.5 0.1 0.1\n")
    with pytest.raises(DatasetError, match="no label file"):
        load_dataset(root, "all")


@pytest.mark.parametrize("file", ["points.csv", "labels.csv"])
def test_csv(root: Path, file: str) -> None:
    write(root, file, "image,x,y,note\nb.png,,,\na.png,1.5,2,far\nimages/a.png,-0.5,19.5,\n")
    dataset = load_dataset(root, "all")
    assert dataset.layout == "csv"
    assert xy_of(dataset) == {"b": [], "a": [[1.5, 2], [-0.5, 19.5]]}
    assert list(xy_of(load_dataset(root, "train"))) == ["a", "b"]


def test_csv_with_images_beside_it(tmp_path: Path) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    write(tmp_path, "points.csv", "\ufeffX, Y ,Image\n1,2,a\n")
    assert xy_of(load_dataset(tmp_path, "all")) == {"a": [[1, 2]]}


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ("a.png,1,2\nb.png,x,2", "line 3.*not two numbers"),
        ("a.png,1,", "line 2.*not two numbers"),
        ("a.png,1", "line 2.*not two numbers"),
        (",1,2", "line 2: no image"),
        ("a.png,nan,2", "line 2.*not finite"),
        ("a.png,,\na.png,1,2", "line 3.*another row"),
        ("a.png,1,2\na.png,,", "line 3.*another row"),
        ('a.png,"1,2', "not CSV"),
        ("a.png,1,30", "outside"),
        ("lost.png,1,2", "lost: no such image"),
    ],
)
def test_errors_in_csv_are_named(root: Path, rows: str, word: str) -> None:
    write(root, "points.csv", f"image,x,y\n{rows}\n")
    with pytest.raises(DatasetError, match=word):
        load_dataset(root, "all")


def test_csv_header_choice_and_lists(root: Path) -> None:
    write(root, "one.csv", "name,x,y\n")
    with pytest.raises(DatasetError, match="line 1: no header"):
        load_dataset(root, "all")
    write(root, "two.csv", "image,x,y\n")
    with pytest.raises(DatasetError, match="2 CSV files"):
        load_dataset(root, "all")
    write(root, "points.csv", "image,x,y\na.png,1,1\n")
    with pytest.raises(DatasetError, match="no row for the image 'b'"):
        load_dataset(root, "train")
