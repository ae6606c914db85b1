"""The training of a run, read from top to bottom: data, network, fit, export."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import lightning as L
import torch
from lightning.pytorch.callbacks import RichProgressBar
from torch.utils.data import DataLoader

from irpoint.datasets import LabelledFrame, load_dataset, pool
from irpoint.datasets.auto_split import SplitLists, save_lists
from irpoint.errors import DatasetError, SettingsError
from irpoint.frames.scale import InputScale
from irpoint.methods import find_method
from irpoint.training.checkpoints import KeepLastAndBest
from irpoint.training.crops import Crops
from irpoint.training.export_run import export_run
from irpoint.training.history import History
from irpoint.training.label_noise import with_label_noise
from irpoint.training.leader import is_leader
from irpoint.training.module import ResponseModule, network_input
from irpoint.training.network_frames import NetworkFrame, load_frames
from irpoint.training.recentring import recentred
from irpoint.training.resume import last_checkpoint
from irpoint.training.run_folder import check_run_folder, save_settings
from irpoint.training.run_lists import find_lists
from irpoint.training.settings import TrainSettings
from irpoint.training.simulated_frames import simulate_frames
from irpoint.training.teachers import Teachers
from irpoint.training.weights import read_weights
from irpoint.zoo import find_model


def train(
    settings: TrainSettings,
    run: Path,
    *,
    resume: bool = False,
    devices: int = 1,
    nodes: int = 1,
    on_saved: Callable[[int], None] = lambda epochs: None,
) -> Path:
    """Train a network from points and write ``model.onnx`` and its card to the folder ``run``.

    Args:
        settings: all settings of the run; saved as ``settings.json`` in the run's folder.
        run: folder of the run. It must be new or empty, unless the run is resumed.
        resume: resume from the run's last checkpoint.
        devices: processes per machine; each trains on its part of every batch. The result equals
            that of one process, except for rounding.
        nodes: number of machines. Start the command on each, with torchrun or with the environment
            variables of Lightning.
        on_saved: called whenever an epoch is saved, with the number of epochs to resume after.

    Returns:
        Path of the ONNX model. Its weights and threshold were chosen on the validation split, and
        the figures on its card were measured there.

    Raises:
        DatasetError: if the data cannot be read, or if the training or the validation split
            contains no target.
        FrameError: if a frame cannot be read. It is not skipped, because that would change the run.
        ModelError: if initial weights, a teacher or the held-out run cannot be loaded.
        SettingsError: if ``run`` is not empty, or was started with other settings.
        KeyboardInterrupt: on Ctrl-C. The state after the last whole epoch is saved.
    """
    fit(settings, run, resume=resume, devices=devices, nodes=nodes, on_saved=on_saved)
    return export_run(run) if is_leader() else run / "model.onnx"


def fit(
    settings: TrainSettings,
    run: Path,
    *,
    resume: bool = False,
    devices: int = 1,
    nodes: int = 1,
    on_saved: Callable[[int], None] = lambda epochs: None,
) -> None:
    """Train without exporting; arguments and errors are those of :func:`train`."""
    if is_leader():  # other processes may already see files of the leader
        check_run_folder(run, settings, resume=resume)
    checkpoint = last_checkpoint(run) if resume else None
    _check_batch(settings, devices * nodes)
    _check_weights(settings)
    L.seed_everything(settings.seed, verbose=False)
    lists = find_lists(settings, run)
    module = _module(settings, lists)
    if is_leader():
        save_settings(run, settings)
        save_lists(run, lists)
    validation = _frame_numbers(module.validation_frames)
    with _quiet(), _keyboard_interrupts():
        trainer = _trainer(settings, run, devices, nodes, on_saved)
        trainer.fit(
            module,
            _crop_loader(module.crops, devices * nodes),
            validation,
            ckpt_path=checkpoint,
            weights_only=True,
        )
        if settings.epochs % settings.val_every and not settings.held_out_run:
            trainer.validate(module, validation, verbose=False)  # the last epoch


def labelled(
    data: Sequence[Path], split: str, lists: SplitLists | None = None
) -> list[LabelledFrame]:
    """Frames of one split (or several, joined by '+') of several datasets, each image once."""
    return pool(
        [load_dataset(root, name, lists=lists) for root in data for name in split.split("+")]
    )


def _module(settings: TrainSettings, lists: SplitLists) -> ResponseModule:
    """The network to train with its crops and validation frames."""
    scale = InputScale.parse(settings.input_scale)
    frames = labelled(settings.data, settings.split, lists)
    held_out = labelled(settings.data, settings.val_split, lists)
    _check_targets(settings, frames, held_out)
    if settings.label_noise is not None:
        frames = with_label_noise(frames, settings.label_noise, settings.seed)
    if settings.recentre:
        frames = recentred(frames, settings.recentre)
    network_frames = load_frames(frames, scale)
    network_frames += simulate_frames(settings.simulated_frames, settings.seed, scale)
    crops = Crops(network_frames, settings)
    module = ResponseModule(settings, crops, load_frames(held_out, scale))
    if settings.init:
        module.start_from(read_weights(settings.init, module.network))
    return module


def _check_targets(
    settings: TrainSettings, frames: Sequence[LabelledFrame], held_out: Sequence[LabelledFrame]
) -> None:
    """Check that there is something to learn and to find, before any frame is read."""
    if not any(len(frame.points) for frame in frames):
        raise DatasetError(
            f"no target in split {settings.split!r} of the data; choose another split or dataset"
        )
    if not settings.held_out_run and not any(len(frame.points) for frame in held_out):
        raise DatasetError(
            f"no target in split {settings.val_split!r} of the data, but weights and threshold are "
            "chosen by their F1 there; choose another with --val-split NAME"
        )


def _check_weights(settings: TrainSettings) -> None:
    """Check that weights and models can be loaded, before any frame is read."""
    if settings.held_out_run:
        find_model(settings.held_out_run)  # needed after training; fail now, not then
    if settings.init:
        read_weights(settings.init, find_method(settings.method).build(settings.width))
    Teachers(settings.teachers, network_input)


def _trainer(
    settings: TrainSettings,
    run: Path,
    devices: int,
    nodes: int,
    on_saved: Callable[[int], None],
) -> L.Trainer:
    return L.Trainer(
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
        logger=False,
        callbacks=[RichProgressBar(), History(run), KeepLastAndBest(run, on_saved)],
        enable_model_summary=False,
        use_distributed_sampler=False,
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress Lightning's hints about hardware, and warnings."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def _keyboard_interrupts() -> Iterator[None]:
    """Raise Ctrl-C as KeyboardInterrupt; Lightning would exit, and ignore Ctrl-C from then on."""
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as stop:
        if not isinstance(stop.__context__, KeyboardInterrupt):
            raise
        if main and handler is not None:
            signal.signal(signal.SIGINT, handler)
        raise KeyboardInterrupt from None


def _check_batch(settings: TrainSettings, processes: int) -> None:
    batch, reuse = settings.new_batch, settings.teachers_reuse
    if batch % processes or (settings.new_crops_per_epoch % batch and processes > 1):
        raise SettingsError(
            f"{processes} processes share every batch: batch ({settings.batch}) must be a multiple "
            f"of {processes * reuse}, and crops_per_epoch ({settings.crops_per_epoch}) a multiple "
            "of batch"
        )
    last = settings.crops_per_epoch % settings.batch or settings.batch
    if find_method(settings.method).dynamic and min(settings.batch, last) < 2:
        raise SettingsError(
            f"method {settings.method!r} needs two or more crops in every batch: batch is "
            f"{settings.batch}, and the last batch of an epoch has {last}"
        )


def _crop_loader(crops: Crops, processes: int = 1) -> DataLoader[tuple[torch.Tensor, ...]]:
    settings = crops.settings
    return DataLoader(
        crops,
        batch_size=settings.new_batch // processes,
        sampler=crops.numbers,
        num_workers=settings.workers,
        multiprocessing_context="fork" if settings.workers else None,
        prefetch_factor=8 if settings.workers else None,
    )


def _frame_numbers(frames: Sequence[NetworkFrame]) -> DataLoader[int]:
    return DataLoader(range(len(frames)), batch_size=None)  # type: ignore[arg-type]
