"""What the cards of the models state about recall on simulated frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from irpoint.evaluation.recall_text import frames_in_words, percent, rate_in_words
from irpoint.report import plots
from irpoint.report.model import ReportedModel
from irpoint.report.tables import Cell
from irpoint.zoo import SimulatedRecall

ALL = "all scenes"


@dataclass(frozen=True)
class SimulatedSection:
    """The section of a report.

    Attributes:
        rate: the rate of false alarms, in words.
        frames: sentences on the simulated frames of each model.
        scenes: headings of the columns: kinds of scenes, and all of them together.
        rows: name of the model, recall in % in each column, number of targets.
        plots: recall by each ratio.
    """

    rate: str
    frames: str
    scenes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...], int], ...]
    plots: tuple[plots.Plot, ...]


def simulated_recall(models: Sequence[ReportedModel]) -> SimulatedSection | None:
    """The section about the models whose cards know their recall; None if no card does."""
    known = [
        (number, model.name, model.simulated_recall)
        for number, model in enumerate(models)
        if model.simulated_recall
    ]
    if not known:
        return None
    scenes = tuple(dict.fromkeys(kind for *_, recall in known for kind in recall.scenes))
    rates = sorted({recall.rate_per_mpx for *_, recall in known})
    by_snr = {number: recall.by_snr for number, _, recall in known}
    by_scnr = {number: recall.by_scnr for number, _, recall in known}
    return SimulatedSection(
        rate=" or ".join(map(rate_in_words, rates)),
        frames=" ".join(_sentences([(name, recall) for _, name, recall in known])),
        scenes=(*scenes, ALL),
        rows=tuple((name, _cells(recall, scenes), recall.all.targets) for _, name, recall in known),
        plots=(
            plots.recall_by_ratio("simulated-snr", "SNR", by_snr),
            plots.recall_by_ratio("simulated-scnr", "SCNR", by_scnr),
        ),
    )


def _cells(recall: SimulatedRecall, scenes: Sequence[str]) -> tuple[Cell, ...]:
    parts = [recall.scenes.get(kind) for kind in scenes]
    texts = [percent(part) if part else ("–", "") for part in (*parts, recall.all)]
    return tuple(Cell(*text) for text in texts)


def _sentences(recalls: Sequence[tuple[str, SimulatedRecall]]) -> list[str]:
    """One sentence if the frames of all models are alike, else one per model."""
    texts = [f"{frames_in_words(recall)}." for _, recall in recalls]
    if len(set(texts)) == 1:
        return texts[:1]
    return [f"{name}: {text}" for (name, _), text in zip(recalls, texts, strict=True)]
