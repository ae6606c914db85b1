"""Fixtures that several test files share."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.models import tiny_card, tiny_graph


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


@pytest.fixture
def one_thread() -> Iterator[None]:
    """PyTorch on one thread: small networks are quicker, and sums come out the same."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


WriteModel = Callable[..., Path]


@pytest.fixture(scope="session")
def graph() -> bytes:
    return tiny_graph()


@pytest.fixture
def write_model(tmp_path: Path, graph: bytes) -> WriteModel:
    """Write the tiny model and its card, with changes to the card; gives the ONNX file."""

    def write(path: Path = tmp_path / "tiny" / "model.onnx", **changes: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(graph)
        path.with_suffix(".json").write_text(json.dumps(tiny_card(graph, **changes)))
        return path

    return write


@pytest.fixture
def model(write_model: WriteModel) -> Path:
    """The ONNX file of the tiny model, its card beside it."""
    return write_model()


@pytest.fixture
def shipped(write_model: WriteModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zoo in which the tiny model ships as ``spire``; gives its ONNX file."""
    import irpoint.zoo

    path = write_model(tmp_path / "zoo" / "spire.onnx", name="spire")
    monkeypatch.setattr(irpoint.zoo, "_SHIPPED", path.parent)
    return path


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run ``irpoint`` in this process; gives (exit code, stdout, stderr)."""
    from irpoint.cli import main

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys, "argv", ["irpoint", *map(str, arguments)])
        # main() decides how warnings are shown; pytest must get its own way back.
        with warnings.catch_warnings(), pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run
