"""The section of a report about recall on simulated frames, which the cards state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="needs the extra report")

from irpoint import Detector
from irpoint.errors import IrpointWarning
from irpoint.evaluation import load_split, predictions_of_model
from irpoint.report import write_report
from irpoint.report.inputs import read_model
from irpoint.zoo import SimulatedRecall
from support.recalls import recall_values

Cli = Callable[..., Any]
TITLE = ">Recall on simulated frames</h2>"


def change(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def page_on(files: list[Path], out: Path) -> str:
    write_report(files, out)
    return " ".join(out.read_text().split())


def test_models_without_it_have_no_section(results: list[Path], tmp_path: Path) -> None:
    assert TITLE not in page_on(results, tmp_path / "page.html")


def test_it_is_shown_of_each_model_that_has_it(results: list[Path], tmp_path: Path) -> None:
    change(results[0], simulated_recall=recall_values())
    assert (
        page_on(results, tmp_path / "page.html").count(
            '<tr><th scope="row">good</th><td>200</td><td>70.0<small>'
        )
        == 1
    )
    land = recall_values()["scenes"]["sea"] | {"frames": 50}
    change(results[1], simulated_recall=recall_values(scenes={"land": land}))
    page = page_on(results, tmp_path / "page.html")
    section = page[page.index(TITLE) : page.index(">Examples</h2>")]
    heads = [*re.findall('<th scope="col">(.*?)</th>', section)]
    assert heads == ["model", "targets", "clouds", "sea", "land", "all scenes"]
    assert "<td>70.0<small>60.4–78.1</small></td>" in section
    assert '<th scope="row">poor</th><td>100</td><td>–</td><td>–</td><td>20.0<small>' in section
    assert "at 1 false alarm per Mpx" in section
    assert "good: 200 frames per scene, 640 × 512 px, 16 bits, SNR 8 to 40." in section
    assert "poor: 50 frames per scene" in section
    assert section.count("<h3>By S") == 2
    for text in ("8–18", "18–40", "0–4", "SCNR"):
        assert f'"{text}"' in page  # on the axes of the plots


def test_the_command_takes_it_from_the_card(
    cli: Cli, scenes: Path, write_model: Callable[..., Path], tmp_path: Path
) -> None:
    model = write_model(tmp_path / "model.onnx", simulated_recall=recall_values())
    code, _, err = cli(
        "evaluate", "--data", scenes, "--split", "all", "--model", model, "--json",
        tmp_path / "result.json", "--points",
    )  # fmt: skip
    assert code == 0, err
    recall = read_model(tmp_path / "result.json").simulated_recall
    assert recall == SimulatedRecall.model_validate(recall_values())


def test_the_card_says_nothing_of_another_scale(
    scenes: Path, write_model: Callable[..., Path], tmp_path: Path
) -> None:
    model = write_model(tmp_path / "model.onnx", simulated_recall=recall_values())
    with pytest.warns(IrpointWarning, match="scale fit:64 instead of native"):
        detector = Detector(model, scale="fit:64", backend="onnxruntime")
    assert predictions_of_model(detector, load_split([scenes], "all")).simulated_recall is None
