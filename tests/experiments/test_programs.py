"""Every experiment: it is listed, it explains itself, and it runs on a tiny dataset."""

from __future__ import annotations

import importlib
import json
import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="needs the extra train")

import experiments
from irpoint import Detector
from irpoint.errors import DatasetError, SettingsError
from irpoint.evaluation.intervals import poisson_interval
from irpoint.runtime.backends.filters import FILTERS
from irpoint.zoo import read_card
from support.models import draw_blobs

FOLDER = Path(experiments.__file__).parent
PROGRAMS = sorted(
    {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "common"}
    | {path.parent.name for path in FOLDER.glob("*/__main__.py")}
)
NEEDS = {
    "frame_list": "playwright",
    "fuzz": "fastapi",
    "label_clip": "playwright",
    "label_session": "playwright",
    "live_page": "playwright",
    "network_time": "openvino",
    "report_page": "playwright",
    "snapping": "fastapi",
    "soak": "playwright",
    "tracking": "motmetrics",
}


def program(name: str) -> Any:
    pytest.importorskip(NEEDS.get(name, "numpy"))
    return importlib.import_module(f"experiments.{name}")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four frames with one target each, which are the val list."""
    root = tmp_path_factory.mktemp("sky") / "Sky"
    for folder in ("images", "masks", "img_idx"):
        (root / folder).mkdir(parents=True)
    for k in range(4):
        mask = np.zeros((96, 128), np.uint8)
        mask[29:32, 29 + 20 * k : 32 + 20 * k] = 255
        frame = draw_blobs([(30 + 20 * k, 30)], seed=k)
        Image.fromarray(frame).save(root / "images" / f"{k}.png")
        Image.fromarray(mask).save(root / "masks" / f"{k}.png")
    (root / "img_idx" / "val.txt").write_text("0\n1\n2\n3\n")
    return root


def test_the_readme_lists_every_program() -> None:
    readme = (FOLDER / "README.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE) == PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_help_starts_with_the_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        program(name).main(["--help"])
    out = capsys.readouterr().out
    assert out.startswith(f"usage: python -m experiments.{name}")
    assert f"    python -m experiments.{name}" in out


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("backends", r"score: 100 % within 0\.01"),
        ("bad_pixels", r" 0 bad pixels: F1 100\.0 %, precision 100\.0 %, recall 100\.0 %"),
        ("ensemble", r"mirrored four ways +F1 100\.0 %"),
        ("threshold", r"best F1 100\.0 % at threshold"),
        ("tiling", r"100\.0 % of \d+ points within 0\.05 px in tiles"),
    ],
)
def test_a_model_is_measured_on_the_val_list(
    name: str,
    printed: str,
    model: Path,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if name == "backends":
        pytest.importorskip("openvino")
    if name == "tiling":
        # A mosaic of four frames is large enough to be tiled. Their targets are enlarged, so they
        # give crowds of points, whose joint fit would take a quarter of a minute.
        monkeypatch.setattr("experiments.tiling.COLUMNS", 2)
        monkeypatch.setattr("experiments.tiling.ROWS", 2)
        monkeypatch.setattr("experiments.tiling.Detector", partial(Detector, measure=False))
    program(name).main([str(model), "--data", str(data)])
    assert re.search(printed, capsys.readouterr().out)


def test_models_are_averaged(
    write_model: Any, tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = [str(write_model(tmp_path / f"{k}.onnx")) for k in range(2)]
    program("ensemble").main([*models, "--data", str(data)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert lines[2].split() == ["all", "F1", "100.0", "%"]


def test_teachers_are_compared_on_crops_of_a_recipe(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "small.yaml"
    recipe.write_text("about: small\ndata: [Sky]\nsettings: {method: glint, batch: 4, crop: 64}\n")
    pair = ["glint=glint", "spire=spire"]
    options = ["--recipe", str(recipe), "--data", str(data), "--crops", "10", "--simulated", "2"]
    program("teachers").main([*options, "--weights", *pair])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| mean of | real datasets | Sky | simulated |"
    rows = [line.strip("| ").split(" | ") for line in lines[2:]]
    assert {row[0] for row in rows} == {
        "glint (glint)",
        "spire (spire)",
        "glint (glint) + spire (spire)",
    }
    means = [float(row[1]) for row in rows]
    assert means == sorted(means)
    assert 0 < means[0] < 200  # of 10,000, which silence about a map of ones would have
    with pytest.raises(SettingsError, match="--weights spire: write METHOD=FILE"):
        program("teachers").main([*options, "--weights", "spire"])


def test_clicks_are_snapped(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program("snapping").main(["--frames", "1", "--click-px", "0.5", "--data", str(data)])
    out = capsys.readouterr().out
    assert "Clicks with errors of 0.5 px per axis" in out
    assert re.search(r"\| clear \| [<>3–6 ]+ \| \d+ \| \d+ \|", out)
    assert "| all | 12 |" in out
    assert "| Sky | 0.5 | 4 | 100 |" in out


@pytest.mark.xdist_group("browser")
def test_the_page_of_a_report_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("jinja2", reason="needs the extra report")
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed; .ci/run installs it")
    arguments = ["--images", "6", "--simulated", "3", "--models", "top-hat", "--repeat", "1"]
    program("report_page").main(arguments)
    out = capsys.readouterr().out
    assert "6 images, top-hat" in out
    assert re.search(r"size \d\.\d MB\nloaded .*, opened .*, moved .*, dialog \d", out)


def test_many_targets(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program("many_targets").main([str(model)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    assert "4 of  4 at 0.40" in lines[0]


def test_the_layers_of_a_network_are_timed(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    network_time = program("network_time")
    monkeypatch.setattr(network_time, "RUNS", 2)
    network_time.main([str(model)])
    out = capsys.readouterr().out
    assert "Convolution" in out
    assert "GMAC/s" in out


def test_the_target_maps_are_drawn(tmp_path: Path) -> None:
    program("figures").main([str(tmp_path / "figure.png")])
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_the_cards_of_the_filters_are_written(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program("filter_cards").main(["--data", str(data), "--out", str(tmp_path)])
    assert {path.stem for path in tmp_path.iterdir()} == set(FILTERS)
    assert "dog: F1" in capsys.readouterr().out


def test_an_error_is_one_line() -> None:
    from experiments.common import run

    def fail() -> None:
        raise DatasetError("nowhere: no such folder")

    with pytest.raises(SystemExit, match=r"^error: nowhere: no such folder$"):
        run(fail)


def test_artefacts_are_measured_and_drawn(
    model: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program("artefacts").main([str(model), "--data", str(data), "--every", "2", "--only", "8 bits"])
    assert "2 frames" in (out := capsys.readouterr().out)
    assert "| none, 8 bits | 100.0 | 100.0 | 100.0 | 0 |" in out
    program("artefacts").main(["--sheet", str(tmp_path / "sheet.png")])
    assert Image.open(tmp_path / "sheet.png").size == (816, 696)
    with pytest.raises(SettingsError, match="give a model and --data, or --sheet"):
        program("artefacts").main([])


def test_recall_is_measured_by_snr(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program("recall_by_snr")
    command = importlib.import_module("experiments.recall_by_snr.command")
    small = {"width": 200, "height": 120, "targets": (2, 2), "snr": (150, 190), "bits": 16}
    monkeypatch.setattr(command, "SETTINGS", small)
    command.main([str(model), "--observer", "--frames", "3", "--scene", "clouds", "sea"])
    tables = capsys.readouterr().out.split("\n\n")
    assert tables[0].startswith("clouds: 3 frames, median SCNR ")
    assert "at 1 false alarm per Mpx; 3 frames per scene, 200 × 120 px, 16 bits" in tables[1]
    head, _, own, observer, targets = tables[2].splitlines()
    assert head == "| scene | clouds | sea | all |"
    assert own.startswith(f"| {model} | ")
    assert observer.startswith("| best linear observer | ")
    assert targets == "| targets | 6 | 6 | 12 |"
    clouds = observer.split("|")[2].split()[0]
    assert float(clouds) > 80  # a small sea has no room for a false alarm
    assert len(tables) == 5
    with pytest.raises(SettingsError, match="give a model, or --observer"):
        command.main([])
    with pytest.raises(SettingsError, match="leave out --scene"):
        command.main([str(model), "--write-cards", "--scene", "sea"])


def test_recall_is_written_into_the_card(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program("recall_by_snr")
    command = importlib.import_module("experiments.recall_by_snr.command")
    small = {"width": 200, "height": 120, "targets": (2, 2), "snr": (150, 190), "bits": 16}
    monkeypatch.setattr(command, "SETTINGS", small)
    card = model.with_suffix(".json")
    before = json.loads(card.read_text())
    command.main([str(model), "--write-cards", "--frames", "2"])
    assert f"{card}: written" in capsys.readouterr().out
    after = read_card(card)
    recall = after.simulated_recall
    assert recall is not None
    assert (recall.width, recall.snr, recall.rate_per_mpx) == (200, (150, 190), 1)
    assert {kind: part.targets for kind, part in recall.scenes.items()} == {
        "clouds": 4, "sea": 4, "land": 4
    }  # fmt: skip
    for bins in (recall.by_snr, recall.by_scnr):
        assert sum(part.targets for part in bins) == recall.all.targets
        assert sum(part.found for part in bins) == recall.all.found
    assert recall.by_snr[0].low == 8
    assert recall.all.found > 0
    assert json.loads(card.read_text()).items() >= before.items()
    command.main([str(model), "--write-cards", "--frames", "2"])
    assert f"{card}: no change" in capsys.readouterr().out


def test_false_points_in_empty_frames_are_counted(
    model: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty_frames = program("empty_frames")
    for name in empty_frames.DATASETS:
        shutil.copytree(data, tmp_path / name)
    one = tmp_path / "SIRST-v2" / "masks"
    for number in (0, 1, 2):  # as if nobody had seen these targets
        Image.fromarray(np.zeros((96, 128), np.uint8)).save(one / f"{number}.png")
    with pytest.raises(DatasetError, match=r"HIT-UAV-empty: all frames of the list val have targ"):
        empty_frames.main([str(tmp_path), str(model)])
    shutil.rmtree(tmp_path / "HIT-UAV-empty")
    shutil.copytree(tmp_path / "SIRST-v2", tmp_path / "HIT-UAV-empty")
    changed = json.loads(model.with_suffix(".json").read_text())
    changed |= {"data": ["SIRST-v2"], "split": "train+val"}
    model.with_suffix(".json").write_text(json.dumps(changed))
    empty_frames.main([str(tmp_path), str(model)])
    head, _, row = capsys.readouterr().out.splitlines()[2:]
    assert head == "| model | HIT-UAV-empty, 3 frames, 0.0 Mpx | SIRST-v2, 3 frames, 0.0 Mpx |"
    low, high = (1e6 * mean / (3 * 96 * 128) for mean in poisson_interval(3))
    rate = f"81.38 ({low:.2f}–{high:.2f}): 3 in 3"
    assert row == f"| `tiny` | {rate} | {rate}, learned from |"


def test_the_linear_observer_sees_what_its_spectrum_allows() -> None:
    """In white noise its statistic is the signal-to-noise ratio of a matched filter."""
    observer = importlib.import_module("experiments.recall_by_snr.observer")
    simulate = importlib.import_module("irpoint.simulate")
    settings = simulate.SceneSettings.checked(
        width=160, height=150, scene="clear", clutter_to_noise=0.01, targets=(1, 1), snr=(12, 12),
        psf_sigma=(1, 1), column_noise=0, pixel_noise=0, bits=16,
    )  # fmt: skip
    scores, gaps, share = [], [], []
    for seed in range(25):
        scene = simulate.simulate_scene(settings, np.random.default_rng(seed))
        (target,) = scene.targets
        found = observer.observe(scene, settings)
        gaps.append(np.hypot(*(found.xy[0] - (target.x, target.y))))
        scores.append(float(found.score[0]))
        flux = target.electrons / settings.noise_electrons
        share.append(flux / np.sqrt(4 * np.pi * (1 + 1 / 12)))
    assert np.mean(np.array(gaps) < 1) > 0.9  # others are cut by the border
    assert np.median(np.array(scores) / share) == pytest.approx(1, abs=0.12)


def test_each_set_is_left_out_once(
    model: Path,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The threshold comes from the other sets, and no training sees the set of its fold."""
    lodo = program("lodo")
    for name in (*lodo.PUBLIC, *lodo.MORE):
        shutil.copytree(data, tmp_path / name)
    trained = []

    def train(settings: Any, folder: Path, resume: bool) -> None:
        trained.append({path.name for path in settings.data})
        assert resume
        assert settings.epochs == 3
        folder.mkdir(parents=True)
        shutil.copy(model, folder / "model.onnx")
        shutil.copy(model.with_suffix(".json"), folder / "model.json")

    monkeypatch.setattr(lodo, "train", train)
    for how in (["--baseline"], ["--recipe", "spire"]):
        out = ["--out", str(tmp_path / how[-1]), "--set", "epochs=3"]
        lodo.main([str(tmp_path), *how, *out])
        assert "| mean of 4 | | | 100.0 | | | | 100.0 |" in capsys.readouterr().out
        lodo.main([str(tmp_path), *how, *out, "--folds", "SIRST"])  # nothing left to train
        assert "| SIRST | 4 | 4 | 100.0 |" in capsys.readouterr().out
    assert len(trained) == 8
    for sets, (fold, left_out) in zip(trained, [*lodo.FOLDS.items()] * 2, strict=True):
        assert not sets & set(left_out), fold
    assert [len(sets) for sets in trained] == [3, 3, 2, 4, 5, 5, 4, 5]
    lodo.main([str(tmp_path), "--weights", f"DDT-IR={model}"])
    assert "| mean of 1 | | | 100.0 |" in capsys.readouterr().out
    for wrong in (["--weights", "there=x"], ["--recipe", "spire"], []):
        with pytest.raises(SettingsError, match=r"FOLD=MODEL|give --out|give one of"):
            lodo.main([str(tmp_path), *wrong])
