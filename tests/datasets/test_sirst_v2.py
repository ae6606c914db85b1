"""SIRST v2: masks, centroids and lists."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from irpoint.datasets import load_dataset
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import save, split_list, spots, xy_of

FRAME = np.zeros((20, 30), np.uint8)


def write_xml(root: Path, name: str, *xy: tuple[str, str]) -> None:
    objects = "".join(
        f"<object><centroid><yc>{y}</yc><xc>{x}</xc></centroid></object>" for x, y in xy
    )
    path = root / f"annotations/centroids/{name}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotation>{objects}</annotation>")


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    """SIRST v2: t1 with XML, t2 without, and the background e."""
    for name, kind in (("t1", "targets"), ("t2", "targets"), ("e", "backgrounds")):
        save(tmp_path / f"images/{kind}/{name}.png", FRAME)
        mask = FRAME if kind == "backgrounds" else spots(FRAME.shape, (3, 4))
        save(tmp_path / f"annotations/masks/{name}_pixels0.png", mask)
    write_xml(tmp_path, "t1", ("4.25", "5.5"))
    split_list(tmp_path, "train_full", "t1", "e", folder="splits")
    split_list(tmp_path, "train", "t2", folder="splits")
    split_list(tmp_path, "v2background", "e", folder="splits")
    return tmp_path


def test_sirst_v2_from_masks(v2: Path) -> None:
    dataset = load_dataset(v2, "train")
    assert dataset.layout == "sirst-v2"
    assert xy_of(dataset) == {"t1": [[3, 4]], "e": []}
    assert xy_of(load_dataset(v2, "v2background")) == {"e": []}
    assert len(load_dataset(v2, "all")) == 3


def test_sirst_v2_centroids_count_from_1(v2: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert xy_of(load_dataset(v2, "train", "centroids")) == {"t1": [[3.25, 4.5]], "e": []}


def test_sirst_v2_images_without_xml_fall_back_to_the_mask_with_a_warning(v2: Path) -> None:
    with pytest.warns(IrpointWarning, match="1 of 3 images have no XML"):
        dataset = load_dataset(v2, "all", "centroids")
    assert xy_of(dataset)["t2"] == [[3, 4]]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("<annotation><object>", "line 1"),
        ("<annotation><object/></annotation>", "object 1 has no <centroid>"),
        ("<a><object><centroid><yc>x</yc><xc>1</xc></centroid></object></a>", "not a number"),
        ("<a><object><centroid><yc>nan</yc><xc>1</xc></centroid></object></a>", "not finite"),
        ("<a><object><centroid><yc>1</yc><xc>0.4</xc></centroid></object></a>", "outside"),
        ("<a><object><centroid><yc>1</yc></centroid></object></a>", "not a number"),
    ],
)
def test_errors_in_the_xml_are_named(v2: Path, text: str, word: str) -> None:
    path = v2 / "annotations/centroids/t1.xml"
    path.write_text(text)
    with pytest.raises(DatasetError, match=f"t1.xml.*{word}"):
        load_dataset(v2, "train", "centroids")


def test_sirst_v2_centroids_lie_near_the_masks(shared_data: Path) -> None:
    root = shared_data / "SIRST-v2"
    with pytest.warns(IrpointWarning, match="have no XML"):
        stated = load_dataset(root, "val", "centroids")
    for mask, xml in zip(load_dataset(root, "val"), stated, strict=True):
        offsets = mask.points.xy[:, None] - xml.points.xy[None]
        if len(mask.points):
            assert np.linalg.norm(offsets, axis=2).min(axis=1).max() < 1.2
