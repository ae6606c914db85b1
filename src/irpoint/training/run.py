"""The training recipe, read from top to bottom: data, network, fit, export, card."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.callbacks import RichProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from pydantic import ValidationError
from torch.utils.data import DataLoader

from irpoint._version import __version__
from irpoint.datasets import LabelledFrame, load_dataset, pool
from irpoint.errors import DatasetError, ModelError, SettingsError, first_error
from irpoint.export.onnx import export_onnx, write_model
from irpoint.frames.scale import InputScale
from irpoint.methods import find_method, find_target_map
from irpoint.methods.count import gmac, parameters
from irpoint.runtime import Detector
from irpoint.system.atomic import atomic_write, check_folder
from irpoint.training.card_figures import measure_figures
from irpoint.training.checkpoints import BEST, LAST, KeepLastAndBest
from irpoint.training.crops import Crops
from irpoint.training.distributed import is_leader
from irpoint.training.label_noise import with_label_noise
from irpoint.training.module import ResponseModule
from irpoint.training.network_frames import NetworkFrame, load_frames
from irpoint.training.settings import TrainSettings
from irpoint.training.weights import read_weights
from irpoint.zoo import Model, ModelCard, Thresholds, digest, find_model

SETTINGS = "settings.json"


def train(
    settings: TrainSettings, run: Path, *, resume: bool = False, devices: int = 1, nodes: int = 1
) -> Path:
    """Train a network from points; leave ``model.onnx`` and its card in the folder ``run``.

    Args:
        settings: the whole recipe; saved as ``settings.json`` in the run.
        run: folder of the run; must be new or empty, unless the run is resumed.
        resume: go on from the run's last checkpoint.
        devices: processes a node, each with its part of every batch; the result is that of one
            process but for rounding.
        nodes: machines; start the command on each, by torchrun or with Lightning's variables.

    Returns:
        Path of the ONNX model: the weights, the threshold and the figures on its card are chosen
        and measured on the validation split.

    Raises:
        DatasetError: where the data cannot be read or hold no target.
        SettingsError: where ``run`` is not empty, or was started with other settings.
    """
    fit(settings, run, resume=resume, devices=devices, nodes=nodes)
    return export_run(run) if is_leader() else run / "model.onnx"


def fit(
    settings: TrainSettings, run: Path, *, resume: bool = False, devices: int = 1, nodes: int = 1
) -> None:
    """The training itself, without the export; arguments and errors as :func:`train`."""
    if is_leader():  # the others may find what the first has begun to write
        _check_run(settings, run, resume)
    _check_batch(settings, devices * nodes)
    if settings.held_out_run:
        find_model(settings.held_out_run)  # wanted at the end: better missed now than after hours
    L.seed_everything(settings.seed, verbose=False)
    scale = InputScale.parse(settings.input_scale)
    clicked = labelled(settings.data, settings.split)
    if settings.label_noise is not None:
        clicked = with_label_noise(clicked, settings.label_noise, settings.seed)
    crops = Crops(load_frames(clicked, scale), settings)
    checked = load_frames(labelled(settings.data, settings.val_split), scale)
    if not len(crops.labels):
        raise DatasetError(f"no target in split {settings.split!r}: nothing to learn from")
    module = ResponseModule(settings, crops, checked)
    if settings.init:
        module.start_from(read_weights(settings.init, module.network))
    if is_leader():
        atomic_write(run / SETTINGS, _text(settings))
    checkpoint = run / LAST if resume and (run / LAST).exists() else None
    with _quiet():
        trainer = L.Trainer(
            accelerator="auto",
            devices=devices,
            num_nodes=nodes,
            strategy="ddp" if devices * nodes > 1 else "auto",
            max_epochs=settings.epochs,
            precision="bf16-mixed" if settings.precision == "bf16" else "32-true",
            check_val_every_n_epoch=settings.val_every,
            limit_val_batches=0 if settings.held_out_run else 1.0,
            num_sanity_val_steps=0,
            default_root_dir=run,
            logger=[CSVLogger(run, "logs", "csv"), TensorBoardLogger(run, "logs", "tensorboard")],
            callbacks=[RichProgressBar(), KeepLastAndBest(run)],
            enable_model_summary=False,
            use_distributed_sampler=False,
            log_every_n_steps=20,
        )
        trainer.fit(
            module,
            _crop_loader(crops, devices * nodes),
            _frame_numbers(checked),
            ckpt_path=checkpoint,
            weights_only=True,
        )
        if settings.epochs % settings.val_every and not settings.held_out_run:
            trainer.validate(module, _frame_numbers(checked), verbose=False)  # the last epoch


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without Lightning's advice on hardware that is not there."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def export_run(run: Path) -> Path:
    """Write ``model.onnx`` and its card from the best weights of a run.

    Raises:
        ModelError: where the run has no weights or the export is not equal to them.
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
        thresholds=Thresholds(default=0.5, chosen="not yet chosen"),
        metrics={},
        sha256="",
    )
    return write_rated(
        run / "model.onnx", export_onnx(network, method, map_offset=offset), card, settings
    )


