"""Fixtures of the tests of the detection service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from irpoint.runtime.detector import Detector

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


@pytest.fixture
def detector(model: Path) -> Detector:
    return Detector(model, threads=1)


@pytest.fixture
def client(detector: Detector) -> Iterator[TestClient]:
    """A client of a service that takes frames of up to 100,000 pixels, and 1 MiB."""
    from irpoint.serve.app import create_app
    from irpoint.serve.limits import Limits
    from support.serve_client import client_of

    limits = Limits(body_bytes=2**20, pixels=100_000)
    with client_of(create_app(detector, limits)) as client:
        yield client
