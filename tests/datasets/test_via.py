"""The JSON files of VGG Image Annotator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of


def annotations(*shapes: dict[str, Any]) -> dict[str, Any]:
    regions = [{"shape_attributes": shape, "region_attributes": {}} for shape in shapes]
    return {
        f"{name}.png{size}": {
            "filename": f"{name}.png",
            "size": size,
            "regions": regions if name == "a" else [],
            "file_attributes": {},
        }
        for name, size in (("a", 81), ("b", 82), ("c", 83))
    }


def read_one(root: Path, *shapes: dict[str, Any]) -> list[list[float]]:
    write(root, "via_region_data.json", json.dumps(annotations(*shapes)))
    return xy_of(load_dataset(root, "all"))["a"]


@pytest.mark.parametrize(
    ("shape", "xy"),
    [
        ({"name": "point", "cx": 10, "cy": 5}, [9.5, 4.5]),
        ({"name": "rect", "x": 3, "y": 4, "width": 3, "height": 1}, [4, 4]),
        ({"name": "circle", "cx": 10, "cy": 5, "r": 2.5}, [9.5, 4.5]),
        ({"name": "ellipse", "cx": 10, "cy": 5, "rx": 2, "ry": 1, "theta": 0.3}, [9.5, 4.5]),
        ({"name": "ellipse", "cx": 10, "cy": 5, "rx": 2, "ry": 1}, [9.5, 4.5]),
        ({"name": "polygon", "all_points_x": [0, 6, 0], "all_points_y": [0, 0, 3]}, [1.5, 0.5]),
        ({"name": "polyline", "all_points_x": [1, 5], "all_points_y": [1, 1]}, [2.5, 0.5]),
    ],
)
def test_shapes_of_via(root: Path, shape: dict[str, Any], xy: list[float]) -> None:
    assert read_one(root, shape) == [xy]


def test_the_project_and_the_numbered_regions_of_version_1(root: Path) -> None:
    listed = annotations({"name": "point", "cx": 10, "cy": 5})
    for image in listed.values():
        image["regions"] = {str(n): region for n, region in enumerate(image["regions"])}
    project = {"_via_settings": {}, "_via_img_metadata": listed, "_via_attributes": {}}
    write(root, "via_project.json", json.dumps(project))
    dataset = load_dataset(root, "all")
    assert dataset.layout == "via"
    assert xy_of(dataset) == {"a": [[9.5, 4.5]], "b": [], "c": []}


def test_an_unknown_shape_is_counted(root: Path) -> None:
    with pytest.warns(IrpointWarning, match="1 regions of the kind 'extreme_rect'"):
        assert read_one(root, {"name": "extreme_rect"}) == []


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        ({"name": "point", "cx": "10", "cy": 5}, "image 'a.png', region 1: cx, cy are not all"),
        ({"name": "point", "cx": 31, "cy": 5}, "outside its 30x20"),
        ({"name": "polygon", "all_points_x": [0], "all_points_y": []}, "do not make a polygon"),
        (None, "no 'shape_attributes'"),
    ],
)
def test_errors_in_regions_are_named(root: Path, shape: Any, word: str) -> None:
    with pytest.raises(DatasetError, match=word):
        read_one(root, shape)
