"""YOLO boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError
from support.dataset_folders import write, xy_of


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
