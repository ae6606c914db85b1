"""Crops as another camera would have taken them."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.training.strange_cameras import as_another_camera
from support.blobs import blob

SHAPE = (96, 128)


def test_crops_differ_and_labels_stay() -> None:
    rng = np.random.default_rng(1)
    xy = np.array([[60.0, 40.0], [-9.0, 30.0], [127.6, 95.4]])
    crop = (rng.normal(0.3, 0.02, SHAPE) + blob(SHAPE, xy[:1])).astype(np.float32)
    before = crop.copy()
    seen, dropped = [], 0
    for seed in range(120):
        changed, labels = as_another_camera(crop, xy, 1.5, np.random.default_rng(seed))
        again, _ = as_another_camera(crop, xy, 1.5, np.random.default_rng(seed))
        assert np.array_equal(changed, again)
        assert changed.shape == SHAPE
        assert changed.dtype == np.float32
        assert np.isfinite(changed).all()
        dropped += len(xy) - len(labels)
        window = changed[35:46, 55:66]
        if len(labels) == len(xy):
            seen.append(window.argmax() == 5 * 11 + 5)
    assert np.array_equal(crop, before)
    assert np.mean(seen) > 0.85  # noise may move the maximum by a pixel
    assert dropped < 20


def test_a_label_under_text_is_dropped() -> None:
    crop = np.full(SHAPE, 0.3, np.float32)
    down, right = np.indices(SHAPE)[:, ::4, ::4].reshape(2, -1)
    xy = np.column_stack((right, down)).astype(float)
    counts = {
        len(as_another_camera(crop, xy, 1.0, np.random.default_rng(seed))[1]) for seed in range(60)
    }
    assert max(counts) == len(xy)
    assert len(xy) / 2 < min(counts) < len(xy)


@pytest.mark.parametrize("enlargement", [0.5, 1.0, 3.7])
def test_any_enlargement_of_any_crop_works(enlargement: float) -> None:
    crop = np.zeros((64, 96), np.float32)
    for seed in range(40):
        changed, _ = as_another_camera(
            crop, np.empty((0, 2)), enlargement, np.random.default_rng(seed)
        )
        assert changed.shape == crop.shape
