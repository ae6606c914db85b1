"""The self-test distinguishes a model that works from one that does not."""

from __future__ import annotations

from irpoint import Detector
from irpoint.benchmark import selftest
from support.scenes import WIDE_TARGETS


def test_missed_targets_and_false_points_fail_the_self_test(model, monkeypatch):
    monkeypatch.setattr(selftest, "SCENE", WIDE_TARGETS)
    good = selftest.self_test(Detector(model))
    assert (good.targets, good.found, good.false_points) == (4, 4, 0)
    assert good.passed
    assert good.milliseconds > 0
    none_found = selftest.self_test(Detector(model, threshold=100))
    assert (none_found.found, none_found.passed) == (0, False)
    too_many = selftest.self_test(Detector(model, threshold=0.01, measure=False))  # fast
    assert too_many.false_points > 0
    assert not too_many.passed
