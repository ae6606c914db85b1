"""Every backend gives the same points."""

from __future__ import annotations

import importlib.util
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.distance import cdist

from irpoint import Detector, Points
from irpoint.errors import ModelError, SettingsError
from irpoint.frames import read_frame
from irpoint.frames.levels import clip_to_levels, levels, normalise
from irpoint.runtime import BACKENDS, Region
from irpoint.runtime.backends.base import Batch, GraphBackend
from irpoint.runtime.backends.open import BackendRow, open_backend
from irpoint.zoo import Model, find_model
from support.models import draw_blobs, shipped_weights

SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "images").iterdir())
SIZES = ((512, 512), (240, 333), (96, 1000))
DTYPES = (np.uint8, np.uint16, np.float32)

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="openvino is not installed"
)


def frames() -> list[np.ndarray]:
    """Half of the samples, and blobs in frames of several sizes, types and ranges."""
    drawn = []
    for seed, (shape, dtype) in enumerate(zip(SIZES, DTYPES, strict=True)):
        frame = draw_blobs([(40, 30), (71.4, 60.7)], shape, seed)
        offset = {np.uint8: 0, np.uint16: 8000, np.float32: -4e4}[dtype]
        drawn.append((frame.astype(np.float64) + offset).astype(dtype))
    return [read_frame(path) for path in SAMPLES[::2]] + drawn


def unequal(one: Points, other: Points, px: float, score: float, threshold: float) -> list[str]:
    """What differs by more than ``px`` or ``score``; a point that near the threshold may lack."""
    said = []
    gaps = cdist(one.xy, other.xy)
    for mine, theirs, across in ((one, other, gaps), (other, one, gaps.T)):
        for index, own in enumerate(mine.score):
            nearest = int(across[index].argmin()) if len(theirs) else -1
            if nearest < 0 or across[index, nearest] > px:
                if own > threshold + score:
                    said.append(f"{mine.xy[index]} {own:.3f} has no equal")
            elif abs(theirs.score[nearest] - own) > score:
                said.append(f"{mine.xy[index]}: {own:.3f} and {theirs.score[nearest]:.3f}")
    return said


