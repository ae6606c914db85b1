"""COCO files of other tools: CVAT's keypoints and instances, boxes, segments and masks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.datasets.rle import coco_mask
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of
from support.tool_exports import cvat_coco, runs

ABC = ("a.png", "b.png", "c.png")
MASK = np.zeros((20, 30), np.uint8)
MASK[3, 5:8] = MASK[4, 6] = 1
MASK_XY = pytest.approx([6, 3.25])


def plain(*annotations: dict[str, Any], **fields: Any) -> str:
    """A COCO file without the marks of any tool."""
    images = [{"id": n, "file_name": name} for n, name in enumerate(ABC, 1)]
    numbered = [{"id": n, "image_id": 1} | one for n, one in enumerate(annotations, 1)]
    return json.dumps({"images": images, "annotations": numbered, "categories": []} | fields)


def one_xy(root: Path, *annotations: dict[str, Any]) -> list[list[float]]:
    write(root, "annotations/instances_default.json", plain(*annotations))
    return xy_of(load_dataset(root, "all"))["a"]


def compressed(lengths: list[int]) -> str:
    """COCO's text of run lengths, from its description."""
    text = ""
    for index, length in enumerate(lengths):
        number = length - (lengths[index - 2] if index > 2 else 0)
        more = True
        while more:
            bits = number & 31
            number >>= 5
            more = number != (-1 if bits & 16 else 0)
            text += chr(bits + 32 * more + 48)
    return text


@pytest.mark.parametrize(
    ("fields", "track"),
    [
        ({"track": 3}, 3),
        ({"track_id": "4"}, 4),
        ({"attributes": {"track_id": 5}}, 5),
        ({"track_id": "a bird"}, None),
        ({"track": True, "attributes": []}, None),
        ({"track": -1}, None),
    ],
)
def test_the_track_of_an_annotation(root: Path, fields: dict[str, Any], track: int | None) -> None:
    box = {"bbox": [3, 3, 2, 2]}
    two = {"keypoints": [1, 1, 2, 5, 5, 2], "track": 9}  # one annotation for two targets
    write(root, "annotations/instances_default.json", plain(box | fields, two))
    frame = load_dataset(root, "all").frames[0]
    assert (frame.tracks or (None,) * 3) == (track, None, None)


def test_keypoints_of_cvat_count_from_the_corner(root: Path) -> None:
    annotations = [
        {"image_id": 1, "keypoints": [10.5, 10.5, 2, 3.0, 4.0, 1, 0, 0, 0], "num_keypoints": 2},
        {"image_id": 3, "keypoints": [0.5, 0.5, 2], "num_keypoints": 1},
    ]
    text = cvat_coco(ABC, annotations, keypoints=["1", "2", "3"])
    write(root, "annotations/person_keypoints_default.json", text)
    dataset = load_dataset(root, "all")
    assert dataset.layout == "coco"
    assert xy_of(dataset) == {"a": [[10, 10], [2.5, 3.5]], "b": [], "c": [[0, 0]]}


@pytest.mark.parametrize(
    ("keypoints", "fields", "xy"),
    [
        ([10, 4, 2], {}, [10, 4]),  # whole numbers number pixels
        ([10.5, 4.5, 2], {}, [10, 4]),
        (
            [10.5, 4.5, 2],
            {"info": {"description": "irpoint; pixel centres at integers"}},
            [10.5, 4.5],
        ),
        ([10, 4, 2], {"licenses": [{"name": "", "id": 0, "url": ""}]}, [9.5, 3.5]),
    ],
)
def test_where_keypoints_count_from(
    root: Path, keypoints: list[float], fields: dict[str, Any], xy: list[float]
) -> None:
    write(root, "annotations/person_keypoints_val.json", plain({"keypoints": keypoints}, **fields))
    assert xy_of(load_dataset(root, "val"))["a"] == [xy]


@pytest.mark.parametrize(
    ("annotation", "xy"),
    [
        ({"bbox": [3, 4, 3, 1]}, [[4, 4]]),
        ({"bbox": [3.5, 4.5, 0, 0]}, [[3, 4]]),
        ({"bbox": [9, 9, 9, 9], "segmentation": [[3, 4, 7, 4, 7, 6, 3, 6]]}, [[4.5, 4.5]]),
        ({"bbox": [3, 4, 3, 1], "segmentation": [[]], "keypoints": []}, [[4, 4]]),
        # The larger part weighs more: 2 pixels at x 1 and 6 pixels at x 9.
        ({"segmentation": [[0, 0, 2, 0, 2, 1, 0, 1], [8, 0, 8, 3, 10, 3, 10, 0]]}, [[6.5, 0.75]]),
        ({"segmentation": {"size": [20, 30], "counts": runs(MASK.T.ravel())}}, [MASK_XY]),
        (
            {"segmentation": {"size": [20, 30], "counts": compressed(runs(MASK.T.ravel()))}},
            [MASK_XY],
        ),
    ],
)
def test_boxes_and_segments_of_coco(root: Path, annotation: dict[str, Any], xy: Any) -> None:
    assert one_xy(root, annotation) == xy


