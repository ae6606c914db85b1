"""Valid models, files of training and detection runs, and label files."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.fuzz.kind import Seed
from experiments.fuzz.label_seeds import coco
from irpoint.points import FrameResult, Points
from irpoint.sinks import Journal
from irpoint.zoo import digest, find_model

if TYPE_CHECKING:
    from torch import nn

SHIPPED = "spire"  # the smallest one


def card() -> Iterator[Seed]:
    """A card beside a graph that is whole."""
    yield _model(damaged="model.json")


def onnx() -> Iterator[Seed]:
    """A graph beside a card that is whole."""
    yield _model(damaged="model.onnx")


def _model(damaged: str) -> Seed:
    model = find_model(SHIPPED)
    text = json.dumps(model.card.model_dump(mode="json"), indent=2).encode()
    return Seed({"model.onnx": model.graph, "model.json": text}, "model.onnx", (damaged,))


def openvino() -> Iterator[Seed]:
    """A model in the format of OpenVINO."""
    import openvino as ov

    from irpoint.runtime.backends.openvino import read_graph

    model = find_model(SHIPPED)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xml"
        ov.save_model(read_graph(model), path)
        files = {"model.xml": path.read_bytes(), "model.bin": path.with_suffix(".bin").read_bytes()}
    checked = model.card.model_copy(update={"sha256": digest(b"".join(files.values()))})
    text = checked.model_dump_json(indent=2).encode()
    yield Seed(files | {"model.json": text}, "model.xml", ("model.xml", "model.bin", "model.json"))


@cache
def network() -> nn.Module:
    """A network of about a thousand weights."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 3))


def safetensors() -> Iterator[Seed]:
    from safetensors.torch import save

    yield Seed.file("weights.safetensors", save(network().state_dict()))


def checkpoint() -> Iterator[Seed]:
    """Checkpoints of PyTorch in its two formats, as other programs publish them."""
    import torch

    state = network().state_dict()
    for zipped in (True, False):
        for content in (state, {"model": state, "epoch": 3}):
            stream = io.BytesIO()
            torch.save(content, stream, _use_new_zipfile_serialization=zipped)
            yield Seed.file("weights.pth", stream.getvalue())


def last_checkpoint() -> Iterator[Seed]:
    """The checkpoint from which a training run resumes."""
    import torch

    state = network().state_dict()
    content = {
        "epoch": 3, "global_step": 30, "pytorch-lightning_version": "2.5.0", "state_dict": state,
        "loops": {}, "callbacks": {"KeepLastAndBest": {"best": {"val_f1": 0.5}}},
        "optimizer_states": [{"state": {0: {"exp_avg": state["0.weight"]}}, "param_groups": []}],
        "lr_schedulers": [],
    }  # fmt: skip
    stream = io.BytesIO()
    torch.save(content, stream)
    yield Seed.file("last.ckpt", stream.getvalue())


def run_folder() -> Iterator[Seed]:
    """A training run beside its data; its model is a filter, to be quick."""
    from irpoint.training.settings import TrainSettings

    settings = TrainSettings(data=(Path("data"),), val_split="all", dataset_weights={"data": 2.0})
    files = {
        "run/settings.json": settings.model_dump_json(indent=2).encode(),
        "run/model.json": find_model("top-hat").card.model_dump_json(indent=2).encode(),
        "run/logs/csv/metrics.csv": b"epoch,train_loss,val_f1\n0,0.5,\n0,,0.25\n1,0.25,\n",
        "run/best.json": b'{"val_f1": 0.5, "epoch": 1}',
    }
    (data,) = coco()
    beside = {f"data/{name}": content for name, content in data.files.items()}
    yield Seed(files | beside | {"run/model.onnx": b""}, "", tuple(files))


def result() -> Iterator[Seed]:
    """A result of ``irpoint evaluate --json --points``, which a report reads."""
    frames = [
        {"dataset": "sky", "name": name, "image": f"{name}.png", "shape": [40, 48],
         "targets": [{"x": 3.0, "y": 4.0, "size": 2.0, "contrast": 5.0}],
         "predicted": [[3.1, 4.2, 0.9], [30.0, 20.0, 0.6]]}
        for name in ("a", "b")
    ]  # fmt: skip
    content: dict[str, Any] = {
        "model": "spire", "split": "val", "protocol": "point", "threshold": 0.5, "radius_px": 4.0,
        "trained_on": ["sky"], "frames": frames,
    }  # fmt: skip
    yield Seed.file("result.json", json.dumps(content).encode())


JOURNAL_SETTINGS = {"model": "spire", "threshold": 0.5, "roi": None}
_MODIFIED_NS = 10**18  # of the sources in a journal


def journal() -> Iterator[Seed]:
    """The journal of an interrupted detection run, whose sources are in the same folder."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        make_sources(folder)
        unfinished = Journal(folder, JOURNAL_SETTINGS)
        for source in ("a", "b", "c"):
            unfinished.add(FrameResult(source, 0, None, (40, 48), Points.labels([[3.5, 4.5]])))
        unfinished.close(finished=False)
        text = unfinished.path.read_bytes()
    yield Seed({unfinished.path.name: text}, "", (unfinished.path.name,))


def make_sources(folder: Path) -> None:
    """The files that the journal names, as old as it says."""
    for name in ("a", "b", "c"):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, ns=(_MODIFIED_NS, _MODIFIED_NS))


def simulated() -> Iterator[Seed]:
    """The tables of a simulated dataset, to which another run adds frames."""
    from irpoint.simulate import SceneSettings
    from irpoint.simulate.dataset import simulate_dataset

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "sky"
        simulate_dataset(root, SceneSettings(width=32, height=32), frames=1, seed=0)
        paths = sorted(path for path in root.rglob("*") if path.is_file())
        files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    yield Seed.folder(files, ".png")


def label_file() -> Iterator[Seed]:
    """The label file of a labelling session."""
    from irpoint.label.labels import FrameLabels, Point
    from irpoint.label.store import Store

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.sqlite"
        store = Store(path)
        store.folder = "/data"
        for k in range(3):
            labels = FrameLabels(state="done", points=(Point(x=3, y=4 + k),), note="clear")
            store.put({f"{k}.png": (labels, 0)})
        store.put_proposals("0.png", "spire", "[[3.0, 4.0, 0.9]]", 0.2)
        store.close()
        yield Seed.file(path.name, path.read_bytes())
