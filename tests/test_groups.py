"""Tests of one ``xdist_group`` run in one worker: what they share is then built once."""

from __future__ import annotations

import os

import pytest


@pytest.mark.xdist_group("alone")
@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="the tests run in one process")
def test_groups_reach_the_scheduler(request: pytest.FixtureRequest) -> None:
    """The scheduler of pytest-xdist knows a group by this ending alone."""
    assert request.node.nodeid.endswith("@alone")
