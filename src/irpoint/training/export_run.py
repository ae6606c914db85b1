"""Export a finished run: write ``model.onnx`` and its card, with thresholds and figures."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from irpoint._version import __version__
from irpoint.datasets.auto_split import saved_lists
from irpoint.errors import ModelError, one_line
from irpoint.export.onnx import export_onnx, write_model
from irpoint.methods import find_method, find_target_map
from irpoint.methods.count import gmac, parameters
from irpoint.runtime import Detector
from irpoint.training.card_figures import measure_figures
from irpoint.training.run_folder import BEST, BEST_FIGURES, saved_settings
from irpoint.training.settings import TrainSettings
from irpoint.training.weights import read_weights
from irpoint.zoo import Model, ModelCard, Thresholds, digest, find_model


def export_run(run: Path) -> Path:
    """Write ``model.onnx`` and its card from the best weights of a run.

    Returns:
        Path of the ONNX file.

    Raises:
        ModelError: if the run has no weights yet, or the exported graph does not reproduce them.
    """
    settings = saved_settings(run)
    graph, card = _draft(run, settings)
    return write_with_figures(run / "model.onnx", graph, card, settings)


def best_so_far(run: Path) -> tuple[Model, str]:
    """The best weights of an unfinished run as a model, without writing a file.

    Its threshold is the best one of the validation that chose the weights; for a run with a
    held-out run, that of the held-out run.

    Returns:
        The model, without figures on its card; and the origin of the weights in words.

    Raises:
        ModelError: if the folder is not a run, or no epoch of it has been validated.
    """
    settings = saved_settings(run)
    graph, card = _draft(run, settings)
    if settings.held_out_run:
        card = _with_figures_of(settings.held_out_run, card)
        origin = f"the last weights of a run of {settings.epochs} epochs"
    else:
        best = _best_figures(run)
        origin = f"the best weights so far, of epoch {best['epoch']:.0f} of {settings.epochs}"
        chosen = f"best F1 on {settings.val_split}, in training"
        thresholds = Thresholds(default=best["val_threshold"], chosen=chosen)
        card = card.model_copy(update={"thresholds": thresholds})
    update = {"sha256": digest(graph), "note": f"{origin}; the run is not finished"}
    return Model(card.model_copy(update=update), graph), origin


def _best_figures(run: Path) -> dict[str, float]:
    file = run / BEST_FIGURES
    try:
        figures: dict[str, float] = json.loads(file.read_bytes())
        return {name: figures[name] for name in ("epoch", "val_threshold")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{file}: not the figures of a run ({one_line(error)}); resume the run"
        ) from error


def _draft(run: Path, settings: TrainSettings) -> tuple[bytes, ModelCard]:
    """Graph and card of the best weights, without threshold and figures."""
    if not (run / BEST).exists():
        first = 1 if settings.held_out_run else min(settings.val_every, settings.epochs)
        raise ModelError(
            f"{run}: has no weights yet; the first are kept after epoch {first} of "
            f"{settings.epochs}; resume the run by its command and --resume"
        )
    return draft(run / BEST, settings, run.resolve().name)


def draft(weights: Path, settings: TrainSettings, name: str) -> tuple[bytes, ModelCard]:
    """Graph and card of weights, with a threshold of 0.5 and without figures.

    Args:
        weights: safetensors file, or the name of a shipped model.
        settings: the settings that the weights were trained with.
        name: name of the model.

    Raises:
        ModelError: if the weights cannot be read, are those of another network, or the exported
            graph does not reproduce them.
    """
    method = find_method(settings.method)
    offset = find_target_map(settings.target_map, method).map_offset
    network = method.build(settings.width)
    network.load_state_dict(read_weights(weights, network))
    card = ModelCard(
        name=name,
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
    return export_onnx(network, method, map_offset=offset), card


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
    figures = measure_figures(detector, settings.data, settings.val_split, lists)
    write_model(path, graph, figures.on(draft))
    return path


def _with_figures_of(held_out_run: Path, draft: ModelCard) -> ModelCard:
    """The card with thresholds and figures of the held-out run."""
    source = find_model(held_out_run).card
    chosen = f"{source.thresholds.chosen}, by the held-out run trained on {source.split}"
    return draft.model_copy(
        update={
            "thresholds": source.thresholds.model_copy(update={"chosen": chosen}),
            "score_odds": source.score_odds,
            "fallback_std": source.fallback_std,
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
