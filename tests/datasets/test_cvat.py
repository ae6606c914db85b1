"""CVAT's XML for images and for video, and points written for CVAT."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from irpoint.datasets import convert, load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of
from support.tool_exports import cvat_images, cvat_video, runs
from support.videos import POSITIONS, moving_blob, write_video

POINT = '<points label="target" source="manual" occluded="0" points="10.50,10.50" z_order="0">'


def shape(tag: str, fields: str) -> str:
    return f'<{tag} label="target" source="manual" occluded="0" {fields} z_order="0">\n</{tag}>'


def read_one(root: Path, *shapes: str) -> list[list[float]]:
    write(root, "annotations.xml", cvat_images("a.png\n" + "\n".join(shapes), "b.png", "c.png"))
    return xy_of(load_dataset(root, "all"))["a"]


def test_the_centre_of_a_pixel_is_half_a_pixel_from_its_corner(root: Path) -> None:
    corners = shape("points", 'points="0.00,20.00;30.00,0.00"')
    text = cvat_images(f"a.png\n{POINT}\n</points>", "b.png", f"c.png\n{corners}")
    write(root, "annotations.xml", text)
    dataset = load_dataset(root, "all")
    assert dataset.layout == "cvat"
    assert xy_of(dataset) == {"a": [[10, 10]], "b": [], "c": [[-0.5, 19.5], [29.5, -0.5]]}
    assert list(xy_of(load_dataset(root, "train"))) == ["a", "b"]


@pytest.mark.parametrize(
    ("tag", "fields", "xy"),
    [
        ("points", 'points="3.25,4.75;10.50,7.50"', [[2.75, 4.25], [10, 7]]),
        ("box", 'xtl="3.00" ytl="4.00" xbr="6.00" ybr="5.00"', [[4, 4]]),
        ("box", 'xtl="3.00" ytl="4.00" xbr="6.00" ybr="5.00" rotation="30.00"', [[4, 4]]),
        ("box", 'xtl="3.50" ytl="4.50" xbr="3.50" ybr="4.50"', [[3, 4]]),
        ("ellipse", 'cx="8.50" cy="9.00" rx="2.00" ry="1.00"', [[8, 8.5]]),
        ("polygon", 'points="3.00,4.00;7.00,4.00;7.00,6.00;3.00,6.00"', [[4.5, 4.5]]),
        ("polygon", 'points="0,0;6,0;0,3"', [[1.5, 0.5]]),
        ("polygon", 'points="1,1;5,1"', [[2.5, 0.5]]),
        ("polyline", 'points="1.00,1.00;5.00,1.00;5.00,1.00"', [[2.5, 0.5]]),
    ],
)
def test_shapes_of_cvat(root: Path, tag: str, fields: str, xy: list[list[float]]) -> None:
    assert read_one(root, shape(tag, fields)) == xy


def test_a_mask_of_cvat_is_runs_along_the_rows_of_its_box(root: Path) -> None:
    mask = np.array([[0, 1, 1, 0], [1, 1, 0, 0]])
    fields = f'rle="{", ".join(map(str, runs(mask.ravel())))}" left="5" top="8" '
    (xy,) = read_one(root, shape("mask", fields + 'width="4" height="2"'))
    rows, columns = np.nonzero(mask)
    assert xy == pytest.approx([5 + columns.mean(), 8 + rows.mean()])
    frame = load_dataset(root, "all").frames[0]
    assert frame.extents is not None
    assert frame.extents[0].pixels is not None
    assert len(frame.extents[0].pixels) == 4


def test_the_visible_points_of_a_skeleton_are_targets(root: Path) -> None:
    def point(x: float, outside: int, occluded: int) -> str:
        return (
            f'<points label="1" source="manual" outside="{outside}" occluded="{occluded}" '
            f'points="{x:.2f},5.50">\n</points>'
        )

    parts = "\n".join((point(3.5, 0, 0), point(6.5, 1, 0), point(9.5, 0, 1)))
    skeleton = f'<skeleton label="s" source="manual" z_order="0">\n{parts}\n</skeleton>'
    assert read_one(root, skeleton) == [[3, 5], [9, 5]]


def test_what_has_no_position_is_counted(root: Path) -> None:
    cuboid = shape("cuboid", 'xtl1="1" ytl1="1"')
    tag = '<tag label="cloudy" source="manual">\n</tag>'
    with pytest.warns(IrpointWarning, match="left out because they give no point: 2 cuboids$"):
        assert read_one(root, cuboid, cuboid, tag, POINT, "</points>") == [[10, 10]]


def test_the_subsets_of_a_project_are_splits(tmp_path: Path) -> None:
    for name in ("train/s/0.png", "val/s/0.png", "val/s/1.png"):
        (tmp_path / "images" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 20)).save(tmp_path / "images" / name)
    parts = [
        cvat_images(f"s/0.png\n{POINT}\n</points>", attributes='subset="train" task_id="3"'),
        cvat_images("s/0.png", "s/1.png", attributes='subset="val" task_id="4"'),
    ]
    images = "".join("".join(re.findall(r"  <image.*?</image>\n", p, re.DOTALL)) for p in parts)
    write(tmp_path, "annotations.xml", f"<annotations>\n{images}</annotations>")
    assert xy_of(load_dataset(tmp_path, "train")) == {"train/s/0": [[10, 10]]}
    assert xy_of(load_dataset(tmp_path, "val")) == {"val/s/0": [], "1": []}
    assert len(load_dataset(tmp_path, "all")) == 3


def test_images_that_the_labels_do_not_list_are_counted(root: Path) -> None:
    write(root, "annotations.xml", cvat_images("a.png"))
    with pytest.warns(IrpointWarning, match="2 images are not part of the dataset"):
        assert list(xy_of(load_dataset(root, "all"))) == ["a"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (shape("points", 'points="3.5;4"'), r"image 'a.png': <points>: points '3.5;4' is not x,y"),
        (shape("points", 'points="nan,4"'), "in finite numbers"),
        (shape("points", ""), "points '' is not"),
        (shape("points", 'points="31.00,4.00"'), r"\(30.5, 3.5\) of 'a' is outside its 30x20"),
        (shape("box", 'xtl="1" ytl="1" xbr="x" ybr="2"'), "<box>: xbr 'x' is not a number"),
        (shape("mask", 'rle="9" left="0" top="0" width="2" height="2"'), "rle is damaged"),
        (shape("mask", 'rle="a" left="0" top="0" width="2" height="2"'), "rle is damaged"),
        (shape("mask", 'rle="4" left="29" top="0" width="2" height="2"'), "not inside the image"),
    ],
)
def test_errors_in_cvat_are_named(root: Path, text: str, word: str) -> None:
    with pytest.raises(DatasetError, match=word):
        read_one(root, text)


def test_errors_of_a_whole_cvat_file_are_named(root: Path) -> None:
    write(root, "annotations.xml", cvat_images("a.png", "a.png"))
    with pytest.raises(DatasetError, match=r"two entries for the image 'a\.png'"):
        load_dataset(root, "all")
    write(root, "annotations.xml", cvat_images("a.png", "lost.png"))
    with pytest.raises(DatasetError, match="lost: no such image"):
        load_dataset(root, "all")
    write(root, "annotations.xml", cvat_images("a.png").replace('width="30"', 'width="60"'))
    with pytest.raises(DatasetError, match="stated as 60x20 but is 30x20"):
        load_dataset(root, "all")
    write(root, "annotations.xml", cvat_images("a.png")[:-20])
    with pytest.raises(DatasetError, match="not well-formed XML"):
        load_dataset(root, "all")


def test_hidden_files_and_files_of_other_tools_are_skipped(root: Path) -> None:
    write(root, "._annotations.xml", "\x00\x05\x16\x07")
    write(root, "a_project.xml", "<project/>")
    write(
        root, "task_7_annotations.xml", cvat_images(f"a.png\n{POINT}\n</points>", "b.png", "c.png")
    )
    assert xy_of(load_dataset(root, "all"))["a"] == [[10, 10]]


def test_labels_without_images_say_how_to_get_them(tmp_path: Path) -> None:
    write(tmp_path, "annotations.xml", cvat_images("a.png"))
    with pytest.raises(DatasetError, match="labels but no images; export them with the images"):
        load_dataset(tmp_path, "all")


# CVAT for video


def track(*frames: tuple[int, float, int], tag: str = "points") -> str:
    """A track at (x, 5.5) in some frames: (frame, x, outside)."""
    lines = []
    for frame, x, outside in frames:
        place = f'points="{x:.2f},5.50"' if tag == "points" else ""
        place = place or f'xtl="{x - 1:.2f}" ytl="4.50" xbr="{x + 1:.2f}" ybr="6.50"'
        fields = f'frame="{frame}" keyframe="1" outside="{outside}" occluded="0" {place}'
        lines.append(f'    <{tag} {fields} z_order="0">\n    </{tag}>')
    return "\n".join(lines)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Five frames of 30x20, named as CVAT names the frames of a video."""
    (tmp_path / "images").mkdir()
    for number in range(5):
        Image.new("L", (30, 20)).save(tmp_path / f"images/frame_{number:06d}.PNG")
    return tmp_path


