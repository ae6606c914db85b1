"""Fixtures of the training tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.runs import small_scenes


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six small simulated frames with points; four in train, two in val."""
    return small_scenes(tmp_path_factory.mktemp("scenes"))
