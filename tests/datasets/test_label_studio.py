"""Label Studio's exports "JSON" and "JSON-MIN"."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint.datasets import load_dataset
from irpoint.datasets.rle import label_studio_mask
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of
from support.tool_exports import label_studio_task, packed, region

FILE = "project-29-at-2024-01-30-02-45-0a1b2c3d.json"
MASK = np.zeros((20, 30), np.uint8)
MASK[3, 5:8] = MASK[4, 6] = 255
BRUSH = {"format": "rle", "rle": packed(np.repeat(MASK.ravel(), 4).tolist())}
POINT = region("keypoint", x=35.0, y=52.5, width=0.4)
OTHER = region("keypoint", x=5.0, y=52.5, width=0.4)


def tasks(root: Path, *listed: dict[str, Any]) -> None:
    write(root, FILE, json.dumps(list(listed)))


def read_one(root: Path, *regions: dict[str, Any], **fields: Any) -> list[list[float]]:
    empty = [
        label_studio_task(n, f"/data/upload/29/{name}.png", []) for n, name in ((2, "b"), (3, "c"))
    ]
    tasks(root, label_studio_task(1, "/data/upload/29/a.png", list(regions), **fields), *empty)
    return xy_of(load_dataset(root, "all"))["a"]


def test_positions_are_per_cent_of_the_image(root: Path) -> None:
    assert read_one(root, POINT) == [pytest.approx([10, 10])]
    dataset = load_dataset(root, "all")
    assert dataset.layout == "label-studio"
    assert [len(frame.points) for frame in dataset] == [1, 0, 0]
    corners = [region("keypoint", x=x, y=y, width=0.4) for x, y in ((0, 0), (100, 100))]
    assert read_one(root, *(one | {"id": str(n)} for n, one in enumerate(corners))) == [
        [-0.5, -0.5],
        [29.5, 19.5],
    ]


@pytest.mark.parametrize(
    ("one", "xy"),
    [
        (region("rectangle", x=10, y=20, width=10, height=5, rotation=0), [4, 4]),
        (region("rectangle", x=10, y=20, width=0, height=0, rotation=0), [2.5, 3.5]),
        # Turned by 90 degrees about (3, 4), 6 wide and 4 high, it lies to the left of that corner.
        (region("rectangle", x=10, y=20, width=20, height=20, rotation=90), [0.5, 6.5]),
        (region("ellipse", x=50, y=50, radiusX=5, radiusY=5, rotation=30), [14.5, 9.5]),
        (region("polygon", points=[[0, 0], [20, 0], [0, 15]], closed=True), [1.5, 0.5]),
        (region("brush", **BRUSH), [6, 3.25]),
    ],
)
def test_regions_of_label_studio(root: Path, one: dict[str, Any], xy: list[float]) -> None:
    assert read_one(root, one) == [pytest.approx(xy)]


def test_the_extent_of_a_turned_box(root: Path) -> None:
    read_one(root, region("rectangle", x=10, y=20, width=20, height=20, rotation=90))
    extent = load_dataset(root, "all").frames[0].extents
    assert extent is not None
    assert extent[0].low.tolist() == pytest.approx([-1.5, 3.5])
    assert extent[0].high.tolist() == pytest.approx([2.5, 9.5])


def test_a_region_that_is_written_twice_counts_once(root: Path) -> None:
    shape = {"x": 10, "y": 20, "width": 10, "height": 5, "rotation": 0}
    regions = [
        {"type": "rectangle", "from_name": "rect", "value": shape},
        {"type": "labels", "from_name": "label", "value": shape | {"labels": ["target"]}},
        {"type": "choices", "from_name": "sure", "value": shape | {"choices": ["yes"]}},
    ]
    whole = {"type": "choices", "id": "w", "value": {"choices": ["clear"]}}
    relation = {"type": "relation", "from_id": "x", "to_id": "y", "direction": "right"}
    assert read_one(root, *(one | {"id": "x"} for one in regions), whole, relation) == [[4, 4]]


def test_a_region_of_another_kind_is_counted(root: Path) -> None:
    video = {"type": "videorectangle", "value": {"sequence": [], "labels": ["target"]}}
    with pytest.warns(IrpointWarning, match="1 regions of the type 'videorectangle'"):
        assert read_one(root, video) == []


@pytest.mark.parametrize(
    "path",
    [
        "/data/upload/29/0a1b2c3d-a.png",
        "/data/upload/0a1b2c3d-a.png",
        "/data/local-files/?d=camera/images/a.png",
        "/data/local-files/?d=C%3A%5Ccamera%5Cimages%5Ca.png",
        "s3://bucket/camera/a.png",
        "https://host.example/camera/a.png?X-Amz-Date=20240130&X-Amz-Expires=3600",
        "http://localhost:8080/data/upload/29/0a1b2c3d-a.png",
        "C:\\camera\\a.png",
        "a.png",
    ],
)
def test_the_path_of_the_image(root: Path, path: str) -> None:
    tasks(root, label_studio_task(1, path, [POINT]))
    with pytest.warns(IrpointWarning, match="2 images are not part of the dataset"):
        assert xy_of(load_dataset(root, "all")) == {"a": [pytest.approx([10, 10])]}


def test_an_uploaded_image_may_keep_the_name_of_the_upload(root: Path) -> None:
    (root / "images/a.png").rename(root / "images/0a1b2c3d-a.png")
    tasks(root, label_studio_task(1, "/data/upload/29/0a1b2c3d-a.png", [POINT]))
    with pytest.warns(IrpointWarning, match="2 images"):
        assert list(xy_of(load_dataset(root, "all"))) == ["0a1b2c3d-a"]


# Several annotations


def test_the_newest_annotation_is_read(root: Path) -> None:
    task = label_studio_task(1, "a.png", [OTHER], [POINT])
    tasks(
        root, task, *(label_studio_task(n, f"{name}.png", []) for n, name in ((2, "b"), (3, "c")))
    )
    with pytest.warns(IrpointWarning, match="1 tasks have several annotations; the ground truth"):
        assert xy_of(load_dataset(root, "all"))["a"] == [pytest.approx([10, 10])]
    task["annotations"][0]["ground_truth"] = True
    tasks(root, task)
    with pytest.warns(IrpointWarning, match="1 tasks have several annotations"):
        assert xy_of(load_dataset(root, "all"))["a"] == [pytest.approx([1, 10])]


def test_cancelled_annotations_and_tasks_without_any_do_not_count(root: Path) -> None:
    first = label_studio_task(1, "a.png", [POINT], [OTHER])
    first["annotations"][1]["was_cancelled"] = True
    second = label_studio_task(2, "b.png", [OTHER])
    second["annotations"][0]["was_cancelled"] = True
    third = label_studio_task(3, "c.png", predictions=[{"result": [POINT]}])
    tasks(root, first, second, third)
    with pytest.warns(IrpointWarning, match="2 tasks are not annotated, so they are not part"):
        assert xy_of(load_dataset(root, "all")) == {"a": [pytest.approx([10, 10])]}


def test_json_min(root: Path) -> None:
    def record(number: int, image: str, version: int, *points: tuple[float, float]) -> Any:
        size = {"original_width": 30, "original_height": 20}
        regions = [
            {"x": x, "y": y, "width": 0.4, "keypointlabels": ["target"], **size} for x, y in points
        ]
        return {
            "image": f"/data/upload/29/0a1b2c3d-{image}.png",
            "id": number,
            **({"label": regions} if points else {}),
            "annotator": version,
            "annotation_id": 100 * number + version,
            "created_at": f"2024-01-30T02:40:{10 + version}.893565Z",
            "updated_at": f"2024-01-30T02:41:{10 + version}.893578Z",
            "lead_time": 8.65,
        }

    tasks(
        root,
        record(1, "a", 2, (35, 52.5), (5, 52.5)),
        record(1, "a", 1, (95, 2.5)),
        record(2, "b", 1),
        record(3, "c", 1, (95, 2.5)),
    )
    with pytest.warns(IrpointWarning, match="1 tasks have several annotations"):
        dataset = load_dataset(root, "all")
    assert dataset.layout == "label-studio"
    found = {name: np.array(xy).round(9).tolist() for name, xy in xy_of(dataset).items()}
    assert found == {"a": [[10, 10], [1, 10]], "b": [], "c": [[28, 0]]}


def test_json_min_with_a_separate_tag_for_labels(root: Path) -> None:
    size = {"original_width": 30, "original_height": 20}
    shape = {"x": 10, "y": 20, "width": 10, "height": 5, "rotation": 0} | size
    record = {
        "image": "a.png",
        "id": 1,
        "rect": [shape],
        "label": [shape | {"labels": ["target"]}],
        "annotator": 1,
        "annotation_id": 2,
    }
    tasks(root, record)
    with pytest.warns(IrpointWarning, match="2 images"):
        assert xy_of(load_dataset(root, "all")) == {"a": [[4, 4]]}


# Errors


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (region("keypoint", x="1", y=2), r"task 1: a region of it: x or y is not a finite number"),
        (region("keypoint", x=math.nan, y=2), "x or y is not a finite number"),
        (region("keypoint", x=101, y=2), "outside its 30x20"),
        (region("polygon", points=[[1, 2, 3]]), "not a list of 2 finite numbers"),
        (region("brush", format="rle", rle=[0, 0, 9, 96]), "its brush mask is damaged"),
        (region("brush", format="rle", rle=BRUSH["rle"][:-9]), "its end is missing"),
        (region("brush", format="rle", rle=[300]), "not a list of bytes"),
        (POINT | {"image_rotation": 90}, "the image was turned by 90 degrees"),
        (POINT | {"original_width": 60}, "a.png is stated as 60x20 but is 30x20"),
    ],
)
def test_errors_in_regions_are_named(root: Path, one: dict[str, Any], word: str) -> None:
    with pytest.raises(DatasetError, match=word):
        read_one(root, one)


def test_errors_of_a_whole_task_are_named(root: Path) -> None:
    tasks(root, label_studio_task(1, "a.png", [POINT], data={"text": "no image"}))
    # The name of the upload is enough.
    with pytest.warns(IrpointWarning, match="2 images"):
        assert len(load_dataset(root, "all")) == 1
    tasks(root, label_studio_task(1, "", [POINT], data={"text": "no image"}))
    with pytest.raises(DatasetError, match="task 1: no image in its data"):
        load_dataset(root, "all")
    tasks(root, label_studio_task(1, "a.png", annotations="none"))
    with pytest.raises(DatasetError, match="task 1 has no 'data' or no list 'annotations'"):
        load_dataset(root, "all")
    write(root, FILE, '[{"data": {}, "annotations": [')
    with pytest.raises(DatasetError, match=f"{FILE}, line 1: not JSON"):
        load_dataset(root, "all")


@settings(max_examples=50)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=60))
def test_brush_masks_are_unpacked(lengths: list[int]) -> None:
    alpha = np.repeat(np.arange(len(lengths)) % 2 * 200, lengths)
    alpha = np.append(alpha, 7)
    rgba = np.column_stack([alpha * 0, alpha // 2, alpha * 0 + 3, alpha]).ravel().tolist()
    found = label_studio_mask(packed(rgba), 1, len(alpha))
    assert found.tolist() == [(alpha > 0).tolist()]
