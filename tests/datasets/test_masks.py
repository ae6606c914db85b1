"""Mask datasets: layouts, splits, damaged files, and the public datasets if they are present."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from irpoint.datasets import Dataset, load_dataset
from irpoint.datasets.masks import mask_centroids
from irpoint.errors import DatasetError, IrpointWarning


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def spots(shape: tuple[int, int], *xy: tuple[int, int], value: int = 255) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    for x, y in xy:
        mask[y, x] = value
    return mask


def split_list(root: Path, name: str, *names: str, folder: str = "img_idx") -> None:
    (root / folder).mkdir(parents=True, exist_ok=True)
    (root / folder / f"{name}.txt").write_text("\n".join(names) + "\n")


def xy_of(dataset: Dataset) -> dict[str, list[list[float]]]:
    return {frame.name: frame.points.xy.tolist() for frame in dataset}


FRAME = np.zeros((20, 30), np.uint8)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two frames: a has targets at (3, 4) and (10, 7), b none."""
    save(tmp_path / "images/a.png", FRAME)
    save(tmp_path / "images/b.png", FRAME)
    save(tmp_path / "masks/a.png", spots(FRAME.shape, (3, 4), (10, 7)))
    save(tmp_path / "masks/b.png", FRAME)
    return tmp_path


def test_components_are_targets_and_an_empty_mask_is_none(root: Path) -> None:
    dataset = load_dataset(root, "all")
    assert xy_of(dataset) == {"a": [[3, 4], [10, 7]], "b": []}
    assert (dataset.layout, dataset.split, dataset.name) == ("masks", "all", root.name)
    assert dataset.frames[0].shape == (20, 30)
    assert dataset.frames[0].image == root / "images/a.png"


def test_diagonal_pixels_are_one_target() -> None:
    assert mask_centroids(spots((9, 9), (2, 2), (3, 3))).tolist() == [[2.5, 2.5]]


@given(st.integers(0, 2**32 - 1))
def test_centroids_agree_with_scipy_on_the_whole_mask(seed: int) -> None:
    mask = np.random.default_rng(seed).random((12, 15)) > 0.8
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    yx = np.array(ndimage.center_of_mass(mask, labels, range(1, count + 1))).reshape(-1, 2)
    np.testing.assert_allclose(mask_centroids(mask), yx[:, ::-1])


@pytest.mark.parametrize("kind", ["1-bit", "palette", "grey", "rgba", "png16"])
def test_masks_of_every_kind(root: Path, kind: str) -> None:
    mask = spots(FRAME.shape, (3, 4), (10, 7), value=1)
    path = root / "masks/a.png"
    if kind == "1-bit":
        save(path, mask > 0)
    elif kind == "palette":
        # The index of the background is 1, its colour black.
        image = Image.fromarray(1 - mask, "L")
        image.putpalette([200, 0, 0, 0, 0, 0])
        image.save(path)
        assert Image.open(path).mode == "P"
    elif kind == "grey":
        save(path, mask * np.arange(1, 31, dtype=np.uint8))
    elif kind == "rgba":
        save(path, np.dstack([mask] * 3 + [np.full_like(mask, 255)]))
    else:
        save(path, mask.astype(np.uint16))
    assert xy_of(load_dataset(root, "all"))["a"] == [[3, 4], [10, 7]]


@pytest.mark.parametrize("folder", ["img_idx", "idx_427", "splits", "50_50"])
def test_split_lists_give_names_and_order(root: Path, folder: str) -> None:
    split_list(root, "train", "b", "a", folder=folder)
    split_list(root, "night", "b.png\r", "", folder=folder)
    assert [frame.name for frame in load_dataset(root, "train")] == ["b", "a"]
    assert [frame.name for frame in load_dataset(root, "night")] == ["b"]
    assert len(load_dataset(root, "all")) == 2


def test_a_list_called_all_wins(root: Path) -> None:
    split_list(root, "all", "b")
    assert [frame.name for frame in load_dataset(root, "all")] == ["b"]


