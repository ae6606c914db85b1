"""The minimum score of a point: given, or chosen for a false-alarm rate from a model's card."""

from __future__ import annotations

import numpy as np

from irpoint.errors import ModelError, SettingsError
from irpoint.zoo import ModelCard


def choose_threshold(card: ModelCard, threshold: float | None, rate: float | None) -> float:
    """The threshold as given; or for a false-alarm rate per Mpx; or the card's default.

    Raises:
        ModelError: if the card has no threshold for the rate.
        SettingsError: if the threshold is not positive, or both are given.
    """
    if threshold is not None and rate is not None:
        raise SettingsError("give a threshold or a false-alarm rate, not both")
    if threshold is not None:
        return positive(threshold)
    if rate is None:
        return card.thresholds.default
    return _for_rate(card, rate)


def _for_rate(card: ModelCard, rate: float) -> float:
    """The threshold for a false-alarm rate, interpolated on its logarithm between the card's."""
    on_card = card.thresholds.false_alarms_per_mpx.items()
    known = sorted((float(key), value) for key, value in on_card if value is not None)
    if not known or not known[0][0] <= rate <= known[-1][0]:
        limits = f"from {known[0][0]:g} to {known[-1][0]:g}" if known else "none"
        raise ModelError(
            f"model {card.name!r} has no threshold for {rate:g} false alarms per Mpx; "
            f"the rates on its card: {limits}"
        )
    rates, thresholds = np.array(known).T
    return float(np.interp(np.log(rate), np.log(rates), thresholds))


def positive(threshold: float) -> float:
    """The threshold.

    Raises:
        SettingsError: if it is not positive.
    """
    if not threshold > 0:
        raise SettingsError(f"threshold {threshold}: must be positive")
    return threshold
