"""CSV files of points."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import write, xy_of


@pytest.mark.parametrize("file", ["points.csv", "labels.csv"])
def test_csv(root: Path, file: str) -> None:
    write(root, file, "image,x,y,note\nb.png,,,\na.png,1.5,2,far\nimages/a.png,-0.5,19.5,\n")
    dataset = load_dataset(root, "all")
    assert dataset.layout == "csv"
    assert xy_of(dataset) == {"b": [], "a": [[1.5, 2], [-0.5, 19.5]]}
    assert list(xy_of(load_dataset(root, "train"))) == ["a", "b"]


def test_files_named_after_splits(root: Path) -> None:
    (root / "img_idx/train.txt").unlink()
    write(root, "train.csv", "image,x,y\na.png,1,2\nb.png,,\n")
    write(root, "Valid.csv", "image,x,y\nc.png,3,4\n")
    write(root, "._train.csv", "left by macOS")
    for split, points in (("train", {"a": [[1, 2]], "b": []}), ("val", {"c": [[3, 4]]})):
        assert xy_of(load_dataset(root, split)) == points
    assert len(load_dataset(root, "all")) == 3
    write(root, "test.csv", "image,x,y\na.png,1,2\n")
    with pytest.raises(DatasetError, match=r"train.csv, line 2: 'a.png' is in another file"):
        load_dataset(root, "all")


def test_copies_of_a_point_are_counted(root: Path) -> None:
    write(root, "points.csv", "image,x,y\na.png,1,1\na.png,1,1\nb.png,,\na.png,1,1\n")
    with pytest.warns(IrpointWarning, match=r"2 points lie exactly on another .* such as in 'a'"):
        assert len(load_dataset(root, "train").frames[0].points) == 3


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
        ("a.png,1,5,2,5", "line 2: 5 values, but the header names 3"),
        ("a.png,1_0,2", "line 2.*not two numbers"),
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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    "text",
    [
        "image;x;y\r\na.png;1,5;2\r\nb.png;;\r\n",
        "image\tx\ty\na.png\t1.5\t2\nb.png\t\t\n",
        "sep=;\nimage;x;y\na.png;1,5;2,0\nb.png\n",
        '# by hand\n\n"file name","X [px]","Y (pixels)"\n"a.png","1.5","2"\n"b.png","",""\n',
        "image|x|y\ra.png|1.5|2\rb.png||\r",
    ],
)
def test_csv_of_any_program(root: Path, text: str, encoding: str) -> None:
    (root / "points.csv").write_bytes(text.encode(encoding))
    assert xy_of(load_dataset(root, "train")) == {"a": [[1.5, 2]], "b": []}


@pytest.mark.parametrize(
    "header",
    ["filename,x,y", "File,X,Y", "path,cx,cy", "image_name,x_center,y_center", "source,col,row",
     "image,xcentroid,ycentroid", "image,POSITION_X,POSITION_Y", "image,x-px,y-px"],
)  # fmt: skip
def test_names_of_columns(root: Path, header: str) -> None:
    write(root, "points.csv", f"{header}\na.png,1.5,2\nb.png,,\n")
    assert xy_of(load_dataset(root, "train"))["a"] == [[1.5, 2]]


def test_the_header_decides_which_number_is_x(root: Path) -> None:
    write(root, "points.csv", "y,image,x\n2,a.png,1.5\n,b.png,\n")
    assert xy_of(load_dataset(root, "train"))["a"] == [[1.5, 2]]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a.png,1,2\n", "line 1: no header image,x,y; add it, because a file without it"),
        ("image,lon,lat\na.png,1,2\n", r"line 1: no header .*found: image,lon,lat"),
        ("image,x [nm],y [nm]\na.png,1,2\n", "line 1: no header"),
        ("image,x,X,y\na.png,1,2,3\n", "line 1: two columns 'x'"),
        ("image;x;y\na.png;1,5;2.5\n", "numbers with a point and with a comma"),
        ("image,x,y,z\na.png,1,2,0\na.png,1,2,1\n", "different z"),
        ("image,x,y,width,height\na.png,1,2,3,3\n", "line 2: width and height .3x3. beside x"),
        ("index,shape-type,vertex-index,axis-0,axis-1\n0,polygon,0,1,1\n", "napari's shapes"),
        ("index,axis-0,axis-1,axis-2,axis-3\n0,1,1,1,1\n", "line 1: columns axis-0, axis-1, axi"),
    ],
)
def test_columns_that_are_not_clear_are_refused(root: Path, text: str, word: str) -> None:
    write(root, "points.csv", text)
    with pytest.raises(DatasetError, match=word):
        load_dataset(root, "all")


def test_width_and_height_may_be_those_of_the_image(root: Path) -> None:
    write(root, "points.csv", "image,width,height,x,y\na.png,30,20,1,2\nb.png,30,20,,\n")
    assert xy_of(load_dataset(root, "train"))["a"] == [[1, 2]]


def test_points_up_to_a_pixel_outside_are_moved_and_counted(root: Path) -> None:
    write(root, "points.csv", "image,x,y\na.png,30,20\na.png,-1.5,3\nb.png,4,4\n")
    with pytest.warns(IrpointWarning, match=r"points.csv: 2 points lie up to a pixel outside"):
        points = xy_of(load_dataset(root, "train"))
    assert points["a"] == [[29.5, 19.5], [-0.5, 3]]


def test_fractions_of_the_frame_are_questioned(root: Path) -> None:
    write(root, "points.csv", "image,x,y\na.png,0.1,0.5\nb.png,0.3,0.4\n")
    with pytest.warns(IrpointWarning, match="every point lies in the top-left pixel"):
        load_dataset(root, "train")


BOXES = "filename,width,height,class,xmin,ymin,xmax,ymax\n"


def test_boxes_of_roboflow_give_their_centres(root: Path) -> None:
    # The pixels 3..5 of row 4. Images without targets have no row.
    write(root, "_annotations.csv", BOXES + "a.png,30,20,drone,3,4,6,5\n")
    dataset = load_dataset(root, "train")
    assert xy_of(dataset) == {"a": [[4, 4]], "b": []}
    assert dataset.frames[0].extents is not None
    assert dataset.frames[0].extents[0].low.tolist() == [2.5, 3.5]


def test_boxes_of_a_picture_that_the_tool_has_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6  # shown turned by 90 degrees clockwise: 20x30
    Image.new("L", (30, 20)).save(tmp_path / "a.jpg", exif=exif)
    # The stored pixel (x, y) is shown at (19 - y, x): the pixels 3..5 of row 4 are a column at 15.
    write(tmp_path, "_annotations.csv", BOXES + "a.jpg,20,30,drone,15,3,16,6\n")
    with pytest.warns(IrpointWarning, match="as the tool showed it"):
        dataset = load_dataset(tmp_path, "all")
    assert xy_of(dataset) == {"a": [[4, 4]]}


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("a.png,30,20,drone,3,4,6", "line 2: .*not four numbers"),
        ("a.png,30,20,drone,6,4,3,5", "line 2: the box ends before"),
        ("a.png,31,20,drone,3,4,6,5", "line 2: states 31x20 but a.png is 30x20"),
        ("a.png,30,20,drone,.3,.4,.6,.5", "boxes are fractions"),
    ],
)
def test_errors_in_boxes_are_named(root: Path, row: str, word: str) -> None:
    write(root, "_annotations.csv", BOXES + row)
    with pytest.raises(DatasetError, match=word):
        load_dataset(root, "train")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    xy=st.lists(
        st.tuples(st.floats(-0.5, 29.5, width=32), st.floats(-0.5, 19.5, width=32)), min_size=1
    ),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_numbers_survive_any_form_of_csv(root: Path, xy, delimiter: str, encoding: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(("image", "x", "y"))
    for point in xy:
        cells = [repr(value) for value in point]
        decimals = [cell.replace(".", ",") if delimiter != "," else cell for cell in cells]
        writer.writerow(("a.png", *decimals))
    (root / "points.csv").write_bytes(text.getvalue().encode(encoding))
    points = load_dataset(root, "all").frames[0].points
    assert np.array_equal(points.xy, np.array(xy, np.float32))
