"""``irpoint report``: one page, no network, that says what happened."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from irpoint.datasets import LabelledFrame, load_dataset
from irpoint.evaluation.records import record
from irpoint.frames import read_frame
from irpoint.points import Points
from irpoint.report.gather import gather
from irpoint.simulate import SceneSettings
from irpoint.simulate.dataset import simulate_dataset

pytest.importorskip("matplotlib", reason="the report extra is not installed")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("scenes")
    settings = SceneSettings.checked(width=96, height=80, targets=(0, 4), snr=(4, 20))
    simulate_dataset(root, settings, frames=12, seed=4)
    return root


def answers(scenes: Path, file: Path, recall: float, seed: int) -> Path:
    """Predictions that find a share of the targets, a little off, with false points among them."""
    rng = np.random.default_rng(seed)
    lines = ["image,x,y,score"]
    for frame in load_dataset(scenes, "all"):
        lines.append(f"{frame.name},1.0,1.0,0.01")
        for x, y in frame.points.xy:
            if rng.random() < recall:
                dx, dy = rng.normal(0, 0.7, 2)
                lines.append(f"{frame.name},{x + dx},{y + dy},{rng.uniform(0.5, 1)}")
        if rng.random() < 0.4:
            lines.append(f"{frame.name},70,40,{rng.uniform(0.3, 0.8)}")
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture
def results(cli, scenes: Path, tmp_path: Path) -> list[Path]:
    files = []
    for name, recall in (("good", 0.95), ("poor", 0.6)):
        said = answers(scenes, tmp_path / f"{name}.csv", recall, len(files))
        files.append(tmp_path / f"{name}.json")
        code, _, err = cli(
            "evaluate", "--data", scenes, "--split", "all", "--predictions", said,
            "--threshold", 0.4, "--json", files[-1], "--points",
        )  # fmt: skip
        assert code == 0, err
    return files


def test_result_with_points_holds_every_target_and_answer(results, scenes: Path) -> None:
    content = json.loads(results[0].read_text())
    frames = load_dataset(scenes, "all").frames
    assert [f["name"] for f in content["frames"]] == [f.name for f in frames]
    assert sum(len(f["targets"]) for f in content["frames"]) == content["targets"]
    below = [p for f in content["frames"] for p in f["predicted"] if p[2] < 0.4]
    assert len(below) >= len(frames)  # the threshold does not take candidates from the record


def test_contrast_is_that_of_the_target(scenes: Path) -> None:
    frame = next(f for f in load_dataset(scenes, "all") if len(f.points))
    (found,) = record([frame], {frame.image: Points.empty()})
    image = read_frame(frame.image)
    x, y = (round(float(v)) for v in frame.points.xy[0])
    assert found.targets[0].contrast is not None
    assert found.targets[0].contrast > 2
    assert image.shape == found.shape
    assert found.targets[0].x == pytest.approx(x, abs=0.5)
    assert found.targets[0].y == pytest.approx(y, abs=0.5)


def test_page_of_two_models(cli, results, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    code, said, err = cli("report", *results, "--out", out)
    assert (code, said.strip(), err) == (0, str(out), "")
    page = out.read_text()
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert "http://" not in re.sub(r'xmlns(:\w+)?="[^"]*"|"http://www.w3.org[^"]*"', "", page)
    f1 = [json.loads(file.read_text())["f1"] for file in results]
    for value in f1:
        assert f"{100 * value:.1f}" in page
    assert "Against good" in page
    assert f"{100 * (f1[1] - f1[0]):+.1f}" in page
    assert page.count("data:image/png") > 4
    assert r"\begin{tabular}" in page
    assert str(Path.home()) not in page


def test_one_model_is_not_compared(cli, results, tmp_path: Path) -> None:
    cli("report", results[0], "--out", tmp_path / "page.html")
    assert "Against" not in (tmp_path / "page.html").read_text()


def test_page_opens_in_a_browser(cli, results, tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("no chromium here; .ci/run installs it")
    out = tmp_path / "page.html"
    cli("report", *results, "--out", out)
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1280,800",
    ]  # fmt: skip
    shot = tmp_path / "page.png"
    said = subprocess.run(
        [browser, *options, "--enable-logging=stderr", f"--screenshot={shot}", out.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    ).stderr  # fmt: skip
    assert "CONSOLE" not in said, said
    pixels = read_frame(shot)
    assert pixels.shape == (800, 1280)
    assert pixels.std() > 5


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("junk", "is not JSON"),
        ("{}", "holds no frames"),
        ('{"frames": []}', "the split is empty"),
        ('{"frames": [{"name": 3}]}', "frames.0"),
    ],
)
def test_bad_results_are_one_line(cli, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "result.json").write_text(content)
    code, _, err = cli("report", tmp_path / "result.json", "--out", tmp_path / "page.html")
    assert code == 1
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "page.html").exists()


def test_results_of_other_images_are_not_compared(cli, results, tmp_path: Path) -> None:
    content = json.loads(results[1].read_text())
    content["frames"].pop()
    (tmp_path / "other.json").write_text(json.dumps(content))
    code, _, err = cli("report", results[0], tmp_path / "other.json", "--out", tmp_path / "p.html")
    assert code == 1
    assert "other images" in err


def test_answers_outside_the_frame_and_sets_without_sizes(cli, results, tmp_path: Path) -> None:
    content = json.loads(results[0].read_text())
    content["frames"][0]["predicted"] += [[-30.0, 5.0, 0.9], [5.0, 999.0, 0.9]]
    results[0].write_text(json.dumps(content))
    other = json.loads(results[1].read_text())
    for frame in other["frames"]:
        for target in frame["targets"]:
            target["size"] = 3.0
    results[1].write_text(json.dumps(other))
    code, _, err = cli("report", *results, "--out", tmp_path / "page.html")
    assert code == 0, err


def changed(file: Path, **changes: object) -> Path:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return file


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"radius_px": 3.0}, "within 3 px"), ({"protocol": "point-greedy"}, "protocol point-greedy")],
)
def test_what_was_counted_otherwise_is_not_compared(
    cli, results, tmp_path: Path, changes, said: str
) -> None:
    code, _, err = cli(
        "report", results[0], changed(results[1], **changes), "--out", tmp_path / "p.html"
    )
    assert code == 1
    assert said in err


def test_without_a_threshold_every_answer_counts(results) -> None:
    content = json.loads(results[0].read_text())
    frames = [f | {"predicted": [[x, y, s - 2] for x, y, s in f["predicted"]]}
              for f in content["frames"]]  # fmt: skip
    subject = gather(changed(results[0], threshold=None, frames=frames))
    said = sum(len(frame.predicted) for frame in subject.frames)
    assert subject.evaluation.tp + subject.evaluation.fp == said
    hits = sum(outcome.kind == "hit" for outcome in subject.outcomes)
    assert hits == subject.evaluation.tp


def test_a_score_at_the_threshold_is_a_hit_in_gallery_and_figures(results) -> None:
    content = json.loads(results[0].read_text())
    score = float(np.float32(0.7))  # a little less than 0.7
    frames = [f | {"predicted": [[x, y, score] for x, y, _ in f["predicted"]]}
              for f in content["frames"]]  # fmt: skip
    subject = gather(changed(results[0], threshold=0.7, frames=frames))
    assert subject.evaluation.tp > 0
    assert sum(o.kind == "hit" for o in subject.outcomes) == subject.evaluation.tp


def test_the_page_says_what_is_not_held_out(cli, results, tmp_path: Path) -> None:
    changed(results[0], trained_on=["scenes"])
    page = tmp_path / "page.html"
    code, _, err = cli("report", *results, "--out", page)
    assert code == 0, err
    assert "was trained on these frames of scenes: its figures are not held out" in page.read_text()


def test_pixels_that_are_no_numbers_do_not_spoil_the_contrast(tmp_path: Path) -> None:
    image = np.random.default_rng(0).normal(10, 1, (40, 40)).astype(np.float32)
    image[20, 20] = 40
    image[20, 21] = np.nan
    np.save(tmp_path / "a.npy", image)
    frame = LabelledFrame("a", tmp_path / "a.npy", (40, 40), Points.labels([[20, 20]]), "made")
    (found,) = record([frame], {frame.image: Points.empty()})
    assert found.targets[0].contrast == pytest.approx(30, rel=0.2)
