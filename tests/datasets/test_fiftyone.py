"""Datasets of FiftyOne: read, written and read back; FiftyOne's own importer and exporter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import convert, load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of


def keypoint(*xy: Any, **fields: Any) -> dict[str, Any]:
    return {"_cls": "Keypoint", "label": "target", "points": list(xy), **fields}


def sample(name: str, cls: str = "Keypoints", **fields: Any) -> dict[str, Any]:
    """A sample as FiftyOne exports it; ``ground_truth`` may be a list of labels."""
    labels = fields.pop("ground_truth", [])
    truth = labels and {"_cls": cls, cls.lower(): labels}
    return {
        "_id": {"$oid": "6b0a48fb2c1eec2e04c41125"},
        "filepath": f"data/{name}.png",
        "tags": [],
        "_media_type": "image",
        "metadata": {"_cls": "ImageMetadata", "width": 30, "height": 20, "num_channels": 1},
        "ground_truth": truth if labels is None or labels else {"_cls": cls, cls.lower(): []},
        **fields,
    }


@pytest.fixture
def export(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes samples and their images as FiftyOne exports them."""

    def written(*samples: dict[str, Any]) -> Path:
        (tmp_path / "data").mkdir(exist_ok=True)
        for one in samples:
            Image.new("L", (30, 20)).save(tmp_path / one["filepath"])
        write(tmp_path, "metadata.json", json.dumps({"version": "1.22.1", "media_type": "image"}))
        write(tmp_path, "samples.json", json.dumps({"samples": samples}))
        return tmp_path

    return written


def test_keypoints_are_fractions_from_the_outer_corner(export: Callable[..., Path]) -> None:
    root = export(
        # The outer corners of the frame, and the centre of the first pixel.
        sample("a", ground_truth=[keypoint([0, 0], [1, 1]), keypoint([0.5 / 30, 0.5 / 20])]),
        sample("b"),
    )
    dataset = load_dataset(root, "all")
    assert dataset.layout == "fiftyone"
    assert xy_of(dataset) == {"a": [[-0.5, -0.5], [29.5, 19.5], [0, 0]], "b": []}


def test_detections_and_polylines(export: Callable[..., Path]) -> None:
    square = [[[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]]]
    box = {"_cls": "Detection", "bounding_box": [0.1, 0.2, 0.2, 0.1]}
    line = [[[0.1, 0.5], [0.3, 0.5]]]
    root = export(
        sample("a", "Detections", ground_truth=[box]),
        sample(
            "b",
            "Polylines",
            ground_truth=[
                {"_cls": "Polyline", "points": square, "closed": True},
                {"_cls": "Polyline", "points": line, "closed": False},
                {"_cls": "Polyline", "points": []},
            ],
        ),
    )  # fmt: skip
    with pytest.warns(IrpointWarning, match="1 empty polylines"):
        dataset = load_dataset(root, "all")
    boxed, other = dataset
    np.testing.assert_allclose(boxed.points.xy, [[5.5, 4.5]], atol=1e-6)
    assert boxed.extents is not None
    (extent,) = boxed.extents
    np.testing.assert_allclose((*extent.low, *extent.high), (2.5, 3.5, 8.5, 5.5))
    np.testing.assert_allclose(other.points.xy, [[5.5, 3.5], [5.5, 9.5]], atol=1e-6)


def test_a_sample_without_labels_is_not_part_of_the_dataset(export: Callable[..., Path]) -> None:
    root = export(sample("a", ground_truth=[keypoint([0.5, 0.5])]), sample("b", ground_truth=None))
    with pytest.warns(IrpointWarning, match="1 images are not part of the dataset"):
        assert list(xy_of(load_dataset(root, "all"))) == ["a"]


def test_removed_keypoints_are_counted(export: Callable[..., Path]) -> None:
    gone = {"$numberDouble": "NaN"}
    points = [[0.5, 0.5], [gone, gone], [float("nan"), float("nan")]]
    root = export(sample("a", ground_truth=[keypoint(*points)]))
    with pytest.warns(IrpointWarning, match="2 hidden keypoints"):
        assert xy_of(load_dataset(root, "all")) == {"a": [[14.5, 9.5]]}


def test_tags_of_the_usual_names_are_splits(export: Callable[..., Path]) -> None:
    root = export(
        sample("a", tags=["train", "hard"]), sample("b", tags=["validation"]), sample("c")
    )
    assert [frame.name for frame in load_dataset(root, "train")] == ["a"]
    assert [frame.name for frame in load_dataset(root, "val")] == ["b"]
    with pytest.raises(DatasetError, match="no split 'hard'"):
        load_dataset(root, "hard")


