"""CSV files of points."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError
from support.dataset_folders import write, xy_of


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
        (",1,2", "line 2: the image is missing"),
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
