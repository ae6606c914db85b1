"""LabelMe's JSON files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of
from support.tool_exports import labelme, png

MASK = np.array([[0, 255, 255], [0, 0, 255]], np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three frames of 30x20 beside each other, as LabelMe opens a folder."""
    for name in "abc":
        Image.new("L", (30, 20)).save(tmp_path / f"{name}.png")
    return tmp_path


def read_one(folder: Path, *shapes: dict[str, Any], **fields: Any) -> list[list[float]]:
    for name in "bc":
        write(folder, f"{name}.json", labelme(f"{name}.png"))
    write(folder, "a.json", labelme("a.png", *shapes, **fields))
    return xy_of(load_dataset(folder, "all"))["a"]


def test_one_file_per_image(folder: Path) -> None:
    write(folder, "a.json", labelme("a.png", {"shape_type": "point", "points": [[10.5, 10.5]]}))
    write(folder, "b.json", labelme("b.png"))
    with pytest.warns(IrpointWarning, match="1 images are not part of the dataset"):
        dataset = load_dataset(folder, "all")
    assert dataset.layout == "labelme"
    assert xy_of(dataset) == {"a": [[10, 10]], "b": []}


@pytest.mark.parametrize(
    ("shape", "xy"),
    [
        ({"shape_type": "point", "points": [[0, 20]]}, [[-0.5, 19.5]]),
        ({"shape_type": "points", "points": [[3.5, 4.5], [6.5, 7.5]]}, [[3, 4], [6, 7]]),
        ({"shape_type": "rectangle", "points": [[6, 5], [3, 4]]}, [[4, 4]]),
        ({"shape_type": "rectangle", "points": [[3, 4], [6, 4], [6, 5], [3, 5]]}, [[4, 4]]),
        ({"shape_type": "rectangle", "points": [[3.5, 4.5], [3.5, 4.5]]}, [[3, 4]]),
        ({"shape_type": "circle", "points": [[8.5, 9.5], [10, 11]]}, [[8, 9]]),
        ({"shape_type": "polygon", "points": [[0, 0], [6, 0], [0, 3]]}, [[1.5, 0.5]]),
        ({"points": [[0, 0], [6, 0], [0, 3]]}, [[1.5, 0.5]]),
        ({"shape_type": "line", "points": [[1, 1], [5, 1]]}, [[2.5, 0.5]]),
        ({"shape_type": "linestrip", "points": [[1, 1], [5, 1], [5, 1]]}, [[2.5, 0.5]]),
        (
            {
                "shape_type": "rotation",
                "points": [[4, 3], [5, 4], [4, 5], [3, 4]],
                "direction": 0.8,
            },
            [[3.5, 3.5]],
        ),
        (
            {
                "shape_type": "mask",
                "points": [[5.0, 8.0], [7.0, 9.0]],
                "mask": base64.b64encode(png(MASK)).decode(),
            },
            [pytest.approx([5 + 5 / 3, 8 + 1 / 3])],
        ),
    ],
)
def test_shapes_of_labelme(folder: Path, shape: dict[str, Any], xy: Any) -> None:
    assert read_one(folder, shape) == xy


def test_an_unknown_shape_is_counted(folder: Path) -> None:
    with pytest.warns(IrpointWarning, match="1 shapes of the kind 'cuboid'"):
        assert read_one(folder, {"shape_type": "cuboid", "points": [[1, 1], [2, 2]]}) == []


@pytest.mark.parametrize(
    ("file", "stated"),
    [
        ("labels/a.json", "..\\images\\a.png"),
        ("labels/a.json", "../images/a.png"),
        ("a.json", "images\\a.png"),
        ("images/a.json", "a.png"),
        ("images/a.json", "before_it_was_renamed.png"),
        ("labels/a.json", "D:\\camera\\images\\a.png"),
    ],
)
def test_the_path_of_the_image(root: Path, file: str, stated: str) -> None:
    shape = {"shape_type": "point", "points": [[3.5, 4.5]]}
    write(root, file, labelme(stated, shape))
    write(root, "images/b.json", labelme("b.png"))
    write(root, "images/c.json", labelme("c.png"))
    assert xy_of(load_dataset(root, "all")) == {"a": [[3, 4]], "b": [], "c": []}


