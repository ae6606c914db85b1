"""Conversion to points: the converted dataset loads like its source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from irpoint.datasets import convert, load_dataset
from irpoint.datasets.convert import POINT_FORMATS
from irpoint.errors import DatasetError, IrpointWarning, SettingsError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Masks: s1/a with thirds of pixels, s2/a, b without targets, and two lists."""
    root = tmp_path / "source"
    mask = np.zeros((20, 30), np.uint8)
    mask[3, 4:6] = mask[4, 4] = mask[19, 29] = 255
    for name, content in (("s1/a", mask), ("s2/a", mask[::-1]), ("b", mask * 0)):
        for folder in ("images", "masks"):
            (root / folder / name).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(content).save(root / folder / f"{name}.png")
    (root / "splits").mkdir()
    (root / "splits/train.txt").write_text("s2/a\nb\n")
    (root / "splits/val.txt").write_text("s1/a\n")
    return root


@pytest.mark.parametrize("to", ["coco", "csv", "cvat", "fiftyone"])
def test_the_converted_dataset_loads_like_the_source(source: Path, tmp_path: Path, to: str) -> None:
    written = convert(source, tmp_path / "out", to)
    assert len(written) == 3
    for split in ("train", "val", "all"):
        before, after = load_dataset(source, split), load_dataset(tmp_path / "out", split)
        assert after.layout == to
        assert [frame.name for frame in after] == [frame.name for frame in before]
        for old, new in zip(before, after, strict=True):
            assert new.points == old.points
            assert new.shape == old.shape
            assert new.image.read_bytes() == old.image.read_bytes()
            assert tmp_path / "out" in new.image.parents


def test_yolo_pose_loads_like_the_source(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "out", "yolo-pose")
    for split in ("train", "val", "all"):
        before, after = load_dataset(source, split), load_dataset(tmp_path / "out", split)
        assert (after.layout, len(after)) == ("yolo", len(before))
        for old, new in zip(before, after, strict=True):
            assert (new.name, new.shape) == (old.name, old.shape)
            np.testing.assert_allclose(new.points.xy, old.points.xy, atol=1e-5)
            for one, other in zip(old.extents or (), new.extents or (), strict=True):
                np.testing.assert_allclose((*other.low, *other.high), (*one.low, *one.high))


def test_yolo_pose_is_what_ultralytics_reads(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    convert(source, out, "yolo-pose")
    # The lists hold paths relative to the folder; labels/ stands for images/.
    images = [out / line for line in (out / "train.txt").read_text().split()]
    assert [path.relative_to(out).as_posix() for path in images] == [
        "images/s2/a.png",
        "images/b.png",
    ]
    assert all(path.is_file() for path in images)
    assert (out / "labels/b.txt").read_text() == ""
    first = (out / "labels/s2/a.txt").read_text().splitlines()[0].split()
    assert (len(first), first[0], first[-1]) == (8, "0", "2")
    assert all(0 <= float(value) <= 1 for value in first[:7])
    yaml = (out / "data.yaml").read_text().splitlines()
    assert {"train: train.txt", "val: val.txt", "kpt_shape: [1, 3]", "flip_idx: [0]"} <= set(yaml)


def test_yolo_pose_without_lists_gets_no_splits(source: Path, tmp_path: Path) -> None:
    for file in (source / "splits").iterdir():
        file.unlink()
    convert(source, tmp_path / "out", "yolo-pose")
    with pytest.raises(DatasetError, match="no split 'val'"):
        load_dataset(tmp_path / "out", "val")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(xy=st.lists(st.tuples(st.floats(-0.5, 29.5, width=32), st.floats(-0.5, 19.5, width=32))))
def test_yolo_pose_keeps_positions(
    tmp_path_factory: pytest.TempPathFactory, xy: list[tuple[float, float]]
) -> None:
    root = tmp_path_factory.mktemp("round")
    (root / "source/images").mkdir(parents=True)
    Image.new("L", (30, 20)).save(root / "source/images/a.png")
    rows = "".join(f"a.png,{x!r},{y!r}\n" for x, y in xy) or "a.png,,\n"
    (root / "source/points.csv").write_text("image,x,y\n" + rows)
    convert(root / "source", root / "out", "yolo-pose")
    points = load_dataset(root / "out", "all").frames[0].points
    np.testing.assert_allclose(points.xy, np.array(xy).reshape(-1, 2), atol=1e-6)


@pytest.mark.parametrize("to", ["coco", "csv", "cvat", "fiftyone"])
def test_one_split(source: Path, tmp_path: Path, to: str) -> None:
    convert(source, tmp_path / "out", to, split="train")
    assert [frame.name for frame in load_dataset(tmp_path / "out", "train")] == ["s2/a", "b"]
    assert len(list((tmp_path / "out/images").rglob("*.png"))) == 2
    with pytest.raises(DatasetError, match="no split 'val'"):
        load_dataset(tmp_path / "out", "val")


@pytest.mark.parametrize("to", ["coco", "csv"])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(xy=st.lists(st.tuples(st.floats(-0.5, 29.5, width=32), st.floats(-0.5, 19.5, width=32))))
def test_every_float32_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, to: str, xy: list[tuple[float, float]]
) -> None:
    root = tmp_path_factory.mktemp("round")
    (root / "source/images").mkdir(parents=True)
    Image.new("L", (30, 20)).save(root / "source/images/a.png")
    rows = "".join(f"a.png,{x!r},{y!r}\n" for x, y in xy) or "a.png,,\n"
    (root / "source/points.csv").write_text("image,x,y\n" + rows)
    convert(root / "source", root / "out", to)
    points = load_dataset(root / "out", "all").frames[0].points
    assert np.array_equal(points.xy, np.array(xy, np.float32).reshape(-1, 2))


