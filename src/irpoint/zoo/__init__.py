"""The models that ship with the package; find a model by name or path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from irpoint.errors import ModelError, one_line
from irpoint.system.atomic import atomic_write
from irpoint.system.spelling import choices
from irpoint.zoo.card import ClickFigures, Clicks, ModelCard, Thresholds, digest, read_card
from irpoint.zoo.footage import Footage
from irpoint.zoo.score_odds import ScoreOdds
from irpoint.zoo.simulated_recall import Recall, RecallBin, SceneRecall, SimulatedRecall

__all__ = [
    "ClickFigures",
    "Clicks",
    "Footage",
    "Model",
    "ModelCard",
    "Recall",
    "RecallBin",
    "SceneRecall",
    "ScoreOdds",
    "SimulatedRecall",
    "Thresholds",
    "card_path",
    "digest",
    "find_model",
    "is_unfinished_run",
    "model_names",
    "read_card",
    "shipped_weights",
    "write_model",
]

_SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Model:
    """A card and the graph that it describes.

    Attributes:
        card: card of the model.
        graph: ONNX graph, or XML of OpenVINO; empty for a filter.
        weights: weights of an OpenVINO graph; an ONNX graph includes its own.
    """

    card: ModelCard
    graph: bytes
    weights: bytes = b""


def model_names() -> list[str]:
    """Names of the shipped models."""
    return sorted(path.stem for path in _SHIPPED.glob("*.json"))


def shipped_weights(name: str) -> Path:
    """Safetensors of a shipped model, from which training can start.

    Raises:
        ModelError: if no model of this name ships, or if it is a filter.
    """
    path = _SHIPPED / f"{name}.safetensors"
    if name not in model_names() or not path.is_file():
        names = ", ".join(sorted(path.stem for path in _SHIPPED.glob("*.safetensors")))
        raise ModelError(f"{name}: no weights of this name ship with irpoint; choose from {names}")
    return path


def find_model(model: str | Path) -> Model:
    """Load a shipped model by its name, or any model by its path.

    Args:
        model: name of a shipped model; or path of an ONNX file, of an OpenVINO XML file, or of a
            folder with ``model.onnx`` or else ``model.xml``, or with the card of a filter alone.

    Raises:
        ModelError: if there is no such model, or if the file is not the one its card describes.
    """
    path = _SHIPPED / f"{model}.onnx"
    if str(model) not in model_names():
        path = _in_folder(Path(model)) if Path(model).is_dir() else Path(model)
        if is_unfinished_run(model):
            raise ModelError(
                f"{model}: the training run is not finished; resume it by its command and "
                "--resume, or export its best weights so far with  "
                f"irpoint export --model {quote(str(model))}"
            )
        exists = path.is_file() or _is_filter(path)
        if path.suffix not in (".onnx", ".xml") or not exists:
            raise ModelError(
                f"{model}: no such model; {choices(str(model), model_names())}, or give an .onnx "
                "file with its card"
            )
    card = read_card(card_path(path))
    graph = b"" if card.is_filter else _read(path)
    weights = _read(path.with_suffix(".bin")) if path.suffix == ".xml" else b""
    if digest(graph + weights) != card.sha256:
        raise ModelError(
            f"{path}: not the file that its card describes (sha256 differs); export it again"
        )
    return Model(card, graph, weights)


def is_unfinished_run(model: str | Path) -> bool:
    """Whether a path is the folder of a training run that has not exported its model yet."""
    folder = Path(model)
    return (folder / "settings.json").is_file() and not _in_folder(folder).is_file()


def write_model(folder: Path, model: Model) -> Path:
    """Write a model into a folder that :func:`find_model` opens; the card last.

    Returns:
        Path of the card.

    Raises:
        OSError: if a file cannot be written.
    """
    graph = folder / ("model.xml" if model.weights else "model.onnx")
    if model.weights:
        atomic_write(graph.with_suffix(".bin"), model.weights)
    if model.graph:
        atomic_write(graph, model.graph)
    card = card_path(graph)
    atomic_write(card, model.card.model_dump_json(indent=2) + "\n")
    return card


def card_path(graph: Path) -> Path:
    """Path of the card of a graph: ``model.json`` beside ``model.onnx`` or ``model.xml``.

    In a folder with both graphs, the card of ``model.xml`` is ``model.xml.json``.
    """
    second = graph.suffix == ".xml" and graph.with_suffix(".onnx").exists()
    return graph.with_suffix(".xml.json" if second else ".json")


def _is_filter(graph: Path) -> bool:
    """Whether a graph that is missing is that of a filter, which has none."""
    card = card_path(graph)
    return card.is_file() and read_card(card).is_filter


def _in_folder(folder: Path) -> Path:
    files = [folder / "model.onnx", folder / "model.xml"]
    return next((file for file in files if file.is_file()), files[0])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({one_line(error)})") from error