def test_equal_names_in_two_folders(tmp_path: Path) -> None:
    for number, sequence in enumerate(("s1", "s2"), 1):
        (tmp_path / sequence).mkdir()
        Image.new("L", (30, 20)).save(tmp_path / sequence / "0.png")
        shape = {"shape_type": "point", "points": [[number + 0.5, 0.5]]}
        write(tmp_path, f"{sequence}/0.json", labelme("0.png", shape))
    assert xy_of(load_dataset(tmp_path, "all")) == {"s1/0": [[1, 0]], "s2/0": [[2, 0]]}


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ({"shape_type": "point", "points": []}, r"a.json: shape 1 \(target\): no points"),
        ({"shape_type": "point", "points": [[1]]}, "not a list of 2 finite numbers"),
        ({"shape_type": "point", "points": [[float("nan"), 1]]}, "not a list of 2 finite numbers"),
        ({"shape_type": "point", "points": [[1e300, 1]]}, "not a list of 2 finite numbers"),
        ({"shape_type": "point", "points": [[1, "2"]]}, "not a list of 2 finite numbers"),
        ({"shape_type": "point", "points": [[31, 2]]}, "outside its 30x20"),
        ({"shape_type": "mask", "points": [[1, 2], [3, 4]], "mask": "AAAA"}, "mask is damaged"),
        ({"shape_type": "mask", "points": [[1, 2], [3, 4]]}, "mask is damaged"),
    ],
)
def test_errors_in_shapes_are_named(folder: Path, shape: dict[str, Any], word: str) -> None:
    with pytest.raises(DatasetError, match=word):
        read_one(folder, shape)


def test_errors_of_a_whole_file_are_named(folder: Path) -> None:
    with pytest.raises(DatasetError, match=r"a\.png is stated as 20x30 .turned by hand"):
        read_one(folder, imageWidth=20, imageHeight=30)
    write(folder, "a.json", '{"version": "5.4.1", "shapes": {}}')
    with pytest.raises(DatasetError, match=r"a.json: no list 'shapes'"):
        load_dataset(folder, "all")
    write(folder, "a.json", '{"version": "5.4.1", "shapes": [')
    with pytest.raises(DatasetError, match=r"a.json, line 1: not JSON"):
        load_dataset(folder, "all")
    write(folder, "a.json", labelme("lost.png"))
    (folder / "a.png").unlink()
    with pytest.raises(DatasetError, match="lost: no such image"):
        load_dataset(folder, "all")
    for name in "bc":
        (folder / f"{name}.png").unlink()
    with pytest.raises(DatasetError, match="LabelMe's labels but no images"):
        load_dataset(folder, "all")


def test_hidden_copies_are_skipped(folder: Path) -> None:
    shape = {"shape_type": "point", "points": [[3.5, 4.5]]}
    write(folder, ".ipynb_checkpoints/a-checkpoint.json", labelme("a.png"))
    write(folder, "._b.json", "\x00\x05\x16\x07")
    assert read_one(folder, shape) == [[3, 4]]


def test_a_large_embedded_picture_does_not_hide_the_labels(folder: Path) -> None:
    """The kind of a file is judged by its beginning, and fields may come in any order."""
    content = json.loads(labelme("a.png", {"shape_type": "point", "points": [[3.5, 4.5]]}))
    content = {"imageData": "A" * 200_000, **content, "imageData2": None}
    write(folder, "a.json", json.dumps(content))
    with pytest.warns(IrpointWarning, match="2 images"):
        assert xy_of(load_dataset(folder, "all")) == {"a": [[3, 4]]}
