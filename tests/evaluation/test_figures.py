"""The table of figures: everything that shows figures is made from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.evaluation import Evaluation
from irpoint.evaluation.figure import Figure, Resamples
from irpoint.evaluation.figures import FIGURES


def best_scores(evaluation: Evaluation) -> np.ndarray:
    """The highest score of each frame, also of predictions below the threshold."""
    return np.array([max(frame.predicted.score, default=0) for frame in evaluation.evaluated])


def mean_best_score(evaluation: Evaluation) -> float | None:
    return float(best_scores(evaluation).mean()) if evaluation.evaluated else None


def resampled_best_score(lists: Resamples) -> np.ndarray:
    best = best_scores(lists.evaluation)
    return lists.weights @ best / lists.images if len(best) else np.empty(0)


BEST_SCORE = Figure(
    "best_score", mean_best_score, resampled_best_score, "best %", "percent", optional=True
)


@pytest.fixture
def sky(tmp_path: Path) -> Path:
    folder = tmp_path / "Sky"
    for name, target in (("a", (20, 30)), ("b", None), ("c", (8, 9))):
        image = np.zeros((40, 50), np.uint8)
        if target:
            image[target] = 200
        for kind in ("images", "masks"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / kind / f"{name}.png")
    return folder


@pytest.fixture
def best_score() -> Iterator[None]:
    FIGURES.append(BEST_SCORE)
    yield
    FIGURES.remove(BEST_SCORE)


@pytest.mark.usefixtures("best_score")
def test_a_figure_needs_its_function_and_a_row(cli, sky: Path) -> None:
    points, out, page = (sky.parent / name for name in ("p.csv", "points.json", "page.html"))
    points.write_text("image,x,y,score\na,30,20,0.9\nb,1,1,0.3\nc,9,8,0.6\n")
    options = ["evaluate", "--data", sky, "--split", "all"]
    code, table, _ = cli(
        *options, "--predictions", points, "--threshold", 0.5, "--json", out, "--points"
    )
    assert code == 0
    assert "60.00" in table
    assert max(map(len, table.splitlines())) <= 80
    content = json.loads(out.read_text())
    assert (content["fp"], content["best_score"]) == (0, pytest.approx(0.6))
    low, high = content["interval_95"]["best_score"]
    assert 0.3 <= low < 0.6 < high <= 0.9
    pytest.importorskip("jinja2")
    assert cli("report", out, "--out", page)[0] == 0
    assert '<th scope="col">best %' in page.read_text()
    assert "best \\\\% & found" in page.read_text()  # the LaTeX table, in a string of JSON
    # A mask protocol has no scores, and so the figure is left out.
    code, table, _ = cli(
        *options, "--predictions", sky / "masks", "--protocol", "mask", "--json", out
    )
    assert (code, "best" in out.read_text(), "–" in table) == (0, False, True)
