"""Read a damaged dataset, model, or file of a run in the ways in which irpoint does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.fuzz.model_seeds import JOURNAL_SETTINGS, make_sources, network
from irpoint import Detector
from irpoint.datasets import load_dataset, pool
from irpoint.datasets.load import open_dataset
from irpoint.errors import IrpointError
from irpoint.evaluation.heat_maps import evaluate_heat_maps
from irpoint.evaluation.predictions import evaluate_predictions, predictions_of_file
from irpoint.evaluation.splits import Split, load_split
from irpoint.label.catalogue import Catalogue
from irpoint.sinks import Journal


def dataset(folder: Path) -> Iterator[str]:
    """As ``train`` and ``evaluate`` do: every split and kind of labels."""
    for truth in ("mask", "centroids"):
        splits = ["all"]
        with contextlib.suppress(IrpointError):
            splits += open_dataset(folder, truth).splits
        for split in splits:
            try:
                pool([load_dataset(folder, split, truth)] * 2)
            except IrpointError as error:
                yield str(error)


def catalogue(folder: Path) -> Iterator[str]:
    """As the label page does."""
    yield from Catalogue(folder).skipped


def _frames(folder: Path) -> Split:
    return load_split([folder], "all", "mask")


def predictions(path: Path) -> Iterator[str]:
    """As ``evaluate --predictions`` does, on a split with images of the predicted names."""
    from experiments.fuzz.label_seeds import masks

    data = path.parent / "data"
    for seed in masks():
        for name, content in seed.files.items():
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            (data / name).write_bytes(content)
    split = _frames(data)
    evaluate_predictions(predictions_of_file(path, split, None), split, "point", 4.0)
    yield from ()


def heat_maps(folder: Path) -> Iterator[str]:
    evaluate_heat_maps(folder / "maps", _frames(folder / "data"))
    yield from ()


def model(path: Path) -> Iterator[str]:
    """As ``detect --model`` does."""
    backend = "onnxruntime" if path.suffix == ".onnx" else "openvino"
    Detector(path, backend=backend)(np.zeros((32, 32), np.uint8))
    yield from ()


def safetensors(path: Path) -> Iterator[str]:
    """As ``train --init`` does."""
    from irpoint.training.weights import read_weights

    network().load_state_dict(read_weights(path, network()))
    yield from ()


def checkpoint(path: Path) -> Iterator[str]:
    """As ``import-weights`` does."""
    from irpoint.training.import_weights import read_checkpoint

    read_checkpoint(path)
    yield from ()


def last_checkpoint(path: Path) -> Iterator[str]:
    """As ``train --resume`` does."""
    from irpoint.training.resume import last_checkpoint as checked

    assert checked(path.parent) == path
    yield from ()


def run_folder(folder: Path) -> Iterator[str]:
    """As ``report``, ``export`` and a resumed ``train`` do."""
    from irpoint.report.inputs import read_model
    from irpoint.training.run_folder import saved_settings

    with contextlib.chdir(folder):  # the settings name the data by a relative path
        for read in (saved_settings, read_model):
            try:
                read(Path("run"))
            except IrpointError as error:
                yield str(error)


def result(path: Path) -> Iterator[str]:
    """As ``report`` does."""
    from irpoint.report import write_report

    write_report([path], path.with_suffix(".html"))
    yield from ()


def journal(folder: Path) -> Iterator[str]:
    """As a resumed ``detect`` does."""
    with contextlib.chdir(folder):
        make_sources(folder)
        found = Journal(folder, JOURNAL_SETTINGS)
        assert len(found.done) == len(found.skipped) <= 2, "a frame that was never written"
        found.close(finished=True)
    yield from ()


def simulated(folder: Path) -> Iterator[str]:
    """As ``simulate --append`` does."""
    from irpoint.simulate import SceneSettings
    from irpoint.simulate.dataset import simulate_dataset

    simulate_dataset(
        folder, SceneSettings(width=32, height=32), frames=1, seed=1, name="more", append=True
    )
    yield from ()


def label_file(path: Path) -> Iterator[str]:
    """As the label page does."""
    from irpoint.label.labels import FrameLabels
    from irpoint.label.store import Store

    store = Store(path)
    try:
        assert store.folder is None or isinstance(store.folder, str)
        for name in store.states():
            store.get(name)
        store.proposals("0.png", "spire")
        store.ambiguities("spire")
        store.put({"new.png": (FrameLabels(), 0)})
        store.undo()
        store.undo()
        store.redo()
    finally:
        store.close()
    yield from ()
