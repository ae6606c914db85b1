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
from irpoint.datasets.mask_values import mask_targets
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


TARGETS = [(40, 40), (45, 41), (90, 12), (13, 90), (60, 100), (127, 127), (0, 0)]


def scattered(value: int = 255) -> np.ndarray:
    """A mask of 128x128 with seven targets of one to nine pixels."""
    mask = np.zeros((128, 128), np.uint8)
    for number, (x, y) in enumerate(TARGETS):
        reach = number % 2
        mask[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = value
    return mask


def masks_of(root: Path, mask: np.ndarray, name: str = "a.png", **options: object) -> Path:
    save(root / "images/a.png", np.zeros(mask.shape[:2], np.uint8))
    (root / "masks").mkdir()
    Image.fromarray(mask).save(root / "masks" / name, **options)
    return root


@pytest.mark.parametrize("quality", [50, 75, 90, 95, 100])
@pytest.mark.parametrize("name", ["a.jpg", "a.webp", "a.png"])
def test_the_ringing_of_lossy_masks_is_not_a_target(tmp_path, quality: int, name: str) -> None:
    mask = scattered()
    file = tmp_path / f"once.{'webp' if name == 'a.webp' else 'jpg'}"
    Image.fromarray(mask).save(file, quality=quality)
    lossy = np.asarray(Image.open(file).convert("L"))
    if name == "a.png" and quality == 100:
        pytest.skip("hardly any ringing")
    root = masks_of(tmp_path / "data", lossy if name == "a.png" else mask, name, quality=quality)
    assert len(mask_centroids(lossy)) != len(TARGETS) or quality == 100
    with pytest.warns(IrpointWarning, match=r"masks: 1 masks, such as a\.\w+, have more than two"):
        points = load_dataset(root, "all").frames[0].points
    np.testing.assert_allclose(points.xy, mask_centroids(mask), atol=0.5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.float32])
@pytest.mark.parametrize("value", [1, 38, 255])
def test_masks_of_two_values_need_no_warning(tmp_path, dtype, value, recwarn) -> None:
    mask = scattered(1)
    top = np.iinfo(dtype).max if value == 255 and dtype is not np.float32 else value
    save(tmp_path / "images/a.png", np.zeros(mask.shape, np.uint8))
    (tmp_path / "masks").mkdir()
    np.save(tmp_path / "masks/a.npy", mask.astype(dtype) * dtype(top))
    points = load_dataset(tmp_path, "all").frames[0].points
    assert np.array_equal(points.xy, mask_centroids(mask).astype(np.float32))
    assert not recwarn.list


def test_numbered_targets_may_touch(tmp_path: Path) -> None:
    mask = np.zeros((20, 30), np.uint16)
    mask[5:8, 5:8], mask[5:8, 8:11], mask[12, 20] = 1, 3, 2
    root = masks_of(tmp_path, mask)
    with pytest.warns(IrpointWarning, match="1 masks, such as a.png, number their targets"):
        points = load_dataset(root, "all").frames[0].points
    assert points.xy.tolist() == [[6, 6], [20, 12], [9, 6]]


@pytest.mark.parametrize("levels", [[1, 2, 1], [60, 255, 60]])
def test_the_levels_of_a_smooth_spot_are_one_target(tmp_path: Path, levels: list[int]) -> None:
    low, high, _ = levels  # with 1 and 2, all pixels are at least half the largest value
    mask = np.zeros((20, 30), np.uint8)
    mask[4:7, 4:7], mask[5, 5] = low, high
    root = masks_of(tmp_path, mask)
    with pytest.warns(IrpointWarning, match="smooth edges|more than two values"):
        assert load_dataset(root, "all").frames[0].points.xy.tolist() == [[5, 5]]


def test_colours_of_classes_are_targets(tmp_path: Path) -> None:
    mask = np.zeros((32, 32, 3), np.uint8)
    mask[9:11, 9:11], mask[13:15, 13:15] = (255, 255, 255), (0, 0, 255)  # in one block of 8x8
    root = masks_of(tmp_path, mask)
    with pytest.warns(IrpointWarning, match="more than two values|smooth edges"):
        points = load_dataset(root, "all").frames[0].points
    assert points.xy.tolist() == [[9.5, 9.5], [13.5, 13.5]]


def test_smooth_spots_that_touch_faintly_are_two_and_faint_ones_stay(tmp_path: Path) -> None:
    mask = np.zeros((20, 30), np.uint8)
    mask[5, 4:11] = [60, 255, 60, 60, 60, 255, 60]
    mask[15, 20:22] = 90
    root = masks_of(tmp_path, mask)
    with pytest.warns(IrpointWarning, match="smooth edges"):
        points = load_dataset(root, "all").frames[0].points
    assert points.xy.tolist() == [[5, 5], [9, 5], [20.5, 15]]


def test_a_few_pixels_of_another_value_count_as_published(tmp_path: Path) -> None:
    mask = scattered()
    mask[39, 39], mask[70, 70] = 97, 64  # at an edge, and alone
    root = masks_of(tmp_path, mask)
    with pytest.warns(IrpointWarning, match="each connected area above 0 is a target"):
        points = load_dataset(root, "all").frames[0].points
    assert np.array_equal(points.xy, mask_centroids(mask).astype(np.float32))


def test_inverted_masks_and_noise_are_named(tmp_path: Path) -> None:
    root = masks_of(tmp_path / "inverted", 255 - scattered())
    with pytest.warns(IrpointWarning, match="set in more than half of their pixels; invert"):
        load_dataset(root, "all")
    noise = np.random.default_rng(0).integers(0, 3, (64, 64)).astype(np.uint8)
    root = masks_of(tmp_path / "noise", noise, "a.jpg", quality=100)
    with pytest.raises(DatasetError, match=r"a.jpg: values up to \d may be noise .*save .* PNG"):
        load_dataset(root, "all")


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), unique=True, max_size=12),
    st.sampled_from([1, 7, 128, 255]),
)
def test_masks_of_two_values_are_their_components(tmp_path_factory, pixels, value) -> None:
    mask = np.zeros((31, 31), np.uint8)
    for x, y in pixels:
        mask[y, x] = value
    targets, kind = mask_targets(mask, Path("no-such-file"))
    assert kind == "two values"
    expected = mask_centroids(mask)
    assert [target.mean(axis=0).tolist() for target in targets] == expected.tolist()
