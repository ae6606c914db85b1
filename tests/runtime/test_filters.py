"""Baselines: they find bright blobs, ignore edges, and are models like any other."""

from __future__ import annotations

import json

import numpy as np
import pytest

from irpoint import Detector
from irpoint.errors import ModelError
from irpoint.psf import gaussian_psf_image
from irpoint.runtime.backends.filters import (
    FILTERS,
    FilterBackend,
    difference_of_gaussians,
    mpcm,
)
from irpoint.zoo import Model, find_model, model_names

names = pytest.mark.parametrize("name", FILTERS)


def scene(*targets: tuple[float, float], seed: int = 0) -> np.ndarray:
    """Noise with blobs, 16 bit."""
    noise = np.random.default_rng(seed).normal(0, 1, (120, 160))
    frame = gaussian_psf_image((120, 160), np.array(targets), 1.3, 12.0) + noise
    return (1000 + 20 * frame).astype(np.uint16)


@names
def test_finds_blobs_to_a_fraction_of_a_pixel(name: str) -> None:
    targets = [(30.3, 40.8), (120.0, 90.5)]
    best = Detector(name)(scene(*targets), threshold=0.05)
    found = best.xy[:2][np.argsort(best.xy[:2, 0])]
    assert np.linalg.norm(found - targets, axis=1).max() < 0.7


@names
def test_flat_frames_have_no_targets(name: str) -> None:
    assert len(Detector(name)(np.full((60, 80), 512, np.uint16))) == 0


def test_an_edge_is_no_blob_to_mpcm() -> None:
    step = np.zeros((60, 60), np.float32)
    step[:, 30:] = 1.0
    assert mpcm(step)[20:40, 20:40].max() == 0


def test_difference_of_gaussians_knows_bright_only() -> None:
    dark = -gaussian_psf_image((60, 60), np.array([[30.0, 30.0]]), 1.3, 1.0).astype(np.float32)
    assert difference_of_gaussians(dark)[30, 30] == 0
    assert difference_of_gaussians(-dark)[30, 30] > 0.3


@names
def test_batch_is_frame_by_frame(name: str) -> None:
    frames = np.random.default_rng(1).random((3, 1, 40, 50), np.float32)
    levels = np.float32([[0, 1], [0.2, 0.9], [-1, 3]])
    together = FilterBackend(name).run(frames, levels)
    assert together.shape == (3, 40, 50)
    assert np.array_equal(together[1], FilterBackend(name).run(frames[1:2], levels[1:2])[0])


def test_baselines_are_in_the_zoo_with_measured_thresholds(cli) -> None:
    assert set(FILTERS) <= set(model_names())
    code, out, _ = cli("models", "--json")
    cards = {card["name"]: card for card in json.loads(out)}
    assert code == 0
    for name in FILTERS:
        assert cards[name]["parameters"] == 0
        assert 0 < cards[name]["metrics"]["f1"] < 1


def test_unknown_baseline_is_refused() -> None:
    card = find_model("top-hat").card.model_copy(update={"method": "magic"})
    with pytest.raises(ModelError, match="magic"):
        Detector(Model(card, b""))