def test_an_unknown_split_lists_the_known_ones(root: Path) -> None:
    with pytest.raises(DatasetError, match=r"no split 'val'; choose one of: all$"):
        load_dataset(root, "val")
    split_list(root, "train", "a")
    with pytest.raises(DatasetError, match=r"no split 'val'; choose one of: train, all$"):
        load_dataset(root, "val")


def test_a_name_listed_twice_counts_once_with_a_warning(root: Path) -> None:
    split_list(root, "train", "a", "b", "a")
    with pytest.warns(IrpointWarning, match="'train' names 1 images twice"):
        assert len(load_dataset(root, "train")) == 2


def test_an_empty_list_is_an_error(root: Path) -> None:
    split_list(root, "train")
    with pytest.raises(DatasetError, match="'train' is empty"):
        load_dataset(root, "train")


def test_layout_of_irstd_1k(tmp_path: Path) -> None:
    save(tmp_path / "IRSTD1k_Img/XDU1.png", FRAME)
    save(tmp_path / "IRSTD1k_Label/XDU1.png", spots(FRAME.shape, (29, 19)))
    split_list(tmp_path, "val", "XDU1")
    assert xy_of(load_dataset(tmp_path, "val")) == {"XDU1": [[29, 19]]}


def test_mask_layout_of_sirst_uavb(tmp_path: Path) -> None:
    save(tmp_path / "images/0001.jpg", FRAME)
    save(tmp_path / "masks/0001.png", spots(FRAME.shape, (5, 6)))
    assert xy_of(load_dataset(tmp_path, "all")) == {"0001": [[5, 6]]}


def test_subfolders_tell_equal_names_apart(tmp_path: Path) -> None:
    for number, sequence in enumerate(("s1", "s2")):
        save(tmp_path / f"images/{sequence}/0.png", FRAME)
        save(tmp_path / f"masks/{sequence}/0.png", spots(FRAME.shape, (number, 0)))
    assert xy_of(load_dataset(tmp_path, "all")) == {"s1/0": [[0, 0]], "s2/0": [[1, 0]]}
    split_list(tmp_path, "train", "0")
    with pytest.raises(DatasetError, match="several images"):
        load_dataset(tmp_path, "train")


def test_a_mask_of_the_same_aspect_is_scaled_about_pixel_edges(tmp_path: Path) -> None:
    save(tmp_path / "images/Misc_111.png", np.zeros((220, 325), np.uint8))
    mask = np.zeros((400, 592), np.uint8)
    mask[200:204, 100:102] = 1
    save(tmp_path / "masks/Misc_111_pixels0.png", mask > 0)
    with pytest.warns(IrpointWarning, match=r"Misc_111_pixels0.png: .*592x400.*325x220"):
        dataset = load_dataset(tmp_path, "all")
    expected = [[101 * 325 / 592 - 0.5, 202 * 220 / 400 - 0.5]]
    np.testing.assert_allclose(dataset.frames[0].points.xy, expected, rtol=1e-6)


@pytest.mark.parametrize("shape", [(30, 20), (20, 31), (40, 61)])
def test_any_other_mask_size_is_an_error(root: Path, shape: tuple[int, int]) -> None:
    save(root / "masks/a.png", spots(shape, (3, 4)))
    with pytest.raises(DatasetError, match=rf"masks/a.png: the mask is {shape[1]}x{shape[0]}"):
        load_dataset(root, "all")


def test_missing_files_are_named(root: Path) -> None:
    split_list(root, "train", "a", "c")
    with pytest.raises(DatasetError, match="images/c: no such image"):
        load_dataset(root, "train")
    (root / "masks/a.png").unlink()
    with pytest.raises(DatasetError, match="masks/a: no mask"):
        load_dataset(root, "all")
    with pytest.raises(DatasetError, match="no such folder"):
        load_dataset(root / "none", "all")
    with pytest.raises(DatasetError, match="not a known dataset layout"):
        load_dataset(root / "images", "all")