def test_the_field_is_the_ground_truth_or_the_only_one(export: Callable[..., Path]) -> None:
    found = {"_cls": "Keypoints", "keypoints": [keypoint([0.5, 0.5])]}
    root = export(sample("a", predictions=found))
    assert xy_of(load_dataset(root, "all")) == {"a": []}
    root = export(sample("a", ground_truth=None, predictions=found))
    assert xy_of(load_dataset(root, "all")) == {"a": [[14.5, 9.5]]}
    root = export(sample("a", ground_truth=None, predictions=found, clicks=found))
    with pytest.raises(DatasetError, match=r"several fields have labels: clicks, predictions"):
        load_dataset(root, "all")
    root = export(sample("a", ground_truth=None, predictions={"_cls": ["Keypoints"]}))
    with pytest.raises(DatasetError, match=r"samples\.json: no sample has keypoints"):
        load_dataset(root, "all")


@pytest.mark.parametrize(
    ("label", "word"),
    [
        (keypoint([0.5]), "not a list of 2 finite numbers"),
        (keypoint([0.5, "b"]), "not a list of 2 finite numbers"),
        ({"_cls": "Detection", "bounding_box": [0, 0, 1]}, "not a list of 4 finite numbers"),
        ({"_cls": "Polyline", "points": [0.5]}, "a part of its outline is no list of points"),
        ({"_cls": "Keypoint"}, "no 'points' or 'bounding_box'"),
        (keypoint([1.5, 0.5]), "is outside its 30x20 frame"),
    ],
)
def test_wrong_labels_are_named(export: Callable[..., Path], label: Any, word: str) -> None:
    root = export(sample("a", ground_truth=[label]))
    with pytest.raises(DatasetError, match=rf"samples\.json.*{word}"):
        load_dataset(root, "all")


def test_wrong_samples_are_named(export: Callable[..., Path]) -> None:
    root = export(sample("a", ground_truth=["x"]))
    with pytest.raises(DatasetError, match=r"sample 'data/a\.png': no path, or 'ground_truth' has"):
        load_dataset(root, "all")
    write(root, "samples.json", '{"samples": [1], "filepath": ""}')
    with pytest.raises(DatasetError, match=r"samples\.json: no list 'samples'"):
        load_dataset(root, "all")


def test_images_that_the_app_does_not_show_are_counted(tmp_path: Path) -> None:
    (tmp_path / "in/images").mkdir(parents=True)
    np.save(tmp_path / "in/images/a.npy", np.zeros((20, 30), np.uint16))
    write(tmp_path / "in", "points.csv", "image,x,y\na.npy,1,2\n")
    with pytest.warns(IrpointWarning, match=r"1 images, such as a\.npy, are of a kind"):
        convert(tmp_path / "in", tmp_path / "out", "fiftyone")
    assert xy_of(load_dataset(tmp_path / "out", "all")) == {"a": [[1, 2]]}


_CORRECT = """
import sys
import fiftyone as fo

folder, out = sys.argv[1:]
dataset = fo.Dataset.from_dir(dataset_dir=folder, dataset_type=fo.types.FiftyOneDataset)
assert dataset.media_type == "image"
first, second = dataset
assert (first.tags, first.metadata.width, first.metadata.height) == (["train"], 30, 20)
(point,) = first.ground_truth.keypoints
assert point.label == "target" and point.points == [[4.5 / 30, 7.75 / 20]], point
assert second.ground_truth.keypoints == []
second.ground_truth.keypoints.append(fo.Keypoint(label="target", points=[(0.5, 0.5)]))
second.save()
dataset.export(export_dir=out, dataset_type=fo.types.FiftyOneDataset)
"""


def test_fiftyone_opens_the_folder_and_its_corrections_are_read(tmp_path: Path) -> None:
    if find_spec("fiftyone") is None:
        pytest.skip("fiftyone is not installed")
    source = tmp_path / "in"
    (source / "images").mkdir(parents=True)
    for name in "ab":
        Image.new("L", (30, 20)).save(source / f"images/{name}.png")
    write(source, "points.csv", "image,x,y\na.png,4,7.25\nb.png,,\n")
    write(source, "img_idx/train.txt", "a\n")
    convert(source, tmp_path / "out", "fiftyone")
    (tmp_path / "correct.py").write_text(_CORRECT)
    folders = {"HOME": str(tmp_path), "FIFTYONE_DATABASE_DIR": str(tmp_path / "db")}
    done = subprocess.run(
        [sys.executable, tmp_path / "correct.py", tmp_path / "out", tmp_path / "corrected"],
        env={**os.environ, **folders, "FIFTYONE_DO_NOT_TRACK": "true"},
        capture_output=True,
        text=True,
    )
    if "mongod" in done.stderr.lower() and done.returncode:
        pytest.skip("fiftyone has no database here")
    assert done.returncode == 0, done.stderr
    corrected = tmp_path / "corrected"
    assert xy_of(load_dataset(corrected, "all")) == {"a": [[4, 7.25]], "b": [[14.5, 9.5]]}
    assert xy_of(load_dataset(corrected, "train")) == {"a": [[4, 7.25]]}
