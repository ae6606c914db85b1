"""Fit what a score means: logistic or isotonic, whichever predicts unseen frames better.

Sources: Platt, Advances in Large Margin Classifiers (1999), for the logistic form; Zadrozny and
Elkan, KDD (2002), for the isotonic one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit

from irpoint.evaluation.candidates import Candidates
from irpoint.evaluation.counts import EvaluatedFrame
from irpoint.evaluation.matching import RADIUS_PX
from irpoint.evaluation.ratios import Float64Array
from irpoint.evaluation.reliability import brier, calibration_error, log_loss
from irpoint.zoo.score_odds import ScoreOdds

FOLDS = 10
_MIN_OF_EACH = 20  # real and false candidates, with fewer of which nothing is fitted
_BIN = 10  # real or false candidates, whichever are fewer, per bin of the isotonic fit
_MAX_BINS = 40


@dataclass(frozen=True, eq=False)
class Curve:
    """Log-odds by score: (K,) scores, ascending, and (K,) log-odds, never falling."""

    scores: Float64Array
    log_odds: Float64Array

    def probability(self, scores: Float64Array) -> Float64Array:
        """Probability of each score: linear in log-odds between the knots, constant beyond."""
        return np.asarray(expit(np.interp(scores, self.scores, self.log_odds)))


def logistic(candidates: Candidates) -> Curve:
    """A straight line from the lowest to the highest score, of maximum likelihood."""
    score, real = candidates.score, candidates.real
    middle, spread = score.mean(), max(float(score.std()), 1e-6)
    x = (score - middle) / spread

    def loss(values: Float64Array) -> tuple[float, Float64Array]:
        level, slope = values
        z = level + slope * x
        # A slight pull towards 0 keeps the slope finite if the classes do not overlap.
        value = np.logaddexp(0, z).sum() - z[real].sum() + 0.5 * (slope / 10) ** 2
        rest = expit(z) - real
        return float(value), np.array([rest.sum(), (rest * x).sum() + slope / 100])

    fitted = minimize(loss, np.zeros(2), jac=True, bounds=[(None, None), (0, None)]).x
    ends = np.array([score.min(), max(score.max(), score.min() + 1e-6)])
    return Curve(ends, fitted[0] + fitted[1] * (ends - middle) / spread)


def isotonic(candidates: Candidates) -> Curve:
    """The best curve that never falls, from bins of the sorted candidates.

    The real candidates of all bins weigh as much as the false ones, and each bin weighs the same,
    so that thousands of weak false candidates do not blur the scores of the real ones. Half a real
    and half a false candidate are added to each level, so that no odds are infinite.
    """
    order = np.argsort(candidates.score, kind="stable")
    sorted_real, true = candidates.real[order], int(candidates.real.sum())
    weight = np.cumsum(np.where(sorted_real, 0.5 / true, 0.5 / (len(order) - true)))
    bins = int(np.clip(min(true, len(order) - true) // _BIN, 2, _MAX_BINS))
    cuts = np.searchsorted(weight, np.arange(1, bins) / bins)
    parts = [part for part in np.split(order, cuts) if len(part)]
    count = np.array([len(part) for part in parts], float)
    share = np.array([candidates.real[part].mean() for part in parts])
    middle = np.array([candidates.score[part].mean() for part in parts])
    blocks = isotonic_regression(share, weights=count).blocks
    pairs = list(pairwise(blocks.tolist()))
    total = np.array([count[a:b].sum() for a, b in pairs])
    real = np.array([(count[a:b] * share[a:b]).sum() for a, b in pairs])
    scores = np.array([np.average(middle[a:b], weights=count[a:b]) for a, b in pairs])
    log_odds = np.maximum.accumulate(np.log((real + 0.5) / (total - real + 0.5)))
    if len(scores) < 2:
        scores, log_odds = np.array([middle[0], middle[-1] + 1e-6]), np.repeat(log_odds, 2)
    return Curve(scores, log_odds)


FORMS: dict[str, Callable[[Candidates], Curve]] = {"logistic": logistic, "isotonic": isotonic}


def cross_validated(candidates: Candidates, form: str, folds: int = FOLDS) -> Float64Array:
    """(N,) probability of each candidate, by a fit to the frames of the other folds."""
    fold = candidates.folds(folds)
    probability = np.empty(len(candidates))
    for number in range(folds):
        held = fold == number
        if held.any():
            curve = FORMS[form](candidates[~held])
            probability[held] = curve.probability(candidates.score[held])
    return probability


def enough(candidates: Candidates) -> bool:
    """Whether there are enough real and false candidates in enough frames for a fit."""
    real = int(candidates.real.sum())
    return (
        min(real, len(candidates) - real) >= _MIN_OF_EACH
        and len(np.unique(candidates.frame)) >= 2 * FOLDS
    )


def fit_score_odds(
    frames: Sequence[EvaluatedFrame],
    lowest_score: float,
    split: str,
    data: Sequence[str] | None = None,
    protocol: str = "point",
    radius: float = RADIUS_PX,
) -> ScoreOdds | None:
    """Fit the odds that a candidate is real, by its score.

    The form is the one with the lower logarithmic loss in a cross-validation over frames.

    Args:
        frames: labelled frames, with all candidates of a model.
        lowest_score: lowest score of a candidate.
        split: name of the split, for the card.
        data: names of the datasets, for the card; None takes those of the frames.
        protocol, radius: how candidates are matched with targets.

    Returns:
        The odds with their cross-validated figures; None if there are fewer than 20 real or 20
        false candidates, or candidates in fewer than 20 frames.
    """
    candidates = Candidates.of(frames, lowest_score, protocol, radius)
    if not enough(candidates):
        return None
    held = {form: cross_validated(candidates, form) for form in FORMS}
    losses = {form: log_loss(held[form], candidates.real) for form in FORMS}
    form = min(losses, key=losses.__getitem__)
    curve, probability, real = FORMS[form](candidates), held[form], candidates.real
    compared = ", ".join(f"{name} {loss:.4f}" for name, loss in losses.items())
    return ScoreOdds.model_validate(
        {
            "form": form,
            "scores": [round(score, 6) for score in curve.scores.tolist()],
            "log_odds": [round(value, 4) for value in curve.log_odds.tolist()],
            "prior": float(real.mean()),
            "candidates": len(candidates),
            "real": int(real.sum()),
            "megapixels": sum(frame.pixels for frame in frames) / 1e6,
            "lowest_score": lowest_score,
            "radius_px": radius,
            "data": data or list(dict.fromkeys(frame.dataset for frame in frames)),
            "split": split,
            "chosen": f"log loss in {FOLDS}-fold cross-validation over frames: {compared}",
            "log_loss": losses[form],
            "brier": brier(probability, real),
            "calibration_error": calibration_error(probability, real),
        }
    )