@pytest.mark.parametrize("folder", ["images", "masks"])
def test_damaged_files_are_named(root: Path, folder: str) -> None:
    (root / folder / "b.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(DatasetError, match=f"{folder}/b.png: damaged"):
        load_dataset(root, "all")


def _xml(root: Path, name: str, *xy: tuple[str, str]) -> None:
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
    _xml(tmp_path, "t1", ("4.25", "5.5"))
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
def test_sirst_v2_wrong_xml_is_named(v2: Path, text: str, word: str) -> None:
    path = v2 / "annotations/centroids/t1.xml"
    path.write_text(text)
    with pytest.raises(DatasetError, match=f"t1.xml.*{word}"):
        load_dataset(v2, "train", "centroids")


@pytest.mark.parametrize(
    ("folder", "split", "images", "targets", "empty"),
    [
        ("NUDT-SIRST", "train", 530, 737, 0),
        ("NUDT-SIRST", "val", 133, 181, 0),
        ("IRSTD-1k", "all", 800, 1495 - 297, 0),
        ("SIRST-v1", "train", 207, 258, 0),
        ("SIRST-v1", "val", 46, 61, 0),
        ("SIRST-v2", "train", 561, 327, 306),
        ("SIRST-v2", "val_full", 140, 86, 73),
    ],
)
def test_public_datasets_have_the_known_counts(
    shared_data: Path, folder: str, split: str, images: int, targets: int, empty: int
) -> None:
    dataset = load_dataset(shared_data / folder, split)
    counts = [len(frame.points) for frame in dataset]
    assert (len(counts), sum(counts), counts.count(0)) == (images, targets, empty)


def test_sirst_v2_centroids_lie_near_the_masks(shared_data: Path) -> None:
    root = shared_data / "SIRST-v2"
    with pytest.warns(IrpointWarning, match="have no XML"):
        stated = load_dataset(root, "val", "centroids")
    for mask, xml in zip(load_dataset(root, "val"), stated, strict=True):
        offsets = mask.points.xy[:, None] - xml.points.xy[None]
        if len(mask.points):
            assert np.linalg.norm(offsets, axis=2).min(axis=1).max() < 1.2


def test_an_image_with_two_suffixes_is_found(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        save(tmp_path / folder / "img_1.tif.png", FRAME)
    split_list(tmp_path, "val", "img_1.tif.png")
    for split in ("all", "val"):
        assert [frame.name for frame in load_dataset(tmp_path, split)] == ["img_1.tif"]


def test_linked_folders_are_followed_and_hidden_ones_are_not(root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / f"{tmp_path.name}-more"
    for folder in ("images", "masks"):
        save(elsewhere / folder / "c.png", FRAME)
        (root / folder / "more").symlink_to(elsewhere / folder)
        (root / folder / "more" / "round").symlink_to(elsewhere / folder)
    save(root / "images/.ipynb_checkpoints/a-checkpoint.png", FRAME)
    assert set(xy_of(load_dataset(root, "all"))) == {"a", "b", "c"}


def test_a_list_may_name_images_by_their_path(root: Path) -> None:
    split_list(root, "val", "images/a.png")
    (frame,) = load_dataset(root, "val")
    assert frame.points.xy.tolist() == [[3, 4], [10, 7]]


def test_an_image_listed_by_two_names_counts_once(root: Path) -> None:
    split_list(root, "val", "a", "images/a.png", "b")
    with pytest.warns(IrpointWarning, match="names 1 images twice"):
        frames = load_dataset(root, "val").frames
    assert [frame.image.name for frame in frames] == ["a.png", "b.png"]


def test_voc_lists_of_one_class_have_a_presence_column(root: Path) -> None:
    split_list(root, "drone_val", "a  1", "b -1", folder="ImageSets/Main")
    assert [frame.name for frame in load_dataset(root, "drone_val")] == ["a", "b"]
