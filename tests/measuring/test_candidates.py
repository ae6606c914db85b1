"""What stands out near a place."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.measuring.candidates import find_candidates
from irpoint.psf import gaussian_psf_image

SHAPE = (80, 90)


def sky(targets: list[tuple[float, float]], amplitude: float = 100.0, seed: int = 0) -> np.ndarray:
    frame = np.random.default_rng(seed).normal(1000, 5, SHAPE)
    if targets:
        frame += gaussian_psf_image(SHAPE, np.array(targets), 1.0, amplitude)
    return frame


def test_the_clearest_candidate_is_the_target() -> None:
    found = find_candidates(sky([(40.2, 30.6)]), (41, 30), 4)
    assert np.linalg.norm(found.xy[0] - (40.2, 30.6)) < 0.5
    assert found.evidence[0] > 100
    assert (np.diff(found.evidence) <= 0).all()
    assert not found.dark.any()
    assert (np.linalg.norm(found.xy - (41, 30), axis=1) <= 4).all()


def test_evidence_is_that_of_a_matched_filter() -> None:
    """Half the square of amplitude over deviation, as white noise of 5 counts allows."""
    strengths = [
        find_candidates(sky([(40, 30)], 40, seed), (40, 30), 2).evidence[0] for seed in range(30)
    ]
    profile = gaussian_psf_image((9, 9), (4, 4), 1.0, 40 / 5)
    best = 0.5 * (profile**2).sum()
    assert 0.55 * best < np.median(strengths) < 1.1 * best


def test_noise_has_little_evidence() -> None:
    strongest = [
        find_candidates(sky([], seed=seed), (40, 30), 4).evidence.max() for seed in range(60)
    ]
    assert np.median(strongest) < 5
    assert np.max(strongest) < 12


def test_a_spot_among_many_does_not_stand_out() -> None:
    rng = np.random.default_rng(4)
    spots = [tuple(xy) for xy in rng.uniform(0, 80, (400, 2))]
    crowd = sky([*spots, (40, 30)])
    alone, among = (
        find_candidates(frame, (40, 30), 2).evidence.max() for frame in (sky([(40, 30)]), crowd)
    )
    assert among < 0.1 * alone


def test_planes_and_curves_change_nothing() -> None:
    x, y = np.meshgrid(np.arange(90), np.arange(80))
    frame = sky([(40, 30)])
    plain = find_candidates(frame, (40, 30), 4)
    bent = find_candidates(frame + 30 * x - 20 * y + 0.5 * x * y, (40, 30), 4)
    assert bent.xy == pytest.approx(plain.xy)
    assert bent.evidence == pytest.approx(plain.evidence, rel=1e-4)


def test_dark_targets_and_both() -> None:
    frame = sky([(40, 30)], -100) + gaussian_psf_image(SHAPE, (44, 30), 1.0, 60)
    assert not find_candidates(frame, (40, 30), 1, (1,)).dark.any()
    dark = find_candidates(frame, (40, 30), 2, (-1,))
    assert dark.dark.all()
    both = find_candidates(frame, (42, 30), 3, (1, -1))
    assert both.dark[0]
    assert np.linalg.norm(both.xy[:2] - [(40, 30), (44, 30)], axis=1).max() < 0.8
    assert not both.dark[1]


@pytest.mark.parametrize("signs", [(1,), (1, -1)])
def test_hot_and_dead_pixels_are_left_out(signs: tuple[int, ...]) -> None:
    frame = sky([(40, 30)])
    frame[31, 43] = 4000
    frame[28, 38] = 0
    found = find_candidates(frame, (41, 30), 4, signs)
    assert np.linalg.norm(found.xy[0] - (40, 30)) < 0.6


def test_frames_without_contrast_or_surroundings_have_no_candidates() -> None:
    for frame in (np.full(SHAPE, 7, np.uint8), np.full(SHAPE, np.nan), np.zeros((3, 2), np.uint16)):
        assert not len(find_candidates(frame, (1, 1), 4).xy)
