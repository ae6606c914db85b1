"""The fit of odds to scores: it finds the truth, and chooses the form on unseen frames."""

from __future__ import annotations

import numpy as np
import pytest

from irpoint.evaluation.candidates import Candidates
from irpoint.evaluation.reliability import calibration_error
from irpoint.evaluation.score_fit import FORMS, cross_validated, fit_score_odds
from support.odds import frames_of

GRID = np.linspace(0.1, 0.95, 30)


def straight(score: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-8 * (score - 0.6)))


def steps(score: np.ndarray) -> np.ndarray:
    return np.where(score > 0.8, 0.97, np.where(score > 0.3, 0.3, 0.02))


def test_a_straight_line_of_log_odds_is_found_as_logistic() -> None:
    odds = fit_score_odds(frames_of(straight), 0.05, "val")
    assert odds is not None
    assert (odds.form, len(odds.scores)) == ("logistic", 2)
    assert odds.probability(GRID) == pytest.approx(straight(GRID), abs=0.05)
    assert odds.calibration_error < 0.03


def test_steps_are_found_as_isotonic() -> None:
    odds = fit_score_odds(frames_of(steps), 0.05, "val", ["Sky", "Sea"])
    assert odds is not None
    assert odds.form == "isotonic"
    away = (np.abs(GRID - 0.8) > 0.06) & (np.abs(GRID - 0.3) > 0.06)
    assert odds.probability(GRID)[away] == pytest.approx(steps(GRID)[away], abs=0.08)
    assert odds.data == ("Sky", "Sea")
    assert "logistic" in odds.chosen
    assert len(odds.scores) <= 40


def test_the_counts_on_the_card_are_those_of_the_candidates() -> None:
    frames = frames_of(straight)
    odds = fit_score_odds(frames, 0.5, "val")
    found = Candidates.of(frames, 0.5)
    assert odds is not None
    assert (odds.candidates, odds.real) == (len(found), found.real.sum())
    assert odds.prior == pytest.approx(found.real.mean())
    assert odds.megapixels == pytest.approx(100 * 20 * 420 / 1e6)
    # The mean probability of the fitted candidates is the share that is real.
    assert odds.probability(found.score).mean() == pytest.approx(odds.prior, abs=0.01)


@pytest.mark.parametrize("form", FORMS)
def test_probabilities_never_fall_with_the_score(form: str) -> None:
    for seed in range(5):
        curve = FORMS[form](Candidates.of(frames_of(lambda s: np.full(s.shape, 0.4), seed=seed)))
        assert (np.diff(curve.log_odds) >= 0).all()
        assert (np.diff(curve.scores) > 0).all()


def test_thousands_of_weak_false_candidates_do_not_blur_the_strong_ones() -> None:
    """As of a filter: one candidate in a thousand is real."""
    random = np.random.default_rng(0)
    weak, strong = random.uniform(0.05, 0.1, 100_000), random.uniform(0.5, 1, 200)
    score = np.concatenate([weak, strong])
    real = np.concatenate([np.zeros(len(weak), bool), random.random(200) < strong])
    frame = random.integers(0, 50, len(score))
    curve = FORMS["isotonic"](Candidates(score, real, frame, 50))
    assert curve.probability(np.array([0.9])) == pytest.approx([0.9], abs=0.12)
    assert curve.probability(np.array([0.07])) < 0.001


def test_cross_validation_never_uses_the_frame_itself() -> None:
    """With scores that say nothing, a fit to the same frames would still find something."""
    found = Candidates.of(frames_of(lambda s: np.full(s.shape, 0.5), count=40, each=10))
    changed = Candidates(found.score, found.real.copy(), found.frame, found.frames)
    mine = found.frame == 3
    changed.real[mine] = ~changed.real[mine]
    for form in FORMS:
        before, after = cross_validated(found, form), cross_validated(changed, form)
        assert np.array_equal(before[mine], after[mine])
        assert not np.array_equal(before[~mine], after[~mine])


def test_cross_validated_probabilities_are_calibrated() -> None:
    found = Candidates.of(frames_of(steps))
    assert calibration_error(cross_validated(found, "isotonic"), found.real) < 0.03


def test_too_few_candidates_give_no_odds() -> None:
    assert fit_score_odds(frames_of(straight, count=4), 0.05, "val") is None
    assert fit_score_odds(frames_of(lambda s: np.zeros(s.shape)), 0.05, "val") is None
    assert fit_score_odds(frames_of(lambda s: np.ones(s.shape)), 0.05, "val") is None
