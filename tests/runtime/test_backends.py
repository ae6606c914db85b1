"""Every backend gives the same points; an exported graph holds affine step and decoder itself."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from irpoint import Detector, Points
from irpoint.decoding.peaks import decode
from irpoint.errors import ModelError, SettingsError
from irpoint.frames import read_frame
from irpoint.frames.levels import clip_to_levels, levels, normalise
from irpoint.zoo import Model, find_model
from support.models import draw_blobs, shipped_weights

SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "images").iterdir())
SIZES = ((512, 512), (240, 333), (96, 1000))
DTYPES = (np.uint8, np.uint16, np.float32)

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="openvino is not installed"
)


def frames() -> list[np.ndarray]:
    """The samples, and blobs in frames of several sizes, types and ranges."""
    drawn = []
    for seed, (shape, dtype) in enumerate(zip(SIZES, DTYPES, strict=True)):
        frame = draw_blobs([(40, 30), (71.4, 60.7)], shape, seed)
        offset = {np.uint8: 0, np.uint16: 8000, np.float32: -4e4}[dtype]
        drawn.append((frame.astype(np.float64) + offset).astype(dtype))
    return [read_frame(path) for path in SAMPLES] + drawn


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
@pytest.mark.parametrize(
    # bfloat16 keeps three digits; what that does to real frames is in docs/export.md.
    ("precision", "px", "score"),
    [("f32", 0.05, 1e-3), ("bf16", 0.3, 0.06)],
)
@pytest.mark.parametrize("name", ["spire", "p2p-lite", "sshd"])
def test_openvino_gives_the_points_of_onnx_runtime(
    name: str, precision: str, px: float, score: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    from irpoint.runtime.backends.openvino import OpenVinoSession

    reference = Detector(name, backend="onnxruntime", threshold=0.7)
    detector = Detector(name, backend="openvino", threshold=0.7)
    monkeypatch.setattr(
        detector, "_session", OpenVinoSession(find_model(name), precision=precision)
    )
    total = 0
    for frame in frames():
        points = reference(frame)
        total += len(points)
        assert not unequal(points, detector(frame), px, score, 0.7)
    assert total > 20


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
    monkeypatch.setattr("irpoint.runtime.backends.open.find_spec", lambda name: None)
    detector = Detector(model)
    assert (detector.backend, detector.precision) == ("onnxruntime", "f32")
    with pytest.raises(SettingsError, match=r"not installed: pip install 'irpoint\[openvino\]'"):
        Detector(model, backend="openvino")


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


# --- export to OpenVINO's own files


@needs_openvino
def test_openvino_files_give_the_same_response(model: Path, tmp_path: Path, cli) -> None:
    from irpoint.runtime.backends.openvino import core

    code, out, err = cli("export", "--model", model, "--to", "openvino", "--out", tmp_path / "ov")
    assert code == 0, err
    assert out.strip() == str(tmp_path / "ov" / "model.xml")
    names = {path.name for path in (tmp_path / "ov").iterdir()}
    assert names == {"model.xml", "model.bin", "model.json"}
    frame = draw_blobs([(40, 30)]).astype(np.float32)
    compiled = core().compile_model(
        tmp_path / "ov" / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    low, high = levels(frame)
    answers = compiled({"frame": frame[None, None], "levels": np.float32([[low, high]])})
    detector = Detector(model, backend="onnxruntime", threads=1)
    wanted = detector.respond([detector.prepare(frame)])[0]
    assert answers["response"][0, 0] == pytest.approx(wanted, abs=2e-3)


@needs_openvino
def test_openvino_files_beside_an_onnx_file(write_model, tmp_path: Path, cli) -> None:
    run, other = write_model(tmp_path / "run" / "model.onnx"), tmp_path / "other" / "model.onnx"
    assert cli("export", "--model", run.parent, "--to", "openvino")[0] == 0
    assert Detector(run.parent, backend="onnxruntime").card == find_model(run).card
    assert Detector(run.with_suffix(".xml"), threads=1).backend == "openvino"
    write_model(other, sha256="another")
    other.write_bytes(b"another")
    code, _, err = cli("export", "--model", run, "--to", "openvino", "--out", other.parent)
    assert code == 1
    assert "other: holds another model; give another folder" in " ".join(err.split())
    assert sorted(path.name for path in other.parent.iterdir()) == ["model.json", "model.onnx"]


@needs_openvino
def test_an_openvino_export_that_differs_is_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from irpoint.export import openvino as to_openvino

    monkeypatch.setattr(to_openvino, "_TOLERANCE", -1.0)
    with pytest.raises(ModelError, match=r"differs by .* in OpenVINO"):
        to_openvino.to_openvino(find_model(model), tmp_path / "ov")
    assert not (tmp_path / "ov").exists()


@needs_openvino
def test_wrong_exports_are_one_line(model: Path, tmp_path: Path, cli) -> None:
    for arguments, said in (
        (("--model", model, "--to", "openvino"), "say where to write with --out DIR"),
        (("--model", "dog", "--to", "openvino", "--out", tmp_path / "x"), "is a filter"),
        (("--model", "nonsuch", "--to", "openvino", "--out", tmp_path / "x"), "no such model"),
        (("--model", model, "--out", tmp_path / "x"), "for openvino only"),
    ):
        code, _, err = cli("export", *arguments)
        assert code == 1
        assert said in " ".join(err.split())
    assert not (tmp_path / "x").exists()


# --- the decoder in the graph


def test_peak_maps_are_the_decoder() -> None:
    torch = pytest.importorskip("torch", reason="peak maps are made by PyTorch")
    from irpoint.methods.blocks.peaks import PeakMaps

    rng = np.random.default_rng(1)
    compared = 0
    for shape in ((3, 3), (24, 31), (60, 40)):
        for smooth in (False, True):
            response = rng.normal(0.2, 0.3, shape)
            if smooth:
                rows, columns = np.mgrid[: shape[0], : shape[1]]
                for x, y in rng.uniform(0, np.array(shape[::-1]) - 1, (6, 2)):
                    bell = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 4.5)
                    response = np.maximum(0.05 * response, bell)
            cells = response.astype(np.float32)
            wanted = decode(cells, 0.1)
            score, x, y = PeakMaps(4, 1.5)(torch.tensor(cells)[None, None])[0].numpy()
            order = np.argsort(-score[score >= 0.1], kind="stable")
            xy = np.stack([x, y], axis=-1)[score >= 0.1][order]
            assert score[score >= 0.1][order] == pytest.approx(wanted.score, abs=1e-4)
            assert xy == pytest.approx(wanted.xy, abs=2e-3)
            compared += len(wanted)
    assert compared > 100


def test_a_plateau_is_one_peak_in_the_graph_too() -> None:
    torch = pytest.importorskip("torch", reason="peak maps are made by PyTorch")
    from irpoint.methods.blocks.peaks import PeakMaps

    for cells in ([(4, 4), (4, 5)], [(4, 4), (5, 4)], [(4, 4), (5, 5)], [(0, 0), (0, 1), (0, 2)]):
        response = torch.zeros(1, 1, 9, 12)
        for row, column in cells:
            response[0, 0, row, column] = 0.8
        assert int((PeakMaps(4, 1.5)(response)[0, 0] > 0).sum()) == 1
    assert not PeakMaps(4, 1.5)(torch.zeros(1, 1, 9, 12))[0, 0].any()