def xs(root: Path) -> list[list[float]]:
    return [[x for x, _ in xy] for xy in xy_of(load_dataset(root, "all")).values()]


def test_tracks_give_the_visible_shapes_of_each_frame(video: Path) -> None:
    first = track((0, 3.5, 0), (1, 4.5, 0), (2, 5.5, 0), (3, 5.5, 1))
    second = track((1, 20.5, 0), (2, 21.5, 1), tag="box")
    write(video, "annotations.xml", cvat_video(5, first, second))
    assert xs(video) == [[3], [4, 20], [5], [], []]
    tracks = [frame.tracks for frame in load_dataset(video, "all")]
    assert tracks == [(0,), (0, 1), (0,), None, None]
    assert load_dataset(video, "all").frames[0].points.xy[0, 1] == 5


def test_a_gap_in_a_track_is_interpolated_with_a_warning(video: Path) -> None:
    write(video, "annotations.xml", cvat_video(5, track((0, 3.5, 0), (4, 11.5, 0))))
    with pytest.warns(IrpointWarning, match="3 positions between two frames of a track"):
        assert xs(video) == [[3], [5], [7], [9], [11]]
    assert {frame.tracks for frame in load_dataset(video, "all")} == {(0,)}
    write(video, "annotations.xml", cvat_video(5, track((0, 3.5, 0), (2, 9.5, 1), (4, 11.5, 0))))
    with pytest.warns(IrpointWarning, match="1 positions"):
        assert xs(video) == [[3], [3], [], [], [11]]