@shipped_weights
@needs_openvino
@pytest.mark.parametrize("name", ["spire", "p2p-lite", "sshd"])
def test_openvino_gives_the_points_of_onnx_runtime(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from irpoint.runtime.backends.openvino import OpenVinoBackend

    seen = frames()
    detector = Detector(name, backend="onnxruntime", threshold=0.7)
    wanted = [detector(frame) for frame in seen]
    assert sum(map(len, wanted)) > 10
    # bfloat16 keeps three digits; docs/export.md has what that does to real frames.
    for precision, px, score in (("f32", 0.05, 1e-3), ("bf16", 0.3, 0.06)):
        backend = OpenVinoBackend(find_model(name), precision=precision)
        monkeypatch.setattr(detector, "_network", backend)
        for frame, points in zip(seen, wanted, strict=True):
            assert not unequal(points, detector(frame), px, score, 0.7)


@shipped_weights
@pytest.mark.filterwarnings("ignore:scale native")
@pytest.mark.parametrize("shape", [(8, 8), (3, 64), (1, 1)])
def test_the_smallest_frames_are_frames(shape: tuple[int, int]) -> None:
    frame = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    detector = Detector("p2p-lite", scale="native", backend="onnxruntime", threads=1)
    assert isinstance(detector(frame), Points)


@needs_openvino
def test_levels_are_taken_off_before_anything_is_rounded(model: Path) -> None:
    """bfloat16 has steps of 64 at 14-bit counts: the sky would be flat, were it not."""
    frame = draw_blobs([(40, 30)]).astype(np.uint16)
    here, far = (Detector(model, backend="openvino")(frame + offset) for offset in (0, 15_000))
    assert len(here) == 1
    assert not unequal(here, far, 0.05, 5e-3, 0.4)


@needs_openvino
def test_auto_takes_the_fastest_installed(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for able, fastest in ((True, "openvino"), (False, "onnxruntime")):
        monkeypatch.setattr(
            "irpoint.runtime.backends.openvino.has_bfloat16", lambda able=able: able
        )
        assert Detector(model).backend == fastest
        assert Detector(model, backend="onnxruntime").backend == "onnxruntime"
        assert Detector(model, backend="openvino").precision == ("bf16" if able else "f32")
    only_core = {"onnxruntime": True}
    monkeypatch.setattr("irpoint.runtime.backends.open.find_spec", only_core.get)
    detector = Detector(model)
    assert (detector.backend, detector.precision) == ("onnxruntime", "f32")
    with pytest.raises(SettingsError, match=r"not installed: pip install 'irpoint\[openvino\]'"):
        Detector(model, backend="openvino")


class ConstantBackend(GraphBackend):
    """Responds with 0 everywhere."""

    backend, precision = "constant", "f32"

    def _load(self, model: Model, threads: int) -> bool:
        assert model.graph
        return False

    def _infer(self, frames: Batch, levels: Batch) -> Batch:
        return np.zeros_like(frames[:, :, ::4, ::4])


def test_a_backend_needs_its_class_and_a_row(
    cli, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = BackendRow("json", f"{__name__}:ConstantBackend")
    monkeypatch.setitem(BACKENDS, "constant", row)
    Image.fromarray(draw_blobs([(40, 30)])).save(tmp_path / "a.png")
    code, _, report = cli("detect", tmp_path / "a.png", "--backend", "constant")
    assert (code, "0 points in 0 of 1 frames" in report) == (0, True)
    assert Detector(shipped).backend != "constant"  # auto takes the first fast one
    in_openvinos_format = Model(find_model(shipped).card, b"", weights=b"w")
    with pytest.raises(SettingsError, match="in OpenVINO's format: give --backend openvino"):
        open_backend(in_openvinos_format, "constant")
    with pytest.raises(SettingsError, match="choose one of auto, constant, onnxruntime, openvino"):
        Detector(shipped, backend="unknown")
    monkeypatch.setitem(BACKENDS, "constant", BackendRow("no_such_library", "nowhere:Nothing"))
    with pytest.raises(SettingsError, match=r"pip install 'irpoint\[constant\]'"):
        Detector(shipped, backend="constant")


def test_an_unknown_backend_is_refused(model: Path) -> None:
    with pytest.raises(SettingsError, match="'tensorrt': choose one of auto, onnxruntime"):
        Detector(model, backend="tensorrt")


@pytest.mark.parametrize("backend", ["onnxruntime", pytest.param("openvino", marks=needs_openvino)])
def test_a_graph_that_is_none_is_one_line(model: Path, backend: str) -> None:
    card = find_model(model).card
    with pytest.raises(ModelError, match="model 'tiny' does not load: ") as caught:
        Detector(Model(card, b"junk"), backend=backend)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("backend", ["onnxruntime", pytest.param("openvino", marks=needs_openvino)])
def test_threads_are_a_choice(model: Path, backend: str) -> None:
    points = Detector(model, backend=backend, threads=1)(draw_blobs([(40, 30)]))
    assert points.xy == pytest.approx(np.array([[40, 30]]), abs=0.3)


@pytest.mark.parametrize("backend", ["onnxruntime", pytest.param("openvino", marks=needs_openvino)])
def test_threads_may_share_a_detector(model: Path, backend: str) -> None:
    frames = [draw_blobs([(20 + 10 * k, 40)], seed=k) for k in range(8)]
    detector = Detector(model, backend=backend, threads=1)
    alone = [detector(frame) for frame in frames]
    with ThreadPoolExecutor(4) as pool:
        shared = list(pool.map(detector, frames * 4))
    assert shared == alone * 4


def test_a_pickled_detector_gives_the_same_points(model: Path) -> None:
    region = Region((0, 0, 60, 95))
    detector = Detector(model, threshold=0.3, region=region, backend="onnxruntime", threads=1)
    copy = pickle.loads(pickle.dumps(detector))
    frame = draw_blobs([(30, 40), (100, 40)])
    assert len(copy(frame)) == 1
    assert copy(frame) == detector(frame)


def test_limited_counts_normalise_to_the_same_picture() -> None:
    rng = np.random.default_rng(0)
    for frame in (
        rng.integers(0, 65536, (40, 50), np.uint16),
        rng.normal(300, 1, (40, 50)),
        np.where(rng.random((40, 50)) < 0.1, np.nan, rng.normal(0, 1e-3, (40, 50))),
        np.where(rng.random((40, 50)) < 0.1, np.inf, rng.normal(0, 1e3, (40, 50))),
    ):
        low, high = levels(frame)
        counts = clip_to_levels(frame, low, high)
        assert np.isfinite(counts).all()
        assert (counts - low) / (high - low) == pytest.approx(normalise(frame, low, high), abs=2e-4)


def run_alone(program: str, home: Path) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, on a machine that does not say it is a CI.

    There OpenVINO keeps quiet without being asked to.
    """
    quiet = {"CI", "TF_BUILD", "JENKINS_URL"}
    env = {key: value for key, value in os.environ.items() if key not in quiet}
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=env | {"HOME": str(home)},
    )


@needs_openvino
def test_openvino_reports_its_use_to_nobody(tmp_path: Path) -> None:
    """By itself it would, at import: from a thread, and with a number for this user in his home."""
    program = """
import threading
from pathlib import Path
from irpoint import Detector
assert Detector("p2p-lite", backend="openvino").backend == "openvino"
print([thread.name for thread in threading.enumerate()], [*Path.home().iterdir()])
"""
    done = run_alone(program, tmp_path)
    assert done.stdout.strip() == "['MainThread'] []", done.stderr


@needs_openvino
def test_signals_arrive_after_detectors_have_come_and_gone(tmp_path: Path) -> None:
    program = """
import gc, os, signal
from irpoint import Detector
signal.signal(signal.SIGINT, lambda *_: print("arrived"))
for _ in range(4):
    detector = Detector("p2p-lite", backend="openvino")  # the one before goes when this one is here
del detector
gc.collect()
os.kill(os.getpid(), signal.SIGINT)
"""
    done = run_alone(program, tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "arrived"), done.stderr
