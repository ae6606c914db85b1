"""Datasets whose splits are folders, as Roboflow exports them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import convert, load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of

BOX = f"0 {4.5 / 30} {7.5 / 20} 0.1 0.1"
ROBOFLOW_YAML = """\
train: ../train/images
val: ../valid/images
test: ../test/images

nc: 1
names: ['target']

roboflow:
  workspace: sky
  license: CC BY 4.0
"""


def frame(root: Path, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (30, 20)).save(root / name)


@pytest.fixture
def roboflow(tmp_path: Path) -> Path:
    """A YOLO export of Roboflow: one frame a split; that of valid/ is empty."""
    for split, name in (("train", "s_png.rf.0aa1"), ("valid", "s_png.rf.9"), ("test", "u.rf.7")):
        frame(tmp_path, f"{split}/images/{name}.jpg")
        write(tmp_path, f"{split}/labels/{name}.txt", "" if split == "valid" else BOX)
    write(tmp_path, "data.yaml", ROBOFLOW_YAML)
    write(tmp_path, "README.dataset.txt", "exported")
    return tmp_path


def test_the_folders_of_a_roboflow_export_are_its_splits(roboflow: Path) -> None:
    every = load_dataset(roboflow, "all")
    assert (every.layout, every.name) == ("yolo", roboflow.name)
    assert {frame.dataset for frame in every} == {roboflow.name}
    assert [frame.name for frame in every] == ["s_png.rf.0aa1", "s_png.rf.9", "u.rf.7"]
    assert [len(frame.points) for frame in every] == [1, 0, 1]
    for split, name in (("train", "0aa1"), ("valid", "9"), ("val", "9"), ("test", "7")):
        (only,) = load_dataset(roboflow, split)
        assert only.name.endswith(f".rf.{name}")
    points = load_dataset(roboflow, "train").frames[0].points
    np.testing.assert_allclose(points.xy, [[4, 7]], atol=1e-5)


def test_the_keypoints_of_a_roboflow_export_are_in_the_data_yaml_above(roboflow: Path) -> None:
    write(roboflow, "data.yaml", ROBOFLOW_YAML + "kpt_shape: [1, 2]\n")
    for name in ("train/labels/s_png.rf.0aa1", "test/labels/u.rf.7"):
        write(roboflow, f"{name}.txt", f"{BOX} {2.5 / 30} {3.5 / 20}")
    for folder, split in ((roboflow, "train"), (roboflow / "train", "all")):
        points = load_dataset(folder, split).frames[0].points
        np.testing.assert_allclose(points.xy, [[2, 3]], atol=1e-5)


def test_equal_names_in_two_folders_stay_apart(tmp_path: Path) -> None:
    for split in ("train", "test"):
        frame(tmp_path, f"{split}/images/0.png")
    write(tmp_path, "train/labels/0.txt", BOX)
    write(tmp_path, "test/labels/0.txt", f"{BOX}\n0 0.5 0.5 0.1 0.1")
    counts = {name: len(xy) for name, xy in xy_of(load_dataset(tmp_path, "all")).items()}
    assert counts == {"train/0": 1, "test/0": 2}
    convert(tmp_path, tmp_path.parent / "joined", "csv")
    assert len(load_dataset(tmp_path.parent / "joined", "test").frames[0].points) == 2


def test_any_layout_may_be_in_the_folders(tmp_path: Path) -> None:
    for split, x in (("train", 3), ("val", 5)):
        frame(tmp_path, f"{split}/a{x}.png")
        write(tmp_path, f"{split}/points.csv", f"image,x,y\na{x}.png,{x},1\n")
    assert xy_of(load_dataset(tmp_path, "val")) == {"a5": [[5, 1]]}
    assert load_dataset(tmp_path, "all").layout == "csv"


def test_a_folder_without_labels_is_named(roboflow: Path) -> None:
    for file in (roboflow / "test/labels").iterdir():
        file.unlink()
    with pytest.warns(IrpointWarning, match="test: has images but no labels"):
        assert len(load_dataset(roboflow, "all")) == 2


def test_different_layouts_are_refused(roboflow: Path) -> None:
    frame(roboflow, "val/a.png")
    write(roboflow, "val/points.csv", "image,x,y\na.png,1,1\n")
    with pytest.raises(DatasetError, match=r"different layouts \(train/ yolo, .*val/ csv"):
        load_dataset(roboflow, "all")


def coco_file(root: Path, split: str) -> None:
    images = [{"id": 0, "file_name": "a.rf.1.jpg", "width": 30, "height": 20}]
    annotation = {"id": 0, "image_id": 0, "category_id": 1, "bbox": [3, 4, 3, 1], "iscrowd": 0}
    content = {"images": images, "annotations": [annotation], "categories": [{"id": 1}]}
    write(root, f"{split}/_annotations.coco.json", json.dumps(content))


def voc_file(root: Path, split: str) -> None:
    corners = "<xmin>3</xmin><ymin>4</ymin><xmax>6</xmax><ymax>5</ymax>"
    name = "<filename>a.rf.1.jpg</filename>"
    text = f"<annotation>{name}<object><bndbox>{corners}</bndbox></object></annotation>"
    write(root, f"{split}/a.rf.1.xml", text)


def csv_file(root: Path, split: str) -> None:
    header = "filename,width,height,class,xmin,ymin,xmax,ymax"
    write(root, f"{split}/_annotations.csv", f"{header}\na.rf.1.jpg,30,20,t,3,4,6,5\n")


def darknet_file(root: Path, split: str) -> None:
    write(root, f"{split}/a.rf.1.txt", f"0 {4.5 / 30} {4.5 / 20} {3 / 30} {1 / 20}\n")
    write(root, f"{split}/_darknet.labels", "t\n")


@pytest.mark.parametrize("labels", [coco_file, voc_file, csv_file, darknet_file])
def test_every_format_of_roboflow(tmp_path: Path, labels: Callable[[Path, str], None]) -> None:
    for split in ("train", "valid", "test"):
        frame(tmp_path, f"{split}/a.rf.1.jpg")
        labels(tmp_path, split)
    for split in ("train", "val", "test"):
        (only,) = load_dataset(tmp_path, split)
        np.testing.assert_allclose(only.points.xy, [[4, 4]], atol=1e-5)
    assert len(load_dataset(tmp_path, "all")) == 3
