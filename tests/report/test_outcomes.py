"""The outcomes of the examples are those that the figures count."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("jinja2", reason="needs the extra report")

from irpoint.evaluation.records import FrameRecord, SplitRecords, TargetRecord
from irpoint.report.breakdown import PROPERTIES, classify, shares
from irpoint.report.examples import outcomes_of
from irpoint.report.inputs import read_model
from irpoint.report.model import ReportedModel
from irpoint.report.outcomes import NEVER, frame_outcomes
from irpoint.report.stops import Stops


def counts(model: ReportedModel, stop: int) -> tuple[int, int, int]:
    """Found, missed and false, as the page lists them."""
    found = missed = false = 0
    for frame in outcomes_of(model):
        places = [frame.found_by(k, stop) for k in range(len(frame.runs))]
        found += sum(place != NEVER for place in places)
        missed += places.count(NEVER)
        counted = sum(first <= stop for first in frame.first)
        false += counted - sum(place != NEVER for place in places)
    return found, missed, false


def test_examples_and_figures_count_the_same_at_every_stop(shared_results: list[Path]) -> None:
    model = read_model(shared_results[1])
    seen = set()
    for stop, evaluation in enumerate(model.levels):
        assert counts(model, stop) == (evaluation.tp, evaluation.fn, evaluation.fp)
        seen.add(evaluation.tp)
    assert len(seen) > 5


def test_a_lower_detection_that_is_nearer_takes_the_target_over() -> None:
    frame = FrameRecord(
        dataset="a", name="a", image=Path("a.png"), shape=(64, 64),
        targets=(TargetRecord(x=10, y=10), TargetRecord(x=40, y=40)),
        predicted=((10.0, 11.0, 0.5), (14.0, 10.0, 0.9), (60.0, 60.0, 0.1)),
    )  # fmt: skip
    stops = Stops((0.95, 0.8, 0.6, 0.5, 0.3), 2, {}, ("",) * 5)
    found = frame_outcomes(frame, stops, 5.0)
    assert found.shown == (1, 0)  # the third one counts nowhere
    assert found.first == (1, 3)
    assert found.runs == (((1, 0), (3, 1)), ())
    assert [found.found_by(0, stop) for stop in range(5)] == [NEVER, 0, 0, 1, 1]


def test_classes_of_targets_add_up_to_the_figures(shared_results: list[Path]) -> None:
    model = read_model(shared_results[1])
    by_contrast = next(of for of in PROPERTIES if of.key == "contrast")
    classes = classify([model], by_contrast)
    assert classes is not None
    assert sum(classes.targets) == model.evaluation.targets
    levels = shares(model, classes, outcomes_of(model))
    for level, evaluation in zip(levels, model.levels, strict=True):
        assert sum(part.found for part in level) == evaluation.tp
        errors = sum(part.error[0] * part.found for part in level if part.error)
        mean = evaluation.localisation_error
        assert errors == pytest.approx(mean.mean * evaluation.tp if mean else 0, abs=1e-6)
        for part in level:
            assert part.recall[1] - 1e-9 <= part.recall[0] <= part.recall[2] + 1e-9


def test_targets_without_a_fit_are_a_class_of_their_own() -> None:
    targets = [TargetRecord(x=20 * k, y=9, snr=k or None) for k in range(31)]
    frame = FrameRecord(
        dataset="a", name="a", image=Path("a.png"), shape=(64, 640),
        targets=targets, predicted=[(0.0, 9.0, 0.9), (600.0, 9.0, 0.9), (580.0, 9.0, 0.9)],
    )  # fmt: skip
    model = ReportedModel("m", "val", 0.5, 5.0, SplitRecords((frame,)))
    by_snr = next(of for of in PROPERTIES if of.key == "snr")
    classes = classify([model], by_snr)
    assert classes is not None
    assert classes.names[-1] == "no fit"
    assert classes.targets == (5, 5, 5, 5, 5, 5, 1)
    found = shares(model, classes, outcomes_of(model))[model.stops.default]
    assert [part.found for part in found] == [0, 0, 0, 0, 0, 2, 1]
