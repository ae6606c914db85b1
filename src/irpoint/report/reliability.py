"""How well the probabilities of a model's scores fit what happens on the reported frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from irpoint.evaluation import EvaluatedFrame
from irpoint.evaluation.candidates import Candidates
from irpoint.evaluation.reliability import Bin, brier, calibration_error, log_loss, reliability
from irpoint.evaluation.score_fit import FOLDS, cross_validated, enough
from irpoint.evaluation.splits import trained_on
from irpoint.zoo import ScoreOdds


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram and its figures.

    Attributes:
        bins: the bins that are not empty.
        count, real: number of points, and of those that are real targets.
        lowest_score: lowest score of a point that counts.
        origin: where the probabilities come from, in words.
        calibration_error, brier, log_loss: see :mod:`irpoint.evaluation.reliability`.
    """

    bins: list[Bin]
    count: int
    real: int
    lowest_score: float
    origin: str
    calibration_error: float
    brier: float
    log_loss: float


def measure_reliability(
    frames: Sequence[EvaluatedFrame],
    odds: ScoreOdds,
    split: str,
    data: Sequence[str],
    radius: float,
) -> Reliability | None:
    """Compare probabilities with what happens, on frames that they were not fitted to.

    On other frames than those of the card, the probabilities are the card's. On the same frames,
    the odds are fitted again, each time to nine tenths of the frames, for the rest.

    Args:
        frames: the reported frames.
        odds: odds on the card of the model.
        split: name of the reported split.
        data: names of the reported datasets.
        radius: matching radius in pixels.

    Returns:
        The diagram; None if there are no points, or too few for a cross-validation.
    """
    points = Candidates.of(frames, odds.lowest_score, radius=radius)
    fitted_here = bool(trained_on(odds.data, odds.split, data, split))
    if not len(points) or (fitted_here and not enough(points)):
        return None
    if fitted_here:
        probability = cross_validated(points, odds.form)
        origin = (
            f"The card's probabilities were fitted to this split, so these are cross-validated: "
            f"{FOLDS} fits ({odds.form}), each to the other frames."
        )
    else:
        probability = odds.probability(points.score)
        origin = (
            f"Probabilities of the card, which were fitted to split “{odds.split}” of "
            f"{', '.join(odds.data)}, where {100 * odds.prior:.0f} % of the points were real."
        )
    return Reliability(
        bins=reliability(probability, points.real),
        count=len(points),
        real=int(points.real.sum()),
        lowest_score=odds.lowest_score,
        origin=origin,
        calibration_error=calibration_error(probability, points.real),
        brier=brier(probability, points.real),
        log_loss=log_loss(probability, points.real),
    )
