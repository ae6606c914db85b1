"""Fixtures that several test files share."""

from __future__ import annotations

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # One thread per worker: libraries that start one per core would fight over the cores. They
    # read this when they are imported.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from support.models import tiny_card, tiny_graph

# A busy machine must not fail a test: no property test has a time limit.
hypothesis.settings.register_profile("irpoint", deadline=None)
hypothesis.settings.load_profile("irpoint")


def _shared(name: str) -> Path:
    root = os.environ.get("IRPOINT_SHARED") or Path(__file__).resolve().parents[2] / "shared"
    folder = Path(root) / name
    if not folder.is_dir():
        pytest.skip(f"no shared {name} folder; set IRPOINT_SHARED to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the public datasets; skips if it is absent."""
    return _shared("data")


@pytest.fixture(scope="session")
def shared_reference() -> Path:
    """The folder of the parity material; skips if it is absent."""
    return _shared("reference")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Run PyTorch on one thread: small networks are faster, and sums are reproducible."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def exported_methods() -> Any:
    """Network and ONNX graph by method name; each is exported when it is first asked for.

    Exports take long: mark the tests that use this with ``xdist_group("export")``.
    """
    from support.networks import ExportedMethods

    return ExportedMethods()


@pytest.fixture(scope="session")
def imported_tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the model that was imported from a checkpoint of the tiny network, seed 0.

    Mark the tests that use it with ``xdist_group("export")``: it is exported for them.
    """
    from irpoint.training.import_weights import import_weights
    from support.tiny_method import TINY, tiny_network, write_checkpoint

    folder = tmp_path_factory.mktemp("imported")
    checkpoint = write_checkpoint(folder / "weights.pth", tiny_network())
    return import_weights(checkpoint, folder / "model", TINY).parent


@pytest.fixture
def tiny_method(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tiny method of support.tiny_method, registered as ``tiny`` for one test."""
    from irpoint.methods import METHODS
    from support.tiny_method import TINY

    monkeypatch.setitem(METHODS, TINY.name, TINY)
    return TINY


WriteModel = Callable[..., Path]


@pytest.fixture(scope="session")
def graph() -> bytes:
    return tiny_graph()


@pytest.fixture
def write_model(tmp_path: Path, graph: bytes) -> WriteModel:
    """A function that writes the tiny model, its card with changes, and returns the ONNX file."""

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
    """The default model of a zoo that ships the tiny model by that name, and as ``spire``."""
    import irpoint.zoo
    from irpoint.defaults import DEFAULT_MODEL

    for name in ("spire", DEFAULT_MODEL):
        path = write_model(tmp_path / "zoo" / f"{name}.onnx", name=name)
    monkeypatch.setattr(irpoint.zoo, "_SHIPPED", path.parent)
    return path


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """A function that runs ``irpoint`` in this process and returns (exit code, stdout, stderr)."""
    from irpoint.cli import main

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys, "argv", ["irpoint", *map(str, arguments)])
        # main() changes how warnings are shown; restore what pytest has set.
        with warnings.catch_warnings(), pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run
