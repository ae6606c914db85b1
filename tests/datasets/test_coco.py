"""COCO keypoints: irpoint's, and the published variant of SPIRE."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError
from support.dataset_folders import write, xy_of


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