def test_frames_without_an_image_are_counted(video: Path) -> None:
    (video / "images/frame_000001.PNG").unlink()
    write(video, "annotations.xml", cvat_video(5, track(*((n, 3.5 + n, 0) for n in range(5)))))
    with pytest.warns(IrpointWarning, match="1 frames with labels have no image, such as frame 1"):
        assert xs(video) == [[3], [5], [6], [7]]


def test_frames_that_a_user_numbered_from_1(video: Path) -> None:
    (video / "images/frame_000000.PNG").rename(video / "images/frame_000005.PNG")
    write(video, "annotations.xml", cvat_video(5, track((0, 3.5, 0), (1, 9.5, 1))))
    with pytest.warns(IrpointWarning, match="frame_000001 is read as frame 0"):
        assert xs(video) == [[3], [], [], [], []]


def test_images_with_other_names_are_matched_by_their_order(root: Path) -> None:
    write(root, "annotations.xml", cvat_video(3, track((1, 3.5, 0), (2, 3.5, 1))))
    assert xs(root) == [[], [3], []]
    (root / "images/c.png").unlink()
    with pytest.raises(DatasetError, match=r"frames 0 to 2, but .*images has 2 images"):
        load_dataset(root, "all")


def test_an_unclear_order_of_images_is_an_error(root: Path) -> None:
    (root / "images/a.png").rename(root / "images/x10.png")
    (root / "images/b.png").rename(root / "images/x9.png")
    write(root, "annotations.xml", cvat_video(3))
    with pytest.raises(DatasetError, match=r"the order of the images in .* is not clear"):
        load_dataset(root, "all")