def write_rated(path: Path, graph: bytes, card: ModelCard, settings: TrainSettings) -> Path:
    """Write a model whose thresholds and figures are those it has on the validation split."""
    draft = card.model_copy(update={"sha256": digest(graph)})
    if settings.held_out_run:
        write_model(path, graph, _with_figures_of(settings.held_out_run, draft))
        return path
    detector = Detector(Model(draft, graph), backend="onnxruntime")
    thresholds, metrics = measure_figures(detector, settings.data, settings.val_split)
    rated = draft.model_copy(update={"thresholds": thresholds, "metrics": metrics})
    write_model(path, graph, rated)
    return path


def _with_figures_of(twin: Path, draft: ModelCard) -> ModelCard:
    """The card of a model for which nothing was held out, with what was chosen and measured on its
    twin."""
    judged = find_model(twin).card
    chosen = f"{judged.thresholds.chosen}, by the held-out run trained on {judged.split}"
    return draft.model_copy(
        update={
            "thresholds": judged.thresholds.model_copy(update={"chosen": chosen}),
            "metrics": judged.metrics,
            "note": f"figures and thresholds are those of a twin trained on {judged.split} alone "
            f"(sha256 {judged.sha256[:12]})",
        }
    )


def _commit() -> str | None:
    """The commit of these sources, with a + where files differ from it; None outside git."""
    here = Path(__file__)

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(here.parent), *arguments]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", here.name)  # not somebody's repository around a venv
        return git("rev-parse", "HEAD") + ("+" if git("status", "--short", "..") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def saved_settings(run: Path) -> TrainSettings:
    """The settings of a run.

    Raises:
        ModelError: if the folder holds no run, or settings that this version cannot read.
    """
    file = run / SETTINGS
    try:
        return TrainSettings.model_validate_json(file.read_bytes())
    except OSError as error:
        raise ModelError(f"{run}: no training run ({SETTINGS} is missing)") from error
    except ValidationError as error:
        raise ModelError(f"{file}: {first_error(error)}") from error


def labelled(data: Sequence[Path], split: str) -> list[LabelledFrame]:
    """Frames of one split (or several joined by '+') of several data sets, each image once."""
    return pool([load_dataset(root, name) for root in data for name in split.split("+")])


def _check_run(settings: TrainSettings, run: Path, resume: bool) -> None:
    file = run / SETTINGS
    check_folder(run)
    if resume and file.exists():
        if saved_settings(run) != settings:
            raise SettingsError(f"{file}: the run was started with other settings; start a new one")
    elif run.exists() and any(run.iterdir()):
        raise SettingsError(f"{run}: not empty; choose another folder, or --resume to go on")


def _check_batch(settings: TrainSettings, processes: int) -> None:
    if settings.batch % processes or (settings.crops_per_epoch % settings.batch and processes > 1):
        raise SettingsError(
            f"{processes} processes share every batch: batch ({settings.batch}) must be a multiple "
            f"of {processes}, and crops_per_epoch ({settings.crops_per_epoch}) one of batch"
        )
    last = settings.crops_per_epoch % settings.batch or settings.batch
    if find_method(settings.method).dynamic and min(settings.batch, last) < 2:
        raise SettingsError(
            f"{settings.method} trains on batches of two crops or more: batch is {settings.batch}, "
            f"the last of an epoch has {last}"
        )


def _text(settings: TrainSettings) -> str:
    return settings.model_dump_json(indent=2) + "\n"


def _crop_loader(crops: Crops, processes: int = 1) -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
    settings = crops.settings
    return DataLoader(
        crops,
        batch_size=settings.batch // processes,
        sampler=crops.numbers,
        num_workers=settings.workers,
        multiprocessing_context="fork" if settings.workers else None,
        prefetch_factor=8 if settings.workers else None,
    )


def _frame_numbers(frames: Sequence[NetworkFrame]) -> DataLoader[int]:
    return DataLoader(range(len(frames)), batch_size=None)  # type: ignore[arg-type]
