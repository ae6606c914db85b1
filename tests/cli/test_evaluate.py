"""``irpoint evaluate`` from the command line to the figures."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import irpoint.runtime
from irpoint.cli import main
from irpoint.evaluation.splits import trained_on
from irpoint.points import Points
from irpoint.report import write_report

KEYS = {
    "f1", "precision", "recall", "tp", "fp", "fn", "false_alarms_per_image",
    "false_alarms_per_mpx", "localisation_error_px", "interval_95", "threshold", "radius_px",
    "protocol", "model", "data", "split", "images", "targets",
}  # fmt: skip


def write_dataset(root: Path, targets: dict[str, list[tuple[int, int]]]) -> Path:
    """A dataset folder with masks of one pixel per target; no two images are equal."""
    for folder in ("images", "masks", "img_idx"):
        (root / folder).mkdir(parents=True)
    random = np.random.default_rng(len(str(root.name)))
    for name, points in targets.items():
        image = random.integers(0, 100, (40, 50)).astype(np.uint8)
        mask = np.zeros((40, 50), np.uint8)
        for x, y in points:
            image[y, x] = mask[y, x] = 255
        Image.fromarray(image).save(root / "images" / f"{name}.png")
        Image.fromarray(mask).save(root / "masks" / f"{name}.png")
    for split in ("train", "val"):
        lines = "\n".join(targets).encode("utf-8", "surrogateescape") + b"\n"
        (root / "img_idx" / f"{split}.txt").write_bytes(lines)
    return root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_dataset(tmp_path / "Sky", {"a": [(10, 10), (30, 30)], "b": [(20, 5)], "c": []})


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command; gives (exit code, stdout, stderr)."""

    def go(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setattr(sys, "argv", ["irpoint", "evaluate", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return go


@pytest.fixture
def points_file(tmp_path: Path) -> Path:
    # One pixel off a target of a; exact in b, with a lower score; one false point in c.
    path = tmp_path / "points.csv"
    path.write_text(
        "source,frame,x,y,score\na.png,0,11,10,0.9\nb.png,0,20,5,0.4\nc.png,0,1,1,0.2\n"
    )
    return path


@pytest.fixture
def detector(monkeypatch):
    """A stand-in for the runtime: it finds the pixels of 255, and (0, 0) with a score of 0.3."""

    class Bright:
        card = SimpleNamespace(
            name="bright",
            data=["Sky"],
            split="train",
            thresholds=SimpleNamespace(default=0.5, chosen="best F1 on val"),
        )

        threshold = 0.5
        score_odds = None
        as_measured = False
        backend, precision, scale = "onnxruntime", "f32", "native"

        def __init__(
            self, model: str, *, published_decoder: bool, backend: str, polarity: str, measure: bool
        ) -> None:
            assert (model, published_decoder) == ("bright", False)
            self.polarity, self.measures = polarity, measure
            self.settings = {"published_decoder": published_decoder}
            self.inverted, self.shift = polarity == "dark", 0.0 if measure else 0.5

        def candidates(self, frame: np.ndarray, measured_from: float) -> Points:
            rows, columns = np.nonzero((frame == 255) & (not self.inverted))
            xy = np.column_stack([[*columns, 0], [*rows, 0]]) + np.array([self.shift, 0])
            return Points(xy, np.array([1.0] * len(rows) + [0.3])).above(min(measured_from, 0.05))

    monkeypatch.setattr(irpoint.runtime, "Detector", Bright, raising=False)


def test_the_json_of_a_name_that_is_not_utf8(run, tmp_path):
    data = write_dataset(tmp_path / "Sky", {"a": [(10, 10)], os.fsdecode(b"b\xff"): [(20, 5)]})
    for split in ("train", "val"):
        (data / "img_idx" / f"{split}.txt").unlink()
    file = tmp_path / "result.json"
    options = ("--model", "top-hat", "--json", file, "--points")
    assert run("--data", data, "--split", "all", *options)[0] == 0
    frames = json.loads(file.read_text("utf-8"))["frames"]
    assert sorted(frame["name"] for frame in frames) == ["a", os.fsdecode(b"b\xff")]
    write_report([file], tmp_path / "page.html")
    assert r"b\udcff" in (tmp_path / "page.html").read_text("utf-8")


def test_predictions_to_json_on_stdout_alone(run, folder, points_file):
    code, out, err = run(
        "--data", folder, "--split", "val", "--predictions", points_file, "--json", "-"
    )
    content = json.loads(out)
    assert code == 0
    assert set(content) == KEYS
    assert (content["tp"], content["fp"], content["fn"]) == (2, 1, 1)
    assert content["f1"] == content["precision"] == content["recall"] == pytest.approx(2 / 3)
    assert content["false_alarms_per_image"] == pytest.approx(1 / 3)
    assert content["false_alarms_per_mpx"] == pytest.approx(1e6 / 6000)
    assert content["localisation_error_px"] == pytest.approx(
        {"mean": 0.5, "median": 0.5, "p95": 0.95, "bias_x": 0.5, "bias_y": 0}
    )
    assert set(content["interval_95"]) == {
        "f1", "precision", "recall", "false_alarms_per_image", "false_alarms_per_mpx",
        "localisation_error_px",
    }  # fmt: skip
    assert content["threshold"] is content["model"] is None
    assert (content["radius_px"], content["protocol"]) == (5, "point")
    assert (content["data"], content["split"]) == (["Sky"], "val")
    assert (content["images"], content["targets"]) == (3, 3)
    assert "every point counts" in err


def test_options_change_the_figures(run, folder, points_file):
    code, out, _ = run(
        "--data", folder, "--split", "val", "--predictions", points_file, "--threshold", 0.3,
        "--radius", 0.5, "--protocol", "point-greedy", "--json", "-",
    )  # fmt: skip
    content = json.loads(out)
    assert code == 0
    assert (content["tp"], content["fp"], content["fn"]) == (1, 1, 2)
    assert (content["threshold"], content["radius_px"]) == (0.3, 0.5)
    assert content["protocol"] == "point-greedy"


def test_errors_are_null_if_nothing_matched(run, folder, tmp_path):
    empty = tmp_path / "none.csv"
    empty.write_text("image,x,y\n")
    target = tmp_path / "new" / "result.json"
    code, out, _ = run("--data", folder, "--split", "val", "--predictions", empty, "--json", target)
    content = json.loads(target.read_text())
    assert code == 0
    assert set(content["localisation_error_px"].values()) == {None}
    assert content["interval_95"]["localisation_error_px"] is None
    assert content["f1"] == 0
    assert "nothing matched" in out


def test_the_threshold_is_that_of_the_card(run, folder, detector, tmp_path):
    target = tmp_path / "result.json"
    code, out, err = run("--data", folder, "--split", "val", "--model", "bright", "--json", target)
    content = json.loads(target.read_text())
    assert code == 0
    assert (content["model"], content["threshold"]) == ("bright", 0.5)
    assert (content["tp"], content["fp"], content["fn"]) == (3, 0, 0)
    assert "threshold 0.5 (best F1 on val, from the model's card)" in " ".join(out.split())
    assert "100.00" in out
    assert "held out" not in out + err
    assert max(map(len, out.splitlines())) <= 80


def test_given_threshold_reaches_the_model(run, folder, detector):
    code, out, err = run(
        "--data", folder, "--split", "val", "--model", "bright", "--threshold", 0.1, "--json", "-"
    )
    assert code == 0
    assert json.loads(out)["fp"] == 3
    assert "threshold 0.1 (given)" in err


def test_polarity_reaches_the_model(run, folder, detector):
    given = ("--data", folder, "--split", "val", "--model", "bright", "--json", "-")
    for polarity, targets in (("bright", 3), ("dark", 0)):
        code, out, _ = run(*given, "--polarity", polarity)
        assert code == 0
        assert json.loads(out)["tp"] == targets


@pytest.mark.parametrize(("split", "noted"), [("train", True), ("val", False)])
def test_a_split_that_the_model_was_trained_on_is_noted(run, folder, detector, split, noted):
    code, out, _ = run("--data", folder, "--split", split, "--model", "bright")
    assert code == 0
    note = "bright was trained on this split of Sky: these figures are not held out."
    assert (note in " ".join(out.split())) is noted
    _, out, _ = run("--data", folder, "--split", split, "--model", "bright", "--json", "-")
    assert json.loads(out).get("trained_on") == (["Sky"] if noted else None)


def test_trained_on_needs_the_dataset_and_the_split():
    sets = ["Sky", "Sea"]
    assert trained_on(["Sky", "Land"], "train", sets, "train") == ["Sky"]
    assert trained_on(sets, "train+val", sets, "val_full") == sets
    assert trained_on(sets, "train", sets, "val") == []
    assert trained_on(["Sky"], "train", sets, "all") == ["Sky"]


def test_several_datasets_are_pooled_and_shown_one_by_one(run, folder, detector, tmp_path):
    other = write_dataset(tmp_path / "Sea shore", {"d": [(7, 7)]})
    Image.open(folder / "images" / "b.png").save(other / "images" / "copy.png")
    Image.open(folder / "masks" / "b.png").save(other / "masks" / "copy.png")
    (other / "img_idx" / "val.txt").write_text("d\ncopy\n")
    result = tmp_path / "result.json"
    code, out, _ = run(
        "--data", folder, "--data", other, "--split", "val", "--model", "bright", "--json", result
    )
    content = json.loads(result.read_text())
    assert code == 0
    assert set(content) == KEYS | {"datasets"}
    assert content["data"] == list(content["datasets"]) == ["Sky", "Sea shore"]
    assert content["images"] == 4
    assert [own["images"] for own in content["datasets"].values()] == [3, 2]
    assert [own["targets"] for own in content["datasets"].values()] == [3, 2]
    assert set(content["datasets"]["Sky"]) == KEYS - {"model", "data", "split"}
    assert all(name in out for name in ("pooled", "Sky", "Sea shore"))


def test_a_damaged_image_stops_the_evaluation(run, folder, detector):
    path = folder / "images" / "b.png"
    path.write_bytes(path.read_bytes()[:300])
    code, out, err = run("--data", folder, "--split", "val", "--model", "bright", "--json", "-")
    assert code == 1
    assert out == ""
    assert "b.png" in err
    assert "Traceback" not in err


def test_errors_of_the_user_are_one_line(run, folder, points_file, tmp_path):
    base = ("--data", folder, "--split", "val")
    given = (*base, "--predictions", points_file)
    stranger = tmp_path / "other.csv"
    stranger.write_text("image,x,y\nz,1,1\n")
    wrong = {
        base: "give either --model or --predictions",
        (*given, "--model", "bright"): "give either --model or --predictions",
        (*given, "--protocol", "blob"): "--protocol blob: choose one of point, point-greedy, mask",
        (*given, "--points"): "--points needs --json",
        (*given, "--published-decoder"): "--published-decoder needs --model",
        (*given, "--polarity", "dark"): "--polarity needs --model",
        (*given, "--no-measure"): "--no-measure needs --model",
        (*given, "--radius", "-1"): "radius -1.0 px",
        (*given, "--threshold", "nan"): "threshold nan",
        (*given, "--truth", "boxes"): "--truth boxes: give mask or centroids",
        (*given, "--data", folder): "two datasets are named 'Sky'",
        (*given, "--json", folder): "cannot be written",
        (*base, "--predictions", stranger): "none of the 1 prediction names",
        (*base, "--predictions", tmp_path / "gone.csv"): "gone.csv: cannot be read",
    }
    for arguments, message in wrong.items():
        code, _, err = run(*arguments)
        assert code == 1, arguments
        assert message in err
        assert [line.startswith("irpoint: error: ") for line in err.splitlines()] == [True]


def test_suite_pools_its_datasets_beside_the_published_rows(run, tmp_path):
    for name in ("NUDT-SIRST", "IRSTD-1k", "SIRST-v1", "SIRST-v2"):
        write_dataset(tmp_path / name, {f"{name}-a": [(10, 10)]})
    points = tmp_path / "points.csv"
    points.write_text("image,x,y\nNUDT-SIRST-a,10,10\n")
    base = ("--split", "val", "--predictions", points, "--suite")
    code, out, _ = run("--data", tmp_path, *base, "sirst4")
    assert code == 0
    assert "94.60" in out
    assert "not public" in out
    for arguments, message in {
        ("--data", tmp_path / "SIRST-v1", *base, "sirst4"): "no folder NUDT-SIRST",
        ("--data", tmp_path, *base, "sirst5"): "choose one of: sirst4",
        ("--data", tmp_path, "--data", tmp_path, *base, "sirst4"): "give one --data",
    }.items():
        code, _, err = run(*arguments)
        assert code == 1
        assert message in err


def test_the_old_name_of_the_suite_option_works_with_a_warning(run, tmp_path):
    for name in ("NUDT-SIRST", "IRSTD-1k", "SIRST-v1", "SIRST-v2"):
        write_dataset(tmp_path / name, {f"{name}-a": [(10, 10)]})
    points = tmp_path / "points.csv"
    points.write_text("image,x,y\nNUDT-SIRST-a,10,10\n")
    code, out, err = run(
        "--data", tmp_path, "--split", "val", "--predictions", points, "--benchmark", "sirst4"
    )
    assert code == 0
    assert "94.60" in out
    assert "--benchmark is now called --suite" in err