@pytest.mark.parametrize(
    ("meta", "numbers"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6, 7]),
        ({"start_frame>0": "start_frame>1", "stop_frame>7": "stop_frame>5"}, [1, 2, 3, 4, 5]),
        ({"frame_filter>": "frame_filter>step=3"}, [0, 3, 6]),
    ],
)
def test_the_frames_of_a_video_need_no_export(
    tmp_path: Path, meta: dict[str, str], numbers: list[int]
) -> None:
    pytest.importorskip("av")
    write_video(tmp_path / "clip.mkv", moving_blob())
    shapes = [(number, POSITIONS[number][0] + 0.5, 0) for number in range(8)]
    text = cvat_video(8, track(*shapes)).replace("<width>30", "<width>128")
    text = text.replace("<height>20", "<height>96")
    for old, new in meta.items():
        text = text.replace(old, new, 1)
    write(tmp_path, "annotations.xml", text)
    dataset = load_dataset(tmp_path, "all")
    expected = [[POSITIONS[number][0]] for number in numbers]
    assert [frame.name for frame in dataset] == [f"clip#{number}" for number in numbers]
    assert [frame.points.xy[:, 0].tolist() for frame in dataset] == expected
    column = np.unravel_index(dataset.frames[-1].read().argmax(), (96, 128))[1]
    assert abs(column - expected[-1][0]) <= 1


def test_cvat_for_images_may_name_frames_of_a_video(tmp_path: Path) -> None:
    pytest.importorskip("av")
    write_video(tmp_path / "clip.mkv", moving_blob())
    text = cvat_images(f"frame_000003\n{POINT}\n</points>").replace('"30"', '"128"')
    write(tmp_path, "annotations.xml", text.replace('"20"', '"96"'))
    dataset = load_dataset(tmp_path, "all")
    assert xy_of(dataset) == {"clip#3": [[10, 10]]}
    assert dataset.frames[0].read().shape == (96, 128)


def test_errors_in_tracks_are_named(video: Path) -> None:
    write(video, "annotations.xml", cvat_video(5, track((0, 3.5, 0)).replace('frame="0"', "")))
    with pytest.raises(DatasetError, match="frame '' of a <points> is not a number"):
        load_dataset(video, "all")
    two = cvat_video(5, track((0, 3.5, 0)), track((0, 3.5, 0)))
    two = two.replace('<track id="0"', '<track id="0" task_id="1"')
    write(video, "annotations.xml", two.replace('<track id="1"', '<track id="1" task_id="2"'))
    with pytest.raises(DatasetError, match="tracks of several tasks"):
        load_dataset(video, "all")


# Writing


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(xy=st.lists(st.tuples(st.floats(-0.5, 29.5, width=32), st.floats(-0.5, 19.5, width=32))))
def test_points_written_for_cvat_come_back(
    tmp_path_factory: pytest.TempPathFactory, xy: list[tuple[float, float]]
) -> None:
    root = tmp_path_factory.mktemp("round")
    (root / "source/images").mkdir(parents=True)
    Image.new("L", (30, 20)).save(root / "source/images/a & b.png")
    rows = "".join(f"a & b.png,{x!r},{y!r}\n" for x, y in xy) or "a & b.png,,\n"
    (root / "source/points.csv").write_text("image,x,y\n" + rows)
    convert(root / "source", root / "out", "cvat")
    dataset = load_dataset(root / "out", "all")
    assert dataset.layout == "cvat"
    # Half a pixel is added and subtracted in float64.
    expected = np.array(xy, np.float32).reshape(-1, 2)
    np.testing.assert_allclose(dataset.frames[0].points.xy, expected, rtol=1e-7, atol=1e-15)


def test_the_written_file_has_what_cvat_imports(root: Path, tmp_path: Path) -> None:
    write(root, "points.csv", "image,x,y\na.png,3,4\na.png,5.25,6\nb.png,,\nc.png,,\n")
    convert(root, tmp_path / "out", "cvat")
    text = (tmp_path / "out/annotations.xml").read_text()
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?>\n<annotations>')
    content = ElementTree.fromstring(text)
    assert content.findtext("version") == "1.1"
    assert content.findtext("meta/task/labels/label/name") == "target"
    images = content.findall("image")
    assert [image.attrib for image in images] == [
        {"id": str(number), "name": f"{name}.png", "width": "30", "height": "20"}
        for number, name in enumerate("abc")
    ]
    assert [points.attrib for points in images[0]] == [
        {
            "label": "target",
            "source": "manual",
            "occluded": "0",
            "points": points,
            "z_order": "0",
        }
        for points in ("3.5,4.5", "5.75,6.5")
    ]
