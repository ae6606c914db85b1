"""Labels as points of napari, written and read back; napari's own reader and writer."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from irpoint.datasets import convert, load_dataset
from irpoint.datasets.auto_split import automatic_lists
from irpoint.datasets.load import open_dataset
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of

SEQUENCE = {"f1": [(4.0, 7.25)], "f2": [], "f10": [(29.5, -0.5), (0.1, 19.0)]}


def make(root: Path, labels: dict[str, list[tuple[float, float]]], suffix: str = ".png") -> Path:
    """A dataset of 30x20 images with these labels."""
    rows = ["image,x,y"]
    for number, (name, xy) in enumerate(labels.items()):
        path = root / f"images/{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 20), number).save(path)
        rows += [f"{name}{suffix},{x!r},{y!r}" for x, y in xy] or [f"{name}{suffix},,"]
    write(root, "points.csv", "\n".join(rows))
    return root


def test_a_sequence_is_one_file_with_frame_y_x(tmp_path: Path) -> None:
    convert(make(tmp_path / "in", SEQUENCE), tmp_path / "out", "napari")
    lines = (tmp_path / "out/points.csv").read_text().splitlines()
    assert lines[:2] == ["index,axis-0,axis-1,axis-2", "0,0,7.25,4.0"]
    assert lines[2] == "1,2,-0.5,29.5"
    with pytest.warns(IrpointWarning) as warned:
        dataset = load_dataset(tmp_path / "out", "all")
    texts = [str(one.message).partition(": ")[2] for one in warned]
    assert any(text.startswith("1 frames on the split lists have no row") for text in texts)
    assert [frame.name for frame in dataset] == ["f1", "f2", "f10"]
    for name, points in xy_of(dataset).items():
        assert points == np.array(SEQUENCE[name], np.float32).reshape(-1, 2).tolist()


@pytest.mark.filterwarnings("ignore::irpoint.errors.IrpointWarning")
def test_a_list_of_all_frames_does_not_keep_training_from_splitting(tmp_path: Path) -> None:
    convert(make(tmp_path / "in", SEQUENCE), tmp_path / "out", "napari")
    opened = open_dataset(tmp_path / "out")
    assert not opened.divided
    assert set(automatic_lists(opened, 0)) == {"train", "val"}


@pytest.mark.filterwarnings("ignore::irpoint.errors.IrpointWarning")
def test_lists_that_name_every_empty_frame_need_no_other(tmp_path: Path) -> None:
    source = make(tmp_path / "in", SEQUENCE)
    write(source, "img_idx/train.txt", "f2\nf1\n")
    write(source, "img_idx/val.txt", "f10\n")
    convert(source, tmp_path / "out", "napari")
    assert not (tmp_path / "out/img_idx/all.txt").exists()
    assert xy_of(load_dataset(tmp_path / "out", "train")) == {"f2": [], "f1": [[4, 7.25]]}


@pytest.mark.parametrize("names", [("a", "b"), ("a", "a1")])
def test_images_that_are_no_stack_get_a_file_each(tmp_path: Path, names: tuple[str, str]) -> None:
    """Of two sizes, or in another order for napari, which sorts a1.png before a.png."""
    source = make(tmp_path / "in", {names[0]: [(4.0, 7.25)], names[1]: []})
    if names == ("a", "b"):
        Image.new("L", (31, 20)).save(source / "images/b.png")
    convert(source, tmp_path / "out", "napari")
    files = {path.name: path.read_text() for path in (tmp_path / "out").glob("*.csv")}
    assert files == {
        f"{Path(names[0]).name}.csv": "index,axis-0,axis-1\n0,7.25,4.0\n",
        f"{Path(names[1]).name}.csv": "index,axis-0,axis-1\n",
    }
    points = xy_of(load_dataset(tmp_path / "out", "all"))
    assert points == {names[0]: [[4, 7.25]], names[1]: []}


@pytest.mark.filterwarnings("ignore::irpoint.errors.IrpointWarning")
def test_track_numbers_are_a_feature(tmp_path: Path) -> None:
    source = make(tmp_path / "in", SEQUENCE)
    write(source, "points.csv", "image,x,y,track\nf1.png,4,7,3\nf2.png,1,1,\nf10.png,2,2,5\n")
    convert(source, tmp_path / "out", "napari")
    lines = (tmp_path / "out/points.csv").read_text().splitlines()
    assert lines == [
        "index,axis-0,axis-1,axis-2,track", "0,0,7.0,4.0,3", "1,1,1.0,1.0,", "2,2,2.0,2.0,5"
    ]  # fmt: skip
    assert [frame.tracks for frame in load_dataset(tmp_path / "out", "all")] == [(3,), None, (5,)]


def test_two_images_of_one_name_are_refused(tmp_path: Path) -> None:
    source = make(tmp_path / "in", {"s1/a": [(1.0, 1.0)], "s2/a": []})
    with pytest.raises(DatasetError, match=r"images/s2/a\.png: another image has the same name"):
        convert(source, tmp_path / "out", "napari")


def test_frames_of_a_stack_on_a_list(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "night.tif", np.zeros((4, 20, 30), np.uint8), photometric="minisblack"
    )
    write(tmp_path, "night.csv", "index,axis-0,axis-1,axis-2\n0,2,7,4\n")
    write(tmp_path, "img_idx/train.txt", "night#1\nnight#2\n")
    with pytest.warns(IrpointWarning, match="1 frames on the split lists have no row"):
        dataset = load_dataset(tmp_path, "train")
    assert xy_of(dataset) == {"night#1": [], "night#2": [[4, 7]]}


_READ = """
import json, sys
import numpy as np
from napari.layers import Layer
from napari_builtins.io import napari_get_reader, napari_write_points
folder, names = sys.argv[1], sys.argv[2:]
(images,), = napari_get_reader(f"{folder}/images")(f"{folder}/images")
layer_data, = napari_get_reader(f"{folder}/points.csv")(f"{folder}/points.csv")
layer = Layer.create(*layer_data)
print(json.dumps([np.asarray(images)[:, 0, 0].tolist(), layer.data.tolist()]))
layer.data = np.concatenate([layer.data, [[1, 2.5, 3.75]]])  # a click on f2
napari_write_points(f"{folder}/points.csv", *layer.as_layer_data_tuple()[:2])
"""


@pytest.mark.filterwarnings("ignore::irpoint.errors.IrpointWarning")
def test_napari_opens_the_files_and_its_corrections_are_read(tmp_path: Path) -> None:
    pytest.importorskip("napari", reason="napari is not installed")
    convert(make(tmp_path / "in", SEQUENCE), tmp_path / "out", "napari")
    (tmp_path / "read.py").write_text(_READ)
    done = subprocess.run(
        [sys.executable, tmp_path / "read.py", tmp_path / "out"], capture_output=True, check=True
    )
    brightness, rows = json.loads(done.stdout.splitlines()[-1])
    # Image k is filled with k, so napari's frame k is the k-th image of the sequence.
    assert brightness == [0, 1, 2]
    expected = [(0, 7.25, 4.0), (2, -0.5, 29.5), (2, 19.0, 0.1)]
    np.testing.assert_allclose(rows, expected, atol=1e-7)
    with warnings.catch_warnings(record=True):
        points = xy_of(load_dataset(tmp_path / "out", "all"))
    assert points["f2"] == [[3.75, 2.5]]
    assert points["f1"] == [[4, 7.25]]
