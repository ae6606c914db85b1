"""The page that ``irpoint report`` writes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jinja2", reason="needs the extra report")

from irpoint.errors import EvaluationError, IrpointWarning
from irpoint.report import write_report

Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def page(shared_results: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page on two models."""
    out = tmp_path_factory.mktemp("page") / "page.html"
    write_report(shared_results, out)
    return out


def change(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_the_page_shows_and_compares_two_models(page: Path, shared_results: list[Path]) -> None:
    text = page.read_text()
    f1 = [json.loads(file.read_text())["f1"] for file in shared_results]
    for value in f1:
        assert f"{100 * value:.1f}" in text
    assert "Compared with good" in text
    assert f"{100 * (f1[1] - f1[0]):+.1f}" in text
    assert text.count("data:image/png") > 4
    assert r"\begin{tabular}" in text


def test_the_page_needs_no_network_and_names_no_home_folder(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert "http://" not in re.sub(r'xmlns(:\w+)?="[^"]*"|"http://www.w3.org[^"]*"', "", text)
    assert str(Path.home()) not in text


def test_only_the_scripts_and_styles_of_the_page_may_run(page: Path) -> None:
    text = page.read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#39;", "'")
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        blocks = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert blocks
        hashes = [base64.b64encode(hashlib.sha256(b.encode()).digest()).decode() for b in blocks]
        assert [*re.findall(r"'sha256-([^']*)'", policy.split(rule)[1].split(";")[0])] == hashes
    assert not re.search(r'<[a-z]+ [^>]*\b(on[a-z]+|style)="', text.split("<script")[0])


def test_names_of_files_cannot_end_a_block_of_data(results: list[Path], tmp_path: Path) -> None:
    content = json.loads(results[0].read_text())
    content["frames"][0]["name"] = "</script><b>"
    change(results[0], frames=content["frames"])
    write_report(results[:1], tmp_path / "page.html")
    assert "</script><b>" not in (tmp_path / "page.html").read_text()


def test_images_that_are_gone_leave_their_examples(results: list[Path], tmp_path: Path) -> None:
    content = json.loads(results[0].read_text())
    content["frames"][0]["image"] = str(tmp_path / "gone.png")
    change(results[0], frames=content["frames"])
    with pytest.warns(IrpointWarning, match="1 of 12 images cannot be read"):
        write_report(results[:1], tmp_path / "page.html")
    assert "1 of 12 images could not be read" in (tmp_path / "page.html").read_text()


def test_the_command_reports_on_a_result_of_evaluate(
    cli: Cli, scenes: Path, tmp_path: Path
) -> None:
    points, file, out = (tmp_path / name for name in ("points.csv", "result.json", "page.html"))
    points.write_text("image,x,y,score\nframe_00000,1,1,0.01\n")
    code, _, err = cli(
        "evaluate", "--data", scenes, "--split", "all", "--predictions", points,
        "--threshold", 0.4, "--json", file, "--points",
    )  # fmt: skip
    assert code == 0, err
    content = json.loads(file.read_text())
    assert len(content["frames"]) == 12
    assert sum(len(frame["targets"]) for frame in content["frames"]) == content["targets"]
    # The threshold does not remove points from the records.
    assert sum(len(frame["predicted"]) for frame in content["frames"]) == 1
    code, text, err = cli("report", file, "--out", out)
    assert (code, text.strip(), err) == (0, str(out), "")
    assert "Compared with" not in out.read_text()  # there is one model


def test_models_with_other_images_are_not_compared(
    cli: Cli, results: list[Path], tmp_path: Path
) -> None:
    change(results[1], frames=json.loads(results[1].read_text())["frames"][:-1])
    code, _, err = cli("report", *results, "--out", tmp_path / "page.html")
    assert code == 1
    assert "other images" in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "page.html").exists()


def test_models_with_another_radius_are_not_compared(results: list[Path], tmp_path: Path) -> None:
    change(results[1], radius_px=3.0)
    with pytest.raises(EvaluationError, match="within 3 px"):
        write_report(results, tmp_path / "page.html")


def test_detections_outside_the_frame_and_sizes_of_targets_are_shown(
    results: list[Path], tmp_path: Path
) -> None:
    content = json.loads(results[0].read_text())
    content["frames"][0]["predicted"] += [[-30.0, 5.0, 0.9], [5.0, 999.0, 0.9]]
    for k, frame in enumerate(content["frames"]):
        for target in frame["targets"]:
            target["size"] = 3.0 + k
    change(results[0], frames=content["frames"])
    write_report(results[:1], tmp_path / "page.html")
    assert "Recall by size" in (tmp_path / "page.html").read_text()


def test_figures_on_training_frames_are_marked(results: list[Path], tmp_path: Path) -> None:
    change(results[0], trained_on=["scenes"])
    write_report(results[:1], tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "was trained on these frames of scenes: its figures are not held-out" in text