def test_each_component_of_a_crowd_is_a_target(root: Path) -> None:
    mask = MASK.copy()
    mask[15, 20] = 1
    segment = {"size": [20, 30], "counts": runs(mask.T.ravel())}
    assert one_xy(root, {"segmentation": segment, "iscrowd": 1}) == [MASK_XY, [20, 15]]
    assert len(one_xy(root, {"segmentation": segment, "iscrowd": 0})) == 1


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ({"keypoints": [0, 0, 0], "bbox": [1, 1, 2, 2]}, "annotations without a visible keypoint"),
        ({"bbox": [1, 1, 9, 9], "iscrowd": 1}, "boxes around a group"),
        ({"bbox": [0, 0, 0, 0]}, "boxes of zeros"),
        ({"segmentation": {"size": [20, 30], "counts": [600]}}, "empty masks"),
    ],
)
def test_annotations_without_a_point_are_counted(
    root: Path, annotation: dict[str, Any], kind: str
) -> None:
    with pytest.warns(IrpointWarning, match=f"give no point: 1 {kind}"):
        assert one_xy(root, annotation, {"bbox": [3, 4, 3, 1]}) == [[4, 4]]


@pytest.mark.parametrize(
    ("annotation", "word"),
    [
        ({"bbox": [1, 2, 3]}, "annotation 1: 'bbox' is not a list of 4 finite numbers"),
        ({"bbox": [1, 2, float("nan"), 3]}, "'bbox' is not a list of 4 finite numbers"),
        ({"bbox": [31, 2, 2, 2]}, "outside its 30x20"),
        ({"keypoints": [10**400, 1, 2]}, "finite numbers"),
        ({"segmentation": [["a", 1]]}, "'segmentation' is wrong"),
        ({"segmentation": [[1, 2, 3]]}, "'segmentation' is wrong"),
        ({"segmentation": {"size": [30, 20], "counts": [600]}}, r"size \[30, 20\], not \[20, 30\]"),
        ({"segmentation": {"size": [20, 30], "counts": [599]}}, "make 599 pixels, not 600"),
        ({"segmentation": {"size": [20, 30], "counts": [-1, 601]}}, "not whole numbers"),
        ({"segmentation": {"size": [20, 30]}}, "not whole numbers"),
        ({"segmentation": {"size": [20, 30], "counts": "0~"}}, "not one of compressed runs"),
        ({"segmentation": {"size": [20, 30], "counts": "P"}}, "cut off"),
        ({}, "'keypoints' is not a list, and there is neither"),
        ({"id": "a\nb" * 99, "bbox": 1}, "annotation a ba ba b.{70}…: 'bbox' is not a list"),
    ],
)
def test_errors_in_annotations_are_named(root: Path, annotation: dict[str, Any], word: str) -> None:
    with pytest.raises(DatasetError, match=word):
        one_xy(root, annotation)


@given(st.lists(st.integers(0, 1 << 40), max_size=20))
def test_compressed_runs_have_the_lengths_of_uncompressed_ones(lengths: list[int]) -> None:
    lengths = [length % 50 for length in lengths]
    size = max(sum(lengths), 1)
    lengths.append(size - sum(lengths))
    expected = coco_mask(lengths, size, 1)
    assert np.array_equal(coco_mask(compressed(lengths), size, 1), expected)


def test_compressed_runs_agree_with_pycocotools() -> None:
    coco = pytest.importorskip("pycocotools.mask")
    rng = np.random.default_rng(0)
    for fill in (0.0, 0.01, 0.5, 1.0):
        mask = np.asfortranarray(rng.random((200, 300)) < fill).astype(np.uint8)
        text = coco.encode(np.asfortranarray(mask))["counts"].decode()
        assert np.array_equal(coco_mask(text, 200, 300), mask > 0)


def test_polygons_lie_where_pycocotools_draws_them(root: Path) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    flat = [4.2, 3.1, 20.7, 5.4, 17.3, 16.8, 6.5, 14.9]
    drawn = coco.decode(coco.frPyObjects([flat], 20, 30))[..., 0]
    rows, columns = np.nonzero(drawn)
    (xy,) = one_xy(root, {"segmentation": [flat]})
    assert xy == pytest.approx([columns.mean(), rows.mean()], abs=0.15)


# Files and images


