"""YOLO boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, IrpointWarning
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


# A 30x20 frame: the pixel (4, 7) has the centre (4.5 / 30, 7.5 / 20).
X, Y = 4.5 / 30, 7.5 / 20


@pytest.mark.parametrize(
    ("yaml", "lines", "points"),
    [
        ("kpt_shape: [1, 3]", f"0 .5 .5 .1 .1 {X} {Y} 2", [[4, 7]]),
        ("kpt_shape:\n- 1\n- 2\nnc: 1", f"0 .5 .5 .1 .1 {X} {Y}", [[4, 7]]),
        ("kpt_shape: [2,\n 3]  # two", f"0 .5 .5 1 1 {X} {Y} 1 0 0 0", [[4, 7]]),
        ("kpt_shape: [2, 2]", f"0 .5 .5 1 1 {X} {Y} -1 -1", [[4, 7]]),
        # Without a data.yaml, only if nothing else is possible.
        (None, f"0 .5 .5 .1 .1 {X} {Y} 2\n0 .5 .5 .1 .1 {X} {Y} 1", [[4, 7], [4, 7]]),
        (None, f"0 .5 .5 .1 .1 {X} {Y} 2 0 0 0", [[4, 7]]),
    ],
)
def test_yolo_pose_keypoints_are_targets(root: Path, yaml: str | None, lines: str, points) -> None:
    write(root, "labels/a.txt", lines)
    if yaml is not None:
        write(root, "data.yaml", yaml)
    dataset = load_dataset(root, "train")
    np.testing.assert_allclose(dataset.frames[0].points.xy, points, atol=1e-5)
    assert len(dataset.frames[1].points) == 0


def test_yolo_pose_extents_are_the_boxes_of_single_keypoints(root: Path) -> None:
    write(root, "data.yaml", "kpt_shape: [1, 3]")
    write(root, "labels/a.txt", f"0 {X} {Y} {3 / 30} {1 / 20} {X} {Y} 2")
    ((extent,),) = [load_dataset(root, "train").frames[0].extents]
    np.testing.assert_allclose((*extent.low, *extent.high), (2.5, 6.5, 5.5, 7.5))


def test_yolo_pose_objects_without_a_keypoint_give_their_box(root: Path) -> None:
    write(root, "data.yaml", "kpt_shape: [1, 3]")
    write(root, "labels/a.txt", f"0 {X} {Y} .1 .1 0 0 0\n0 .5 .5 .1 .1 .5 .5 2")
    with pytest.warns(IrpointWarning, match=r"1 objects have no labelled keypoint"):
        dataset = load_dataset(root, "train")
    np.testing.assert_allclose(dataset.frames[0].points.xy, [[4, 7], [14.5, 9.5]], atol=1e-5)


def polygon(*corners: tuple[float, float]) -> str:
    """A line of YOLO-seg, from corners in pixels that count from the outer corner."""
    return "0 " + " ".join(f"{x / 30} {y / 20}" for x, y in corners)


@pytest.mark.parametrize(
    ("yaml", "lines"),
    [
        # An L of three pixels: (20, 10), (20, 11), (21, 11); and the pixel (2, 3).
        (
            None,
            [
                polygon((20, 10), (21, 10), (21, 11), (22, 11), (22, 12), (20, 12)),
                polygon((2, 3), (3, 3), (3, 4), (2, 4)),
            ],
        ),
        # A box among polygons.
        (
            "names: [t]",
            [
                polygon((20, 10), (21, 10), (21, 11), (22, 11), (22, 12), (20, 12)),
                f"0 {2.5 / 30} {3.5 / 20} {1 / 30} {1 / 20}",
            ],
        ),
    ],
)
def test_yolo_seg_polygons_give_the_centroid_of_their_area(root: Path, yaml, lines) -> None:
    write(root, "labels/a.txt", "\n".join(lines))
    if yaml is not None:
        write(root, "data.yaml", yaml)
    frame = load_dataset(root, "train").frames[0]
    expected = [[(20 + 20 + 21) / 3, (10 + 11 + 11) / 3], [2, 3]]
    np.testing.assert_allclose(frame.points.xy, expected, atol=1e-5)
    assert frame.extents is not None
    np.testing.assert_allclose(frame.extents[0].high, (21.5, 11.5))


def test_yolo_lines_that_cannot_be_keypoints_are_polygons(root: Path) -> None:
    # Read as a box, the first four numbers would reach far beyond the frame.
    write(root, "labels/a.txt", polygon((27, 18), (28, 18), (28, 19), (27, 19)))
    np.testing.assert_allclose(load_dataset(root, "train").frames[0].points.xy, [[27, 18]])


@pytest.mark.parametrize(
    ("yaml", "lines", "word"),
    [
        (
            None,
            "0 .5 .5 .1 .1 .5 .5",
            r"lines of 7 values may be polygons or .*kpt_shape: \[1, 2\]",
        ),
        (None, "0 .5 .5 .1 .1 .5 .5 .9", "8 values may be"),
        (None, "0 .5 .5 .1 .1 .5 .5 2\n0 .5 .5 .1 .1 .5 .5 2 0 0 0", "8, 11 values are not one"),
        ("nc: 1", "0 .5 .5 .1 .1 .5 .5 2", "neither boxes .* data.yaml has no kpt_shape"),
        ("kpt_shape: [1, 3]", "0 .5 .5 .1 .1", "a.txt, line 1: 5 values, but kpt_shape .* for 8"),
        ("kpt_shape: [1, 4]", "0 .5 .5 .1 .1", r"data.yaml: kpt_shape \[1, 4\] is not"),
        ("kpt_shape: 3", "0 .5 .5 .1 .1", r"data.yaml: kpt_shape \[3\] is not"),
        ("kpt_shape: [1, 3]", "0 .5 .5 .1 .1 nan .5 2", "a.txt, line 1: .*finite"),
        ("nc: 1", "0 .1 .1 .2 .1 .2 1e300", "a.txt, line 1: .*finite"),
        ("nc: 1", "0 .5 .5 .6 .5 x .6", "a.txt, line 1: not 'class x1 y1"),
    ],
)
def test_yolo_lines_that_may_mean_two_things_are_refused(root, yaml, lines, word) -> None:
    write(root, "labels/a.txt", lines)
    if yaml is not None:
        write(root, "data.yaml", yaml)
    with pytest.raises(DatasetError, match=word):
        load_dataset(root, "train")


def test_yolo_labels_without_an_image_are_counted(root: Path) -> None:
    for name in ("a", "lost", "gone", "classes"):
        write(root, f"labels/{name}.txt", "0 .5 .5 .1 .1")
    with pytest.warns(IrpointWarning, match=r"2 label files have no image, such as labels/gone"):
        load_dataset(root, "train")


def test_yolo_labels_in_utf_16(root: Path) -> None:
    (root / "labels").mkdir()
    (root / "labels/a.txt").write_bytes(f"0 {X} {Y} .1 .1\r\n".encode("utf-16"))
    np.testing.assert_allclose(load_dataset(root, "train").frames[0].points.xy, [[4, 7]], atol=1e-5)


def frames_at(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 20)).save(root / name)


def test_data_yaml_names_the_splits(tmp_path: Path) -> None:
    frames_at(tmp_path, "images/seen/a.png", "images/unseen/b.png", "images/seen/c.png")
    write(tmp_path, "labels/seen/a.txt", f"0 {X} {Y} .1 .1")
    write(tmp_path, "held.txt", "./images/seen/c.png\n")
    yaml = "path: ../elsewhere\ntrain: images/seen\nval:\n  - images/unseen\ntest: held.txt\n"
    write(tmp_path, "mine.yaml", yaml + "names:\n  0: target\n")
    for split, names in (
        ("train", ["a", "c"]),
        ("val", ["b"]),
        ("test", ["c"]),
        ("seen", ["a", "c"]),
    ):
        assert [frame.name for frame in load_dataset(tmp_path, split)] == names


def test_yolo_labels_beside_the_images(tmp_path: Path) -> None:
    """As CVAT exports them: the images in obj_train_data/, the list with another folder."""
    frames_at(tmp_path, "obj_train_data/a.png", "obj_train_data/b.png")
    write(tmp_path, "obj_train_data/a.txt", f"0 {X} {Y} .1 .1")
    write(tmp_path, "obj.names", "target")
    write(tmp_path, "train.txt", "data/obj_train_data/a.png\ndata/obj_train_data/b.png\n")
    dataset = load_dataset(tmp_path, "train")
    assert dataset.layout == "yolo-beside"
    assert [len(frame.points) for frame in dataset] == [1, 0]
    np.testing.assert_allclose(dataset.frames[0].points.xy, [[4, 7]], atol=1e-5)
