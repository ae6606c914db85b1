"""What a score means: the odds that a point with this score is a real target."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from irpoint.errors import SettingsError

Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1)]


class ScoreOdds(BaseModel):
    """The odds that a candidate is a real target, by its score, measured on labelled frames.

    Candidates are all peaks that score at least ``lowest_score``. The log-odds are linear between
    the knots and constant beyond them, so that the probability never falls as the score rises.

    Attributes:
        form: ``logistic``, a straight line between two knots, or ``isotonic``.
        scores: (K,) scores of the knots, ascending.
        log_odds: (K,) natural logarithm of the odds at each knot, at ``prior``; never falling.
        prior: share of the measured candidates that were real, which the odds include.
        candidates, real: number of candidates, and of those that were real.
        megapixels: size of the measured frames.
        lowest_score: lowest score of a candidate.
        radius_px: how near to a target a real candidate lies.
        data: names of the datasets.
        split: the measured split.
        chosen: how ``form`` was chosen.
        log_loss, brier, calibration_error: mean logarithmic loss, Brier score and expected
            calibration error, cross-validated over frames.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Literal["logistic", "isotonic"]
    scores: tuple[Number, ...] = Field(min_length=2, max_length=100)
    log_odds: tuple[Number, ...]
    prior: Share
    candidates: int = Field(ge=2)
    real: int = Field(ge=1)
    megapixels: float = Field(gt=0)
    lowest_score: float
    radius_px: float = Field(gt=0)
    data: tuple[str, ...]
    split: str
    chosen: str
    log_loss: float
    brier: float
    calibration_error: float

    @model_validator(mode="after")
    def _is_monotone(self) -> Self:
        if len(self.scores) != len(self.log_odds):
            raise ValueError(f"{len(self.scores)} scores but {len(self.log_odds)} log_odds")
        if (np.diff(self.scores) <= 0).any() or (np.diff(self.log_odds) < 0).any():
            raise ValueError("scores must ascend and log_odds must not fall")
        return self

    def probability(
        self, scores: npt.ArrayLike, prior: float | None = None
    ) -> npt.NDArray[np.float64]:
        """Probability that points with these scores are real targets, 0..1.

        Args:
            scores: (N,) scores of points of one model.
            prior: see :meth:`at_prior`; None is the measured share.

        Raises:
            SettingsError: if the prior is not between 0 and 1.
        """
        odds = self if prior is None else self.at_prior(prior)
        log_odds = np.interp(np.asarray(scores, np.float64), odds.scores, odds.log_odds)
        probability: npt.NDArray[np.float64] = 1 / (1 + np.exp(-log_odds))
        return probability

    def at_prior(self, prior: float) -> ScoreOdds:
        """The odds where another share of the candidates is real.

        They are multiplied by p / (1 - p) over that of the present prior (Bayes' rule): targets are
        rarer or more frequent, but score as the measured ones did, and so do false points.

        Args:
            prior: share of the candidates that are real where the model is used, in 0..1. If T
                targets are expected per megapixel, and the detector gives C candidates per
                megapixel at a threshold of ``lowest_score``, it is T / C.

        Raises:
            SettingsError: if the prior is not between 0 and 1.
        """
        if not 0 < prior < 1:
            raise SettingsError(f"prior {prior:g}: give a share between 0 and 1")
        step = _logit(prior) - _logit(self.prior)
        shifted = tuple(value + step for value in self.log_odds)
        return self.model_copy(update={"log_odds": shifted, "prior": prior})


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
