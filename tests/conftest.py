"""Fixtures that several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def _shared(name: str) -> Path:
    root = os.environ.get("IRPOINT_SHARED") or Path(__file__).resolve().parents[2] / "shared"
    folder = Path(root) / name
    if not folder.is_dir():
        pytest.skip(f"no shared {name} folder; set IRPOINT_SHARED to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the public benchmarks' training material; skips where it is absent."""
    return _shared("data")


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """The folder of the parity material; skips where it is absent."""
    return _shared("reference")
