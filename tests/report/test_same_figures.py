"""``irpoint evaluate`` and ``irpoint report`` give the same figures, to the last digit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytest.importorskip("jinja2", reason="needs the extra report")

from irpoint.evaluation.result import figures
from irpoint.report.inputs import read_model
from irpoint.report.model import ReportedModel
from support.models import draw_blobs

Cli = Callable[..., Any]
OF_A_SPLIT = {
    "model", "data", "split", "frames", "repeated", "datasets", "trained_on", "settings", "card",
}  # fmt: skip


def write_dataset(root: Path, targets: list[list[tuple[float, float]]], start: int = 0) -> Path:
    """Frames of blobs, each labelled 1 px beside it, in a CSV; frame k has seed ``start`` + k."""
    root.mkdir()
    lines = ["image,x,y"]
    for k, points in enumerate(targets):
        name = f"{root.name}-{k}.png"
        Image.fromarray(draw_blobs(points, seed=start + k)).save(root / name)
        lines += [f"{name},{x + 1},{y}" for x, y in points] or [f"{name},,"]
    (root / "points.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def run(tmp_path: Path, write_model: Callable[..., Path]) -> Path:
    """A run on two datasets that share a frame, with a threshold below that of candidates."""
    some: list[list[tuple[float, float]]] = [[(20, 30)], [(60, 40), (100, 70)], [(40, 40)]]
    datasets = [write_dataset(tmp_path / "Sky", some), write_dataset(tmp_path / "Sea", some[:1], 9)]
    shutil.copy(datasets[0] / "Sky-1.png", datasets[1] / "again.png")
    with (datasets[1] / "points.csv").open("a") as lines:
        lines.write("again.png,61,40\n")
    folder = tmp_path / "run"
    write_model(
        folder / "model.onnx",
        name="mine",
        thresholds={"default": 0.02, "chosen": "by hand", "false_alarms_per_mpx": {}},
    )
    settings = {"data": [str(root) for root in datasets], "val_split": "all"}
    (folder / "settings.json").write_text(json.dumps(settings))
    return folder


def evaluated(cli: Cli, run: Path, *options: object) -> dict[str, Any]:
    data = json.loads((run / "settings.json").read_text())["data"]
    given = [part for root in data for part in ("--data", root)]
    file = run.parent / "result.json"
    code, _, err = cli(
        "evaluate", *given, "--split", "all", "--model", run, "--json", file, "--points", *options
    )
    assert code == 0, err
    return dict(json.loads(file.read_text()))


def assert_same(model: ReportedModel, content: dict[str, Any]) -> None:
    pooled = {key: value for key, value in content.items() if key not in OF_A_SPLIT}
    assert figures(model.evaluation) == pooled
    assert content["images"] == 4
    for name, own in content["datasets"].items():
        assert figures(model.on(name).evaluation) == own, name


def test_a_run_and_its_result_have_the_figures_of_evaluate(cli: Cli, run: Path) -> None:
    content = evaluated(cli, run)
    assert content["threshold"] == 0.02
    assert content["fp"] > 0  # points below 0.05 count at this threshold
    assert [len(content[kind]) for kind in ("frames", "repeated")] == [4, 1]
    assert content["datasets"]["Sea"]["images"] == 2
    for source in (run, run.parent / "result.json"):
        model = read_model(source)
        assert (model.name, model.datasets) == ("mine", ["Sky", "Sea"])
        assert_same(model, content)


def test_the_page_shows_the_digits_of_the_terminal(cli: Cli, run: Path, tmp_path: Path) -> None:
    _, table, _ = cli(
        "evaluate", "--data", tmp_path / "Sky", "--split", "all", "--model", run,
        "--json", tmp_path / "sky.json", "--points",
    )  # fmt: skip
    page = tmp_path / "page.html"
    assert cli("report", tmp_path / "sky.json", "--out", page)[0] == 0
    content = json.loads((tmp_path / "sky.json").read_text())
    shown = [f"{100 * content[key]:.2f}" for key in ("precision", "recall", "f1")]
    for text in shown:
        assert text in table
        assert f" data-intervals>{text}<small>" in page.read_text()


def test_without_targets_only_false_alarms_are_shown(
    cli: Cli, write_model: Callable[..., Path], tmp_path: Path
) -> None:
    empty = write_dataset(tmp_path / "Empty", [[], []])
    Image.fromarray(draw_blobs([(50, 50)])).save(empty / "Empty-1.png")  # a blob without a label
    for name, threshold in (("alarms", 0.4), ("silent", 5.0)):
        model = write_model(tmp_path / name / "model.onnx", name=name)
        code, out, err = cli(
            "evaluate", "--data", empty, "--split", "all", "--model", model, "--threshold",
            threshold, "--json", tmp_path / f"{name}.json", "--points",
        )  # fmt: skip
        assert code == 0, err
        assert "precision, recall and F1 are undefined" in " ".join(out.split())
        assert "100.00" not in out
        content = json.loads((tmp_path / f"{name}.json").read_text())
        for key in ("f1", "precision", "recall"):
            assert content[key] is content["interval_95"][key] is None
        assert content["fp"] == (name == "alarms")
        assert content["false_alarms_per_image"] == content["fp"] / 2
    page = tmp_path / "page.html"
    code, _, err = cli("report", tmp_path / "alarms.json", tmp_path / "silent.json", "--out", page)
    assert code == 0, err
    text = page.read_text()
    assert "There are no targets" in text
    assert "NaN" not in text
    assert " data-intervals>–</td>" in text
    assert "<h3>Recall against" not in text
    assert "Compared with" not in text
