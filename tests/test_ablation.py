"""The ablation's table, and that every variant is a valid setting."""

from __future__ import annotations

import pytest

from irpoint.methods import METHODS, find_target
from irpoint.training.ablation import REFERENCE, VARIANTS, Figures, markdown
from irpoint.training.settings import TrainSettings


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_variants_are_settings_that_differ_in_what_they_say(changes) -> None:
    ours = TrainSettings.model_validate({"data": ["x"]})
    settings = TrainSettings.model_validate({"data": ["x"], **changes})
    find_target(settings.target, METHODS[settings.method])
    differing = {k for k, v in settings.model_dump().items() if v != ours.model_dump()[k]}
    assert differing == set(changes)


def test_table_compares_seed_by_seed() -> None:
    table = {
        REFERENCE: [Figures(90.0, 0.5), Figures(94.0, 0.7)],
        "worse": [Figures(89.0, 1.0), Figures(92.0, 1.2)],
    }
    lines = markdown(table).splitlines()
    assert lines[2] == "| ours | 92.0 ± 2.8 |  | 0.60 |"
    assert lines[3] == "| worse | 90.5 ± 2.1 | -1.5 ± 0.7 | 1.10 |"
    assert "± –" in markdown({REFERENCE: table[REFERENCE][:1]})
