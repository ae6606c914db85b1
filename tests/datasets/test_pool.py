"""Pooled datasets: an image that two of them share counts once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import Dataset, LabelledFrame, load_dataset, pool
from irpoint.points import Points

RNG = np.random.default_rng(3)
PICTURES = RNG.integers(0, 256, (4, 6, 8)).astype(np.uint8)


def frame(folder: Path, name: str, picture: np.ndarray, mode: str = "L") -> LabelledFrame:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.png"
    Image.fromarray(picture).convert(mode).save(path)
    return LabelledFrame(name, path, picture.shape[:2], Points.empty(), folder.name)


def dataset(name: str, *frames: LabelledFrame, corrects_others: bool = False) -> Dataset:
    return Dataset(name, "masks", "train", frames, corrects_others)


def labels(frames: list[LabelledFrame]) -> list[str]:
    return [f"{item.dataset}/{item.name}" for item in frames]


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "RGBA"])
def test_the_same_image_counts_once_and_corrected_labels_win(tmp_path: Path, mode: str) -> None:
    v1 = dataset("v1", *(frame(tmp_path / "v1", f"{i}", PICTURES[i], mode) for i in range(3)))
    v2 = dataset(
        "v2",
        *(frame(tmp_path / "v2", f"n{i}", PICTURES[i]) for i in (1, 3)),
        corrects_others=True,
    )
    assert labels(pool([v1, v2])) == ["v1/0", "v2/n1", "v1/2", "v2/n3"]
    assert labels(pool([v2, v1])) == ["v2/n1", "v2/n3", "v1/0", "v1/2"]


def test_otherwise_the_first_record_wins(tmp_path: Path) -> None:
    sets = [dataset(n, frame(tmp_path / n, n, PICTURES[0])) for n in ("p", "q")]
    assert labels(pool(sets)) == ["p/p"]
    assert labels(pool(sets[::-1])) == ["q/q"]


def test_images_that_differ_in_one_pixel_or_in_shape_stay(tmp_path: Path) -> None:
    changed = PICTURES[0].copy()
    changed[5, 7] ^= 1
    flat = np.zeros((6, 8), np.uint8)
    one = dataset(
        "p",
        frame(tmp_path / "p", "a", PICTURES[0]),
        frame(tmp_path / "p", "flat", flat),
        frame(tmp_path / "p", "tall", flat.T),
    )
    two = dataset("q", frame(tmp_path / "q", "a", changed))
    assert len(pool([one, two])) == 4


def test_equal_images_of_one_dataset_stay(tmp_path: Path) -> None:
    twins = [frame(tmp_path / "p", name, PICTURES[0]) for name in "ab"]
    other = dataset("q", frame(tmp_path / "q", "c", PICTURES[1]))
    assert labels(pool([dataset("p", *twins), other])) == ["p/a", "p/b", "q/c"]


def test_every_image_of_sirst_v1_is_in_v2(shared_data: Path) -> None:
    v1, v2 = (load_dataset(shared_data / f"SIRST-{v}", "val") for v in ("v1", "v2"))
    pooled = pool([v1, v2])
    assert len(v1) == 46
    assert {item.dataset for item in pooled} == {"SIRST-v2"}
    assert {item.name for item in pooled} == {item.name for item in v2}
