"""Clicks that are not centroids: drawn once, on the target, from the seed alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import LabelledFrame, load_dataset
from irpoint.datasets.extent import Extent
from irpoint.errors import DatasetError
from irpoint.points import Points
from irpoint.training.label_noise import with_label_noise


def boxed(name: str, width: float, height: float, count: int = 400) -> LabelledFrame:
    """Targets of one size, all in the middle of a frame."""
    box = Extent.of_box(50 - width / 2, 50 - height / 2, 50 + width / 2, 50 + height / 2)
    points = Points.labels(np.full((count, 2), 50.0))
    return LabelledFrame(name, Path(f"{name}.png"), (100, 100), points, "made", (box,) * count)


def moves(frame: LabelledFrame, noise: object, seed: int = 0) -> np.ndarray:
    (moved,) = with_label_noise([frame], noise, seed)  # type: ignore[arg-type]
    return moved.points.xy - frame.points.xy


def test_coarse_noise_is_a_quarter_of_the_half_box_in_each_direction() -> None:
    deviation = moves(boxed("a", 16, 8, 4000), "coarse").std(axis=0)
    assert deviation == pytest.approx([2.0, 1.0], rel=0.06)


def test_noise_in_pixels_knows_no_box() -> None:
    assert moves(boxed("a", 2, 2, 4000), 1.5).std(axis=0) == pytest.approx([1.5, 1.5], rel=0.06)


def test_noise_depends_on_seed_and_frame_and_nothing_else() -> None:
    one, two = boxed("one", 8, 8), boxed("two", 8, 8)
    together = with_label_noise([one, two], "coarse", 3)
    reverse = with_label_noise([two, one], "coarse", 3)[::-1]
    assert [f.points for f in together] == [f.points for f in reverse]
    assert np.abs(moves(one, "coarse", 3) - moves(two, "coarse", 3)).max() > 0.1
    assert np.abs(moves(one, "coarse", 3) - moves(one, "coarse", 4)).max() > 0.1


def test_coarse_clicks_stay_on_the_mask(tmp_path: Path) -> None:
    mask = np.zeros((40, 60), np.uint8)
    mask[5:25, 10] = mask[24, 10:40] = 255  # a corner: its centroid lies beside it
    mask[30, 50] = 255
    for folder, pixels in (("images", np.zeros_like(mask)), ("masks", mask)):
        (tmp_path / folder).mkdir()
        Image.fromarray(pixels).save(tmp_path / folder / "a.png")
    (frame,) = load_dataset(tmp_path, "all")
    assert frame.extents is not None
    assert frame.extents[0].low.tolist() == [9.5, 4.5]
    assert frame.extents[0].high.tolist() == [39.5, 24.5]
    for seed in range(50):
        (moved,) = with_label_noise([frame], "coarse", seed)
        for (x, y), before in zip(moved.points.xy, frame.points.xy, strict=True):
            on_mask = mask[round(float(y)), round(float(x))] > 0
            assert on_mask or (x, y) == pytest.approx(before)


def test_labels_without_extent_refuse_coarse_noise_and_take_pixels() -> None:
    frame = LabelledFrame("a", Path("a.png"), (9, 9), Points.labels([[4, 4]]), "clicks")
    with pytest.raises(DatasetError, match=r"a\.png.*points only"):
        with_label_noise([frame], "coarse", 0)
    for seed in range(20):
        (moved,) = with_label_noise([frame], 50.0, seed)
        assert (np.abs(moved.points.xy - 4) <= 4.5).all()


def test_frames_without_targets_pass() -> None:
    frame = LabelledFrame("a", Path("a.png"), (9, 9), Points.empty(), "clicks")
    assert with_label_noise([frame], "coarse", 0) == [frame]


@pytest.mark.parametrize("layout", ["voc", "yolo"])
def test_boxes_are_extents(tmp_path: Path, layout: str) -> None:
    (tmp_path / "images").mkdir()
    Image.fromarray(np.zeros((40, 80), np.uint8)).save(tmp_path / "images" / "a.png")
    if layout == "voc":
        (tmp_path / "annotations").mkdir()
        box = "<xmin>10</xmin><ymin>4</ymin><xmax>18</xmax><ymax>8</ymax>"
        text = f"<annotation><object><bndbox>{box}</bndbox></object></annotation>"
        (tmp_path / "annotations" / "a.xml").write_text(text)
    else:
        (tmp_path / "labels").mkdir()
        (tmp_path / "labels" / "a.txt").write_text("0 0.175 0.15 0.1 0.1\n")
    (frame,) = load_dataset(tmp_path, "all")
    assert frame.extents is not None
    assert frame.extents[0].low == pytest.approx([9.5, 3.5])
    assert frame.extents[0].high == pytest.approx([17.5, 7.5])
    assert frame.points.xy[0] == pytest.approx([13.5, 5.5])
