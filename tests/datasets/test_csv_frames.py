"""CSV files that name no images: napari, trackpy and Spotiflow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from irpoint.datasets import convert, load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from irpoint.frames import read_frame
from support.dataset_folders import write, xy_of

STACK = np.arange(4 * 20 * 30, dtype=np.uint16).reshape(4, 20, 30)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """A folder with a stack of four frames."""
    tifffile.imwrite(tmp_path / "night.tif", STACK, photometric="minisblack")
    return tmp_path


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("index,axis-0,axis-1,axis-2", ["0,3,7,4", "1,1,2.5,3.25", "2,3.0,1.0,0.0"]),
        ("y,x,frame", ["7,4,3", "2.5,3.25,1", "1,0,3"]),
        (",y,x,mass,size,ecc,signal,raw_mass,ep,frame,particle",
         ["0,7,4,9,1,0,1,9,0.1,3,0", "1,2.5,3.25,9,1,0,1,9,0.1,1,0", "2,1,0,9,1,0,1,9,0.1,3,1"]),
        ("x,y,frame,mass", ["4,7,3,1", "3.25,2.5,1,1", "0,1,3,1"]),
        ("frame,y,x,intensity,probability", ["3,7,4,1,1", "1,2.5,3.25,1,1", "3,1,0,1,1"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("file", ["night.csv", "Points.csv", "points.csv"])
def test_the_frames_of_a_stack(stack: Path, header: str, rows: list[str], file: str) -> None:
    write(stack, file, "\n".join([header, *rows]))
    dataset = load_dataset(stack, "all")
    assert dataset.layout == "csv"
    assert xy_of(dataset) == {"night#3": [[4, 7], [0, 1]], "night#1": [[3.25, 2.5]]}
    for frame in dataset:
        assert np.array_equal(frame.read(), STACK[int(frame.name[-1])])
        assert frame.shape == (20, 30)


@pytest.mark.parametrize("file", ["Points.csv", "a.csv", "points.csv"])
def test_points_of_napari_on_one_image(tmp_path: Path, file: str) -> None:
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    write(tmp_path, file, "index,axis-0,axis-1\n0.0,7.0,4.0\n1.0,2.5,3.25\n")
    assert xy_of(load_dataset(tmp_path, "all")) == {"a": [[4, 7], [3.25, 2.5]]}


def test_a_stack_that_the_csv_names(stack: Path) -> None:
    write(stack, "points.csv", "source,frame,x,y,score\nnight.tif,2,4,7,0.9\n")
    assert xy_of(load_dataset(stack, "all")) == {"night#2": [[4, 7]]}


def test_frames_of_a_stack_on_lists_and_converted(stack: Path, tmp_path_factory) -> None:
    write(stack, "night.csv", "frame,y,x\n0,1,1\n1,2,2\n3,,\n")
    with pytest.warns(IrpointWarning, match="1 images are not part of the dataset"):
        assert len(load_dataset(stack, "all")) == 3
    write(stack, "splits/train.txt", "night#1\nnight#3\n")
    assert xy_of(load_dataset(stack, "train")) == {"night#1": [[2, 2]], "night#3": []}
    out = tmp_path_factory.mktemp("out") / "coco"
    convert(stack, out, "coco")
    assert xy_of(load_dataset(out, "train")) == {"night#1": [[2, 2]], "night#3": []}
    assert np.array_equal(read_frame(out / "images/night#1.png"), STACK[1])


def test_one_csv_per_image(tmp_path: Path) -> None:
    """The folders of Spotiflow: y before x, and no frames."""
    for name, rows in (("a", "7,4\n2.5,3.25\n"), ("b", "")):
        Image.new("L", (30, 20)).save(tmp_path / f"{name}.tif")
        write(tmp_path, f"{name}.csv", f"y,x\n{rows}")
    Image.new("L", (30, 20)).save(tmp_path / "c.tif")
    write(tmp_path, "summary.csv", "y,x\n")
    with pytest.warns(IrpointWarning) as warned:
        dataset = load_dataset(tmp_path, "all")
    lines = sorted(str(one.message).partition(": ")[2] for one in warned)
    assert lines[0].startswith("1 CSV files are named after no image, such as summary.csv")
    assert lines[1].startswith("1 images are not part of the dataset")
    assert xy_of(dataset) == {"a": [[4, 7], [3.25, 2.5]], "b": []}


def test_frame_numbers_of_several_images_count_them(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        Image.new("L", (30, 20)).save(tmp_path / f"f{number}.png")
    write(tmp_path, "tracks.csv", "frame,x,y\n2,4,7\n0,1,1\n")
    with pytest.warns(
        IrpointWarning, match=r"the 3 images in natural order, from 0 .f1. to 2 .f10"
    ):
        dataset = load_dataset(tmp_path, "all")
    assert xy_of(dataset) == {"f10": [[4, 7]], "f1": [[1, 1]]}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("y,x\n1,1\n", "no column 'frame', but night.tif has 4 frames"),
        ("frame,y,x\n4,1,1\n", "line 2: frame 4, but night.tif has 4, counted from 0"),
        ("frame,y,x\n0.5,1,1\n", "line 2: frame '0.5' is not a whole number"),
        ("frame,y,x\n-1,1,1\n", "line 2: frame '-1' is not"),
        ("frame,y,x\n,1,1\n", "line 2: the frame is missing"),
        ("0,1,1\n1,2,2\n", "line 1: no header"),
    ],
)
def test_frames_that_do_not_exist_are_named(stack: Path, text: str, word: str) -> None:
    write(stack, "night.csv", text)
    with pytest.raises(DatasetError, match=rf"night.csv.*{word}"):
        load_dataset(stack, "all")


def test_images_without_numbers_or_names_are_refused(tmp_path: Path) -> None:
    for name in "ab":
        Image.new("L", (30, 20)).save(tmp_path / f"{name}.png")
    write(tmp_path, "points.csv", "y,x\n1,1\n")
    with pytest.raises(DatasetError, match=r"none of the 2 files with frames has the name"):
        load_dataset(tmp_path, "all")
    write(tmp_path, "points.csv", "frame,y,x\n2,1,1\n")
    with pytest.raises(DatasetError, match=r"frame 2, but the 2 images have the numbers 0 to 1"):
        load_dataset(tmp_path, "all")


def test_the_frames_of_a_video(tmp_path: Path) -> None:
    from support.videos import write_video

    frames = [np.full((32, 48), 40 + 20 * k, np.uint8) for k in range(5)]
    write_video(tmp_path / "clip.mp4", frames)
    write(tmp_path, "clip.csv", "frame,x,y\n3,4,7\n1,2,2\n")
    dataset = load_dataset(tmp_path, "all")
    assert xy_of(dataset) == {"clip#3": [[4, 7]], "clip#1": [[2, 2]]}
    assert [round(frame.read().mean() / 20) * 20 for frame in dataset] == [100, 60]
