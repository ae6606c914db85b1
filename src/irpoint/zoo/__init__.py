"""Models that ship with the package, and how one is found by name or path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from irpoint.errors import ModelError
from irpoint.zoo.card import ModelCard, Thresholds, digest, read_card

__all__ = [
    "Model",
    "ModelCard",
    "Thresholds",
    "digest",
    "find_model",
    "model_names",
    "read_card",
    "shipped_weights",
]

_SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Model:
    """A card and the ONNX graph that it describes; the graph of a baseline is empty."""

    card: ModelCard
    graph: bytes


def model_names() -> list[str]:
    """Names of the shipped models."""
    return sorted(path.stem for path in _SHIPPED.glob("*.json"))


def shipped_weights(name: str) -> Path:
    """Weights of a shipped model to train on from, as safetensors.

    Raises:
        ModelError: where no model of this name ships, or it has none (baselines).
    """
    path = _SHIPPED / f"{name}.safetensors"
    if name not in model_names() or not path.is_file():
        names = ", ".join(sorted(path.stem for path in _SHIPPED.glob("*.safetensors")))
        raise ModelError(f"{name}: no shipped weights of this name; there are {names}")
    return path


def find_model(model: str | Path) -> Model:
    """Load a shipped model by its name, or one's own by the path of its ONNX file or run folder.

    Raises:
        ModelError: where there is no such model, or the file is not the one its card describes.
    """
    path = _SHIPPED / f"{model}.onnx"
    if str(model) not in model_names():
        path = Path(model) / "model.onnx" if Path(model).is_dir() else Path(model)
        if path.suffix != ".onnx" or not path.is_file():
            names = ", ".join(model_names())
            raise ModelError(f"{model}: no such model; shipped are {names}; or give an .onnx file")
    card = read_card(path.with_suffix(".json"))
    graph = b"" if card.is_baseline else _read(path)
    if digest(graph) != card.sha256:
        raise ModelError(f"{path}: not the file that its card describes (sha256 differs)")
    return Model(card, graph)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error
