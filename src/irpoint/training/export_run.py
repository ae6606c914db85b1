"""Export a finished run: write ``model.onnx`` and its card, with thresholds and figures."""

from __future__ import annotations

import subprocess
from pathlib import Path

from irpoint._version import __version__
from irpoint.datasets.auto_split import saved_lists
from irpoint.export.onnx import export_onnx, write_model
from irpoint.methods import find_method, find_target_map
from irpoint.methods.count import gmac, parameters
from irpoint.runtime import Detector
from irpoint.training.card_figures import measure_figures
from irpoint.training.run_folder import BEST, saved_settings
from irpoint.training.settings import TrainSettings
from irpoint.training.weights import read_weights
from irpoint.zoo import Model, ModelCard, Thresholds, digest, find_model


def export_run(run: Path) -> Path:
    """Write ``model.onnx`` and its card from the best weights of a run.

    Returns:
        Path of the ONNX file.

    Raises:
        ModelError: if the run has no weights, or the exported graph does not reproduce them.
    """
    settings = saved_settings(run)
    method = find_method(settings.method)
    offset = find_target_map(settings.target_map, method).map_offset
    network = method.build(settings.width)
    network.load_state_dict(read_weights(run / BEST, network))
    card = ModelCard(
        name=run.resolve().name,
        method=settings.method,
        width=settings.width,
        data=tuple(root.resolve().name for root in settings.data),
        split=settings.split,
        seed=settings.seed,
        version=__version__,
        commit=_commit(),
        licence="Apache-2.0",
        parameters=parameters(network),
        gmac_512=round(gmac(network, 512), 3),
        normalisation="robust",
        input_scale=settings.input_scale,
        resize="half-pixel",
        stride=method.stride,
        map_offset=offset,
        halo=method.halo,
        published_decoder=method.published_decoder,
        thresholds=Thresholds(default=0.5, chosen="not yet chosen"),
        metrics={},
        sha256="",
    )
    graph = export_onnx(network, method, map_offset=offset)
    return write_with_figures(run / "model.onnx", graph, card, settings)


def write_with_figures(path: Path, graph: bytes, card: ModelCard, settings: TrainSettings) -> Path:
    """Write a model and its card, with thresholds and figures measured on the validation split.

    For a run that trained on the validation split, they are those of its held-out run.
    """
    draft = card.model_copy(update={"sha256": digest(graph)})
    if settings.held_out_run:
        write_model(path, graph, _with_figures_of(settings.held_out_run, draft))
        return path
    detector = Detector(Model(draft, graph), backend="onnxruntime")
    lists = saved_lists(path.parent)
    thresholds, metrics = measure_figures(detector, settings.data, settings.val_split, lists)
    measured = draft.model_copy(update={"thresholds": thresholds, "metrics": metrics})
    write_model(path, graph, measured)
    return path


def _with_figures_of(held_out_run: Path, draft: ModelCard) -> ModelCard:
    """The card with thresholds and figures of the held-out run."""
    source = find_model(held_out_run).card
    chosen = f"{source.thresholds.chosen}, by the held-out run trained on {source.split}"
    return draft.model_copy(
        update={
            "thresholds": source.thresholds.model_copy(update={"chosen": chosen}),
            "metrics": source.metrics,
            "note": "figures and thresholds are those of the held-out run, trained on "
            f"{source.split} alone (sha256 {source.sha256[:12]})",
        }
    )


def _commit() -> str | None:
    """Commit of the sources, with a + if files are modified; None outside a git repository."""
    here = Path(__file__)

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(here.parent), *arguments]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", here.name)  # fails in an unrelated repository
        return git("rev-parse", "HEAD") + ("+" if git("status", "--short", "..") else "")
    except (OSError, subprocess.CalledProcessError):
        return None
