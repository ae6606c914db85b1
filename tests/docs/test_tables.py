"""The tables of README.md and docs/accuracy.md state what the cards of the models state."""

from __future__ import annotations

import pytest

from experiments.doc_tables import (
    figures_table,
    models_table,
    odds_table,
    recall_table,
    replaced,
)
from support.doc_pages import ROOT

RUN = "run python -m experiments.doc_tables"


def test_the_readme_has_the_figures_of_the_cards():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert replaced(text, "models", models_table()) == text, RUN


@pytest.mark.parametrize(
    ("marker", "table"),
    [("figures", figures_table), ("odds", odds_table), ("recall", recall_table)],
)
def test_the_accuracy_page_has_the_figures_of_the_cards(marker, table):
    text = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert replaced(text, marker, table()) == text, RUN