def test_coco_is_valid(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path / "out", "coco")
    content = json.loads((tmp_path / "out/annotations/annotations.json").read_text())
    assert {"info", "licenses", "images", "annotations", "categories"} == set(content)
    (category,) = content["categories"]
    assert category["keypoints"] == ["point"]
    assert category["skeleton"] == []
    images = {image["id"]: image for image in content["images"]}
    assert len(images) == 3
    assert all((image["width"], image["height"]) == (30, 20) for image in images.values())
    assert all((tmp_path / "out/images" / i["file_name"]).is_file() for i in images.values())
    annotations = content["annotations"]
    assert len({annotation["id"] for annotation in annotations}) == len(annotations) == 4
    for annotation in annotations:
        x, y, visible = annotation["keypoints"]
        assert annotation["image_id"] in images
        assert annotation["category_id"] == category["id"]
        assert (visible, annotation["num_keypoints"], annotation["iscrowd"]) == (2, 1, 0)
        # The box's centre, from the pixel's corner, is half a pixel on.
        left, top, width, height = annotation["bbox"]
        assert (left + width / 2 - 0.5, top + height / 2 - 0.5) == (x, y)
        assert annotation["area"] == width * height


def test_nothing_is_overwritten(source: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    convert(source, taken, "csv")
    before = (taken / "points.csv").read_text()
    with pytest.raises(SettingsError, match="taken: not empty"):
        convert(source, taken, "coco")
    assert (taken / "points.csv").read_text() == before
    with pytest.raises(SettingsError, match=r"points.csv: is a file; give a folder"):
        convert(source, taken / "points.csv", "coco")


def test_a_wrong_source_writes_nothing(source: Path, tmp_path: Path) -> None:
    (source / "masks/b.png").unlink()
    with pytest.raises(DatasetError, match="no mask"):
        convert(source, tmp_path / "out", "coco")
    assert not (tmp_path / "out").exists()


def test_a_listed_image_without_a_label_is_named(source: Path, tmp_path: Path) -> None:
    points = tmp_path / "points"
    convert(source, points, "csv")
    rows = (points / "points.csv").read_text().replace("b.png,,\n", "")
    (points / "points.csv").write_text(rows)
    with pytest.raises(DatasetError, match=r"b.png: on the list 'train' but without a label"):
        convert(points, tmp_path / "out", "coco")


def test_command(cli: Callable[..., Any], source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, text, _ = cli("convert", source, out, "--to", "csv", "--split", "val")
    assert (code, "1 images, 2 targets" in text) == (0, True)
    assert len(load_dataset(out, "val")) == 1
    code, _, error = cli("convert", source, tmp_path / "other", "--to", "xml")
    known = ", ".join(POINT_FORMATS)
    assert (code, error) == (1, f"irpoint: error: format xml: choose one of {known}\n")


def test_sirst_v1_round_trip(shared_data: Path, tmp_path: Path) -> None:
    root = shared_data / "SIRST-v1"
    convert(root, tmp_path / "out", "coco")
    for split in ("train", "val"):
        before, after = load_dataset(root, split), load_dataset(tmp_path / "out", split)
        assert [(f.name, f.shape) for f in before] == [(f.name, f.shape) for f in after]
        assert all(a.points == b.points for a, b in zip(before, after, strict=True))


def test_a_list_with_windows_slashes(source: Path, tmp_path: Path) -> None:
    (source / "splits/val.txt").write_text("s1\\a\r\n")
    out = tmp_path / "out"
    convert(source, out, "coco", split="val")
    assert [path.name for path in (out / "images").rglob("*.png")] == ["a.png"]
    (frame,) = load_dataset(out, "val")
    assert frame.name == "s1/a"


@pytest.mark.parametrize("to", ["coco", "csv", "cvat", "fiftyone"])
def test_a_name_that_is_not_unicode(tmp_path: Path, to: str) -> None:
    for folder in ("images", "masks"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        file = tmp_path / "in" / folder / "f\udcfc.png"
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "a.png")
        (tmp_path / "a.png").rename(file)
    if to in ("csv", "cvat"):
        with pytest.raises(DatasetError, match="not UTF-8; rename it"):
            convert(tmp_path / "in", tmp_path / "out", to)
    else:
        assert len(convert(tmp_path / "in", tmp_path / "out", to).frames) == 1


def test_a_full_disk_is_a_dataset_error(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(convert.__globals__, "atomic_write", full)
    with pytest.raises(DatasetError, match="No space left on device"):
        convert(source, tmp_path / "out", "csv")


def _with_tracks(root: Path) -> Path:
    """Two frames: one with targets of the tracks 0 and 12 and one of none, one with track 12."""
    (root / "images").mkdir(parents=True)
    for name in "ab":
        Image.fromarray(np.zeros((20, 30), np.uint8)).save(root / "images" / f"{name}.png")
    rows = ["image,x,y,track", "a.png,3,4,12", "a.png,5,6,", "a.png,7,8,0", "b.png,9,1,12.0"]
    (root / "points.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.mark.parametrize("to", ["coco", "csv", "cvat", "fiftyone", "napari"])
def test_track_numbers_are_kept(tmp_path: Path, to: str) -> None:
    convert(_with_tracks(tmp_path / "source"), tmp_path / "out", to)
    frames = {frame.name: frame for frame in load_dataset(tmp_path / "out", "all")}
    assert {name: frame.tracks for name, frame in frames.items()} == {
        "a": (12, None, 0), "b": (12,)
    }  # fmt: skip
    assert frames["a"].points.xy.tolist() == [[3, 4], [5, 6], [7, 8]]


def test_yolo_pose_says_that_it_has_no_track_numbers(tmp_path: Path) -> None:
    with pytest.warns(IrpointWarning, match="YOLO-pose has no field for track numbers"):
        convert(_with_tracks(tmp_path / "source"), tmp_path / "out", "yolo-pose")


def test_a_file_without_tracks_is_written_without_them(source: Path, tmp_path: Path) -> None:
    for to, file in {"csv": "points.csv", "coco": "annotations/annotations.json"}.items():
        convert(source, tmp_path / to, to)
        assert "track" not in (tmp_path / to / file).read_text()


def test_tracks_that_are_no_numbers_are_reported(tmp_path: Path) -> None:
    root = _with_tracks(tmp_path / "source")
    (root / "points.csv").write_text("image,x,y,track\na.png,3,4,gull\nb.png,1,1,2\n")
    with pytest.warns(IrpointWarning, match=r"1 tracks, such as 'gull', are no whole numbers"):
        frames = load_dataset(root, "all")
    assert [frame.tracks for frame in frames] == [None, (2,)]
