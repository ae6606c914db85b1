"""What of a model's card holds for the settings of a detector."""

from __future__ import annotations

import warnings

from irpoint.errors import IrpointWarning, SettingsError
from irpoint.zoo import ModelCard, ScoreOdds


def warn_of_scale(card: ModelCard, scale: str) -> None:
    """Warn, on behalf of the caller's caller, if the input scale is not that of the card."""
    if scale != card.input_scale:
        warnings.warn(
            f"scale {scale} instead of {card.input_scale}: the thresholds of {card.name!r} are "
            f"valid at {card.input_scale} only",
            IrpointWarning,
            stacklevel=3,
        )


def warn_of_polarity(card: ModelCard, polarity: str) -> None:
    """Warn likewise if the thresholds were chosen on footage for targets of another polarity."""
    if card.footage is not None and card.footage.polarity != polarity:
        warnings.warn(
            f"polarity {polarity}: {card.name!r} was calibrated with polarity "
            f"{card.footage.polarity}, for which its thresholds are valid",
            IrpointWarning,
            stacklevel=3,
        )


def choose_odds(card: ModelCard, as_measured: bool, prior: float | None) -> ScoreOdds | None:
    """What a score means at a prior; None if the card does not know it.

    Args:
        card: the card.
        as_measured: whether scores are made as on the frames of the card, in scale and decoder.
        prior: share of the candidates that are real; None is that of the card.

    Raises:
        SettingsError: if a prior is given that is not in 0..1, or that cannot be applied.
    """
    odds = card.score_odds if as_measured else None
    if prior is None:
        return odds
    if odds is not None:
        return odds.at_prior(prior)
    raise SettingsError(
        f"prior {prior:g}: the card of {card.name!r} does not know what a score means at these "
        "settings, so there are no probabilities"
    )
