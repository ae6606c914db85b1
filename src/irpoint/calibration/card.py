"""The card of a calibrated model: its thresholds, and the footage that they come from."""

from __future__ import annotations

import hashlib
from typing import Any

from irpoint._version import __version__
from irpoint.calibration.rate import Rate
from irpoint.calibration.searched import Searched
from irpoint.calibration.threshold import Counted, choose_threshold, is_enough
from irpoint.runtime import CANDIDATE_SCORE, Detector
from irpoint.zoo import Footage, ModelCard, Thresholds
from irpoint.zoo.card import SCHEMA_VERSION

RATES_PER_MPX = (10.0, 1.0, 0.1)
"""The rates whose thresholds every card states, if enough false alarms support them."""


def calibrated_card(
    detector: Detector,
    name: str,
    wanted: Rate,
    searched: Searched,
    counted: Counted,
    reading: dict[str, Any],
) -> ModelCard:
    """The card of the detector's model, with the thresholds that were chosen on footage.

    Figures on labelled frames, and the odds of scores, stay if the input scale does.

    Args:
        detector: the model and its settings.
        name: name of the new model.
        wanted: the wanted rate.
        searched: the footage.
        counted: the false alarms at the chosen threshold.
        reading: ``sources``, ``raw`` and ``cut`` of the footage.
    """
    card = detector.card
    same_scale = detector.scale == card.input_scale
    frames = len(searched.results)
    return ModelCard.model_validate(
        card.model_dump()
        | {
            "schema_version": SCHEMA_VERSION,
            "name": name,
            "input_scale": detector.scale,
            "thresholds": _thresholds(searched, counted, wanted, frames),
            "score_odds": card.score_odds if same_scale else None,
            "metrics": card.metrics if same_scale else {},
            "simulated_recall": card.simulated_recall if same_scale else None,
            "footage": _footage(detector, wanted, searched, counted, reading),
            "note": f"{card.name}, calibrated on target-free footage; metrics are those at its "
            f"threshold of {card.thresholds.default:.4g}. Its note: {card.note or 'none'}",
        }
    )


def _thresholds(searched: Searched, counted: Counted, wanted: Rate, frames: int) -> Thresholds:
    per_mpx, intervals = {}, {}
    known = searched.rates(counted, "mpx")
    own = (wanted.value,) if wanted.unit == "mpx" else ()
    for rate in sorted({*RATES_PER_MPX, *own}, reverse=True):
        allowed = rate * searched.size("mpx")
        found = searched.at(choose_threshold(searched.alarms, allowed, CANDIDATE_SCORE))
        enough = is_enough(found, allowed)
        per_mpx[f"{rate:g}"] = found.threshold if enough else None
        intervals[f"{rate:g}"] = searched.rates(found, "mpx")[1] if enough else None
    return Thresholds(
        default=counted.threshold,
        chosen=f"{wanted} on {frames} target-free frames, where {known[0]:.3g} per million "
        "pixels were counted",
        false_alarms_per_mpx=per_mpx,
        interval_95=intervals,
    )


def _footage(
    detector: Detector, wanted: Rate, searched: Searched, counted: Counted, reading: dict[str, Any]
) -> Footage:
    rate, interval = searched.rates(counted, wanted.unit)
    rate_per_mpx, interval_per_mpx = searched.rates(counted, "mpx")
    earlier, megapixels = detector.card.thresholds.default, searched.size("mpx")
    region = detector.region
    mask = region.ignored
    return Footage(
        **reading,
        frames=len(searched.results),
        not_judged=dict(searched.not_judged),
        unreadable=searched.unreadable,
        megapixels=megapixels,
        wanted=wanted.value,
        unit=wanted.unit,
        fps=searched.fps,
        false_alarms=counted.alarms,
        events=counted.events,
        effective_events=counted.effective,
        rate=rate,
        interval_95=interval,
        rate_per_mpx=rate_per_mpx,
        interval_95_per_mpx=interval_per_mpx,
        lowest_score=CANDIDATE_SCORE,
        candidates_per_mpx=len(searched.alarms) / megapixels,
        earlier_threshold=earlier,
        earlier_rate_per_mpx=len(searched.alarms.above(earlier)) / megapixels,
        scale=detector.scale,
        polarity=detector.polarity,
        backend=f"{detector.backend} {detector.precision}",
        roi=region.roi,
        ignore_mask=None if mask is None else hashlib.sha256(mask.tobytes()).hexdigest(),
        version=__version__,
    )
