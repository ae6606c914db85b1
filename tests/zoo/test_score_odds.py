"""What a score means: probability at the measured prior and at others, and on the card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from irpoint import Detector, Points
from irpoint.errors import SettingsError
from irpoint.zoo import find_model, model_names, read_card
from support.odds import made_odds, odds_values


def test_log_odds_are_linear_between_knots_and_constant_beyond() -> None:
    found = made_odds().probability([0.0, 0.2, 0.5, 0.65, 0.8, 3.0])
    three = 1 / (1 + np.exp(-np.log(9) / 2))  # halfway from even odds to 9 to 1: 3 to 1
    assert found == pytest.approx([0.1, 0.1, 0.5, three, 0.9, 0.9])
    assert three == pytest.approx(0.75)


def test_another_prior_scales_the_odds() -> None:
    odds = made_odds()
    scores = np.linspace(0, 1, 11)
    assert odds.probability(scores, 0.2) == pytest.approx(odds.probability(scores))
    rare = odds.probability(scores, 0.02)
    usual = odds.probability(scores)
    factor = (0.02 / 0.98) / (0.2 / 0.8)
    assert rare / (1 - rare) == pytest.approx(factor * usual / (1 - usual))


def test_bayes_rule_gives_the_same_as_counting() -> None:
    """Of 100 real and 300 false points of one score, 25 % are real; with 900 false, 10 %."""
    odds = made_odds(scores=[0, 1], log_odds=[np.log(1 / 3)] * 2, prior=0.25)
    assert odds.probability([0.5], prior=0.1) == pytest.approx([0.1])


@pytest.mark.parametrize("prior", [0.0, 1.0, -1.0, float("nan")])
def test_a_prior_is_a_share(prior: float) -> None:
    with pytest.raises(SettingsError, match=r"prior .*: give a share between 0 and 1"):
        made_odds().probability([0.5], prior)


@pytest.mark.parametrize(
    "changes",
    [
        {"log_odds": [1.0, 0.0]},
        {"scores": [0.8, 0.2]},
        {"scores": [0.1, 0.2, 0.3]},
        {"prior": 0.0},
        {"log_odds": [0.0, float("inf")]},
    ],
)
def test_odds_that_fall_or_do_not_fit_together_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        made_odds(**changes)


def test_a_card_without_odds_gives_no_probability(model: Path) -> None:
    card = read_card(model.with_suffix(".json"))
    assert card.score_odds is None
    assert card.probability([0.5]) is None
    assert Detector(model).probability(Points.labels([[1, 1]])) is None


def test_a_card_keeps_its_odds(write_model: Any) -> None:
    path = write_model(score_odds=odds_values())
    card = find_model(path).card
    assert card.probability([0.5, 0.8]) == pytest.approx([0.5, 0.9])
    again = type(card).model_validate_json(card.model_dump_json())
    assert again == card


def test_the_odds_are_those_of_the_measured_scale_and_decoder(write_model: Any) -> None:
    points = Points(np.zeros((2, 2)), np.array([0.5, 0.8]))
    path = write_model(
        score_odds=odds_values(),
        published_decoder={"threshold": 0.3, "relative_gate": 0.5, "max_points": 4},
    )
    assert Detector(path).probability(points, prior=0.2) == pytest.approx([0.5, 0.9], abs=1e-6)
    with pytest.warns(match="valid at native only"):
        assert Detector(path, scale="fit:64").probability(points) is None
    assert Detector(path, published_decoder=True).probability(points) is None


def test_shipped_cards_never_lower_the_probability_of_a_higher_score() -> None:
    for name in model_names():
        odds = find_model(name).card.score_odds
        if odds is not None:
            rising = odds.probability(np.linspace(0, 2, 200))
            assert (np.diff(rising) >= 0).all()
            assert json.loads(odds.model_dump_json())["split"] == "val"