def test_the_subsets_of_cvat_are_splits(tmp_path: Path) -> None:
    for name in ("train/0.png", "val/0.png", "val/1.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 20)).save(tmp_path / "images" / name)
    box = {"image_id": 1, "bbox": [3, 4, 3, 1]}
    write(tmp_path, "annotations/instances_train.json", cvat_coco(["0.png"], [box]))
    write(tmp_path, "annotations/instances_val.json", cvat_coco(["0.png", "1.png"], [box]))
    assert xy_of(load_dataset(tmp_path, "train")) == {"train/0": [[4, 4]]}
    assert xy_of(load_dataset(tmp_path, "val")) == {"val/0": [[4, 4]], "1": []}
    assert len(load_dataset(tmp_path, "all")) == 3


def test_files_beside_their_images_in_one_folder_per_split(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        (tmp_path / split).mkdir()
        Image.new("L", (30, 20)).save(tmp_path / split / "a_png.rf.0123.png")
        image = {"id": 0, "file_name": "a_png.rf.0123.png", "height": 20, "width": 30}
        box = {"id": 0, "image_id": 0, "bbox": [3, 4, 3, 1]}
        content = {"images": [image], "annotations": [box]}
        write(tmp_path, f"{split}/_annotations.coco.json", json.dumps(content))
    assert xy_of(load_dataset(tmp_path, "valid")) == {"valid/a_png.rf.0123": [[4, 4]]}


def test_keypoints_are_read_instead_of_instances_of_the_same_images(root: Path) -> None:
    box = {"image_id": 1, "bbox": [3, 4, 3, 1]}
    point = {"image_id": 1, "keypoints": [10.5, 10.5, 2]}
    write(root, "annotations/instances_default.json", cvat_coco(ABC, [box]))
    write(root, "annotations/person_keypoints_default.json", cvat_coco(ABC, [point]))
    write(root, "annotations/captions_default.json", cvat_coco(ABC, []))
    with pytest.warns(IrpointWarning, match=r"default.json: read instead of instances_default"):
        assert xy_of(load_dataset(root, "all"))["a"] == [[10, 10]]


def test_an_image_in_two_files_counts_once_if_its_labels_agree(root: Path) -> None:
    write(root, "annotations/all.json", plain({"bbox": [3, 4, 3, 1]}))
    write(root, "annotations/val.json", plain({"bbox": [3, 4, 3, 1]}))
    assert xy_of(load_dataset(root, "all"))["a"] == [[4, 4]]
    write(root, "annotations/val.json", plain({"bbox": [4, 4, 3, 1]}))
    with pytest.raises(DatasetError, match=r"val.json: other labels of the image 'a' than in"):
        load_dataset(root, "all")


@pytest.mark.parametrize(
    "stated", ["images/a.png", "C:\\data\\a.png", "/home/anna/set/images/a.png", "a"]
)
def test_images_are_found_by_the_end_of_their_path(root: Path, stated: str) -> None:
    content = {"images": [{"id": 1, "file_name": stated}], "annotations": []}
    write(root, "annotations/labels.json", json.dumps(content))
    with pytest.warns(IrpointWarning, match="2 images are not part"):
        assert list(xy_of(load_dataset(root, "all"))) == ["a"]


def test_an_image_in_another_folder_is_not_the_stated_one(tmp_path: Path) -> None:
    (tmp_path / "images/night").mkdir(parents=True)
    Image.new("L", (30, 20)).save(tmp_path / "images/night/0001.png")
    content = {"images": [{"id": 1, "file_name": "day/0001.png"}], "annotations": []}
    write(tmp_path, "annotations/labels.json", json.dumps(content))
    with pytest.raises(DatasetError, match="day/0001: no such image"):
        load_dataset(tmp_path, "all")


def test_an_export_of_cvat_without_its_points_is_explained(root: Path) -> None:
    write(root, "annotations/instances_default.json", cvat_coco(ABC, []))
    with pytest.warns(IrpointWarning, match="CVAT leaves points out of COCO files"):
        load_dataset(root, "all")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_with_a_byte_order_mark(root: Path, encoding: str) -> None:
    (root / "annotations").mkdir()
    path = root / "annotations/instances_default.json"
    path.write_text(plain({"bbox": [3, 4, 3, 1]}), encoding=encoding)
    assert xy_of(load_dataset(root, "all"))["a"] == [[4, 4]]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"images": [], "annotations": [', "line 1: not JSON"),
        ('{"images": [1], "annotations": []}', "no list 'images' of entries"),
        ('{"images": [{"id": ' + "9" * 5000 + '}], "annotations": []}', "cannot be read as JSON"),
        ('{"images": ' + "[" * 100000 + '"annotations"', "cannot be read as JSON"),
    ],
)
def test_damaged_files_are_named(root: Path, text: str, word: str) -> None:
    write(root, "annotations/instances_default.json", text)
    with pytest.raises(DatasetError, match=f"instances_default.json.*{word}"):
        load_dataset(root, "all")
