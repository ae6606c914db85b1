"""Mask datasets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from irpoint.datasets import load_dataset
from irpoint.datasets.masks import mask_centroids
from irpoint.errors import DatasetError, IrpointWarning
from support.dataset_folders import save, split_list, spots, xy_of

FRAME = np.zeros((20, 30), np.uint8)


def test_components_are_targets_and_an_empty_mask_is_none(masked: Path) -> None:
    dataset = load_dataset(masked, "all")
    assert xy_of(dataset) == {"a": [[3, 4], [10, 7]], "b": []}
    assert (dataset.layout, dataset.split, dataset.name) == ("masks", "all", masked.name)
    assert dataset.frames[0].shape == (20, 30)
    assert dataset.frames[0].image == masked / "images/a.png"


def test_diagonal_pixels_are_one_target() -> None:
    assert mask_centroids(spots((9, 9), (2, 2), (3, 3))).tolist() == [[2.5, 2.5]]


@given(st.integers(0, 2**32 - 1))
def test_centroids_agree_with_scipy_on_the_whole_mask(seed: int) -> None:
    mask = np.random.default_rng(seed).random((12, 15)) > 0.8
    labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
    yx = np.array(ndimage.center_of_mass(mask, labels, range(1, count + 1))).reshape(-1, 2)
    np.testing.assert_allclose(mask_centroids(mask), yx[:, ::-1])


@pytest.mark.parametrize("kind", ["1-bit", "palette", "grey", "rgba", "png16"])
def test_masks_of_every_kind(masked: Path, kind: str) -> None:
    mask = spots(FRAME.shape, (3, 4), (10, 7), value=1)
    path = masked / "masks/a.png"
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
    assert xy_of(load_dataset(masked, "all"))["a"] == [[3, 4], [10, 7]]


def test_layout_of_irstd_1k(tmp_path: Path) -> None:
    save(tmp_path / "IRSTD1k_Img/XDU1.png", FRAME)
    save(tmp_path / "IRSTD1k_Label/XDU1.png", spots(FRAME.shape, (29, 19)))
    split_list(tmp_path, "val", "XDU1")
    assert xy_of(load_dataset(tmp_path, "val")) == {"XDU1": [[29, 19]]}


def test_mask_layout_of_sirst_uavb(tmp_path: Path) -> None:
    save(tmp_path / "images/0001.jpg", FRAME)
    save(tmp_path / "masks/0001.png", spots(FRAME.shape, (5, 6)))
    assert xy_of(load_dataset(tmp_path, "all")) == {"0001": [[5, 6]]}


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
def test_any_other_mask_size_is_an_error(masked: Path, shape: tuple[int, int]) -> None:
    save(masked / "masks/a.png", spots(shape, (3, 4)))
    with pytest.raises(DatasetError, match=rf"masks/a.png: the mask is {shape[1]}x{shape[0]}"):
        load_dataset(masked, "all")


@pytest.mark.parametrize("folder", ["images", "masks"])
def test_damaged_files_are_named(masked: Path, folder: str) -> None:
    (masked / folder / "b.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(DatasetError, match=f"{folder}/b.png: damaged"):
        load_dataset(masked, "all")
