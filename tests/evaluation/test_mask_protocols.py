"""The mask protocols: by hand and against pyirstdmetrics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from irpoint.datasets import load_dataset
from irpoint.errors import EvaluationError
from irpoint.evaluation.heat_maps import truth_mask
from irpoint.evaluation.mask_protocols import MASK_PROTOCOLS, count_map
from support.masks import box_mask

protocols = pytest.mark.parametrize("protocol", MASK_PROTOCOLS)


@protocols
def test_counts_by_hand(protocol: str) -> None:
    truth = box_mask((5, 5, 3, 3), (20, 20, 1, 1), (30, 40, 2, 2))
    predicted = box_mask((5, 5, 3, 3), (20, 22, 1, 1), (10, 40, 4, 5))
    counts = count_map(truth, predicted.astype(float), protocol)
    assert (counts.tp, counts.fp, counts.fn, counts.false_pixels) == (2, 1, 1, 20)
    assert counts.error_xy.tolist() == [[0, 0], [2, 0]]


@protocols
@pytest.mark.parametrize(("gap", "found"), [(2, 1), (3, 0), (4, 0)])
def test_three_pixels_are_too_far(protocol: str, gap: int, found: int) -> None:
    counts = count_map(box_mask((9, 9, 1, 1)), box_mask((9, 9 + gap, 1, 1)).astype(float), protocol)
    assert (counts.tp, counts.fp, counts.fn) == (found, 1 - found, 1 - found)


def test_mask_takes_the_first_blob_and_opdc_the_overlapping_one() -> None:
    truth = box_mask((10, 10, 4, 4))
    predicted = box_mask((7, 11, 2, 2), (10, 10, 4, 4)).astype(float)
    near = box_mask((8, 11, 1, 2), (10, 10, 4, 4)).astype(float)
    assert count_map(truth, predicted).false_pixels == 4
    assert count_map(truth, near, radius=4).false_pixels == 16
    assert count_map(truth, near, "mask-opdc", radius=4).false_pixels == 2


@protocols
def test_frames_without_targets_or_without_blobs_are_counted(protocol: str) -> None:
    nothing, something = np.zeros((9, 9), bool), box_mask((2, 2, 3, 3), shape=(9, 9))
    for truth, predicted, wanted in (
        (nothing, nothing, (0, 0, 0, 0)),
        (nothing, something, (0, 1, 0, 9)),
        (something, nothing, (0, 0, 1, 0)),
    ):
        counts = count_map(truth, predicted.astype(float), protocol)
        assert (counts.tp, counts.fp, counts.fn, counts.false_pixels) == wanted


def test_wrong_size_and_nan_are_refused() -> None:
    with pytest.raises(EvaluationError, match="'a' is 5x4 but its frame 5x5"):
        count_map(np.zeros((5, 5), bool), np.zeros((4, 5)), name="a")
    with pytest.raises(EvaluationError, match="NaN"):
        count_map(np.zeros((5, 5), bool), np.full((5, 5), np.nan))


def test_the_worked_example_of_the_documentation() -> None:
    truth, predicted = np.zeros((256, 256), bool), np.zeros((256, 256))
    truth[50, 50] = predicted[50, 50] = 1
    predicted[100:103, 100:104] = 0.6
    predicted[101, 100:104] = predicted[102, 100] = 0.9
    assert count_map(truth, predicted).fp / truth.size * 1e6 == pytest.approx(15.3, abs=0.05)
    assert count_map(truth, predicted).false_pixels / truth.size * 1e6 == pytest.approx(
        183.1, abs=0.05
    )
    higher = count_map(truth, predicted, threshold=0.8)
    assert (higher.tp, higher.fp) == (1, 1)
    assert higher.false_pixels / truth.size * 1e6 == pytest.approx(76.3, abs=0.05)


def random_pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A mask and a heat map that resembles it, crowded enough for every rule to matter."""
    rng = np.random.default_rng(seed)
    truth = ndimage.gaussian_filter(rng.standard_normal((48, 64)), 1.5)
    shifted = ndimage.shift(truth, rng.uniform(-2, 2, 2), order=1)
    predicted = shifted + 0.5 * ndimage.gaussian_filter(rng.standard_normal((48, 64)), 1.2)
    level = np.quantile(truth, rng.uniform(0.85, 0.98))
    return truth > level, np.clip(0.5 + (predicted - level), 0, 1)


def reference(protocol: str, truth: np.ndarray, predicted: np.ndarray) -> tuple[int, ...]:
    """tp, fp, fn and false pixels as pyirstdmetrics counts them."""
    theirs = pytest.importorskip(
        "py_irstd_metrics", reason="pyirstdmetrics is not installed (make test installs it)"
    )
    rules = {
        "mask": theirs.DistanceOnlyMatching(distance_threshold=3),
        "mask-opdc": theirs.OPDCMatching(overlap_threshold=0.5, distance_threshold=3),
    }
    metric = theirs.MatchingBasedMetrics(num_bins=1, matching_method=rules[protocol])
    metric.update(predicted, truth)
    return tuple(
        int(c[0]) for c in (metric.tp_objs, metric.fp_objs, metric.fn_objs, metric.fp_area)
    )


@protocols
def test_counts_equal_those_of_pyirstdmetrics(protocol: str) -> None:
    several = 0
    for seed in range(60):
        truth, predicted = random_pair(seed)
        ours = count_map(truth, predicted, protocol)
        assert (ours.tp, ours.fp, ours.fn, ours.false_pixels) == reference(
            protocol, truth, predicted
        ), seed
        several += ours.tp > 2 and ours.fp > 0 and ours.fn > 0
    assert several > 30


@protocols
def test_counts_equal_those_of_pyirstdmetrics_on_real_masks(
    protocol: str, shared_data: Path
) -> None:
    rng, compared = np.random.default_rng(0), 0
    for frame in load_dataset(shared_data / "NUDT-SIRST", "val").frames[:60]:
        truth = truth_mask(frame)
        moved = ndimage.shift(truth.astype(float), rng.uniform(-2.5, 2.5, 2), order=1)
        predicted = np.clip(moved + 0.8 * (rng.random(truth.shape) > 0.9995), 0, 1)
        ours = count_map(truth, predicted, protocol)
        if ours.tp + ours.fp and ours.tp + ours.fn:  # theirs counts a phantom where one is empty
            compared += 1
            assert (ours.tp, ours.fp, ours.fn, ours.false_pixels) == reference(
                protocol, truth, predicted
            ), frame.name
    assert compared > 40
