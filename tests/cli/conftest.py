"""Fixtures of the tests of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.detection import TRUTH, png
from support.models import draw_blobs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three frames, of which one holds no target."""
    path = tmp_path / "sky"
    path.mkdir()
    for name, xy in TRUTH.items():
        (path / f"{name}.png").write_bytes(png(draw_blobs(xy)))
    return path


@pytest.fixture
def detect(cli, model):
    def run(*arguments: object):
        return cli("detect", "--model", model, *arguments)

    return run
