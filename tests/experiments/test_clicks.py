"""Two runs that differ only in label noise, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from experiments.clicks import compare, main, markdown
from irpoint.datasets import load_dataset
from irpoint.errors import SettingsError
from irpoint.training.label_noise import with_label_noise
from irpoint.training.settings import TrainSettings
from irpoint.zoo import read_card


@pytest.fixture
def sets(tmp_path: Path) -> list[Path]:
    """Two datasets with one target per list, of 9 × 9 pixels and of 3 × 3."""
    roots = []
    for name, side in (("wide", 9), ("small", 3)):
        for folder in ("images", "masks", "img_idx"):
            (tmp_path / name / folder).mkdir(parents=True)
        for split in ("train", "val"):
            mask = np.zeros((40, 40), np.uint8)
            mask[10 : 10 + side, 10 : 10 + side] = 255
            for folder in ("images", "masks"):
                Image.fromarray(mask).save(tmp_path / name / folder / f"{split}.png")
            (tmp_path / name / "img_idx" / f"{split}.txt").write_text(f"{split}\n")
        roots.append(tmp_path / name)
    return roots


@pytest.fixture
def make_run(tmp_path: Path, sets: list[Path], write_model: Any) -> Any:
    def make(name: str, f1: float, error: float | None, **changes: Any) -> Path:
        run = tmp_path / name
        own = {"f1": f1, "localisation_error_px": {"mean": error}}
        write_model(
            run / "model.onnx",
            metrics={"data": ["wide", "small"], "datasets": {"wide": own, "small": own}},
        )
        settings = TrainSettings.model_validate({"data": sets, "epochs": 3, **changes})
        (run / "settings.json").write_text(settings.model_dump_json())
        return run

    return make


def test_the_figures_of_both_runs_and_the_error_of_the_clicks(
    make_run: Any, sets: list[Path]
) -> None:
    clicks = compare(
        make_run("exact", 0.92, 0.5), make_run("clicked", 0.915, 0.75, label_noise="coarse")
    )
    assert clicks.recipe == "3 epochs of 2040 crops from random weights, seed 0"
    wide, small = clicks.datasets["wide"], clicks.datasets["small"]
    assert (wide.f1_centroids, wide.f1_clicks) == (0.92, 0.915)
    assert (wide.error_centroids_px, wide.error_clicks_px) == (0.5, 0.75)
    assert 0 < small.click_error_px < 1.5 * 2**0.5  # half of its box
    (frame,) = load_dataset(sets[0], "train")
    (click,) = with_label_noise([frame], "coarse", 0)
    assert wide.click_error_px == pytest.approx(np.hypot(*(click.points.xy - frame.points.xy)[0]))
    assert "| wide | 92.0 | 91.5 | 0.50 | 0.75 | " in markdown(clicks)


def test_a_single_dataset_in_which_nothing_was_found(make_run: Any, sets: list[Path]) -> None:
    alone = {"data": sets[:1]}
    runs = make_run("exact", 0.9, 0.5, **alone), make_run("lost", 0.0, None, label_noise=2, **alone)
    for run in runs:
        file = run / "model.json"
        card = json.loads(file.read_text())
        card["metrics"] = {"data": ["wide"], **card["metrics"]["datasets"]["wide"]}
        file.write_text(json.dumps(card))
    clicks = compare(*runs)
    assert list(clicks.datasets) == ["wide"]
    assert clicks.label_noise == 2
    assert "| wide | 90.0 | 0.0 | 0.50 | – | " in markdown(clicks)


def test_runs_that_differ_in_other_settings_are_refused(make_run: Any) -> None:
    exact = make_run("exact", 0.9, 0.5)
    for name, changes in (("same", {}), ("longer", {"label_noise": "coarse", "epochs": 4})):
        with pytest.raises(SettingsError, match="in label_noise, and in nothing else"):
            compare(exact, make_run(name, 0.9, 0.5, **changes))


def test_the_table_is_printed_and_written_into_a_card(
    make_run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = make_run("exact", 0.92, 0.5), make_run("clicked", 0.915, 0.75, label_noise="coarse")
    card = make_run("ships", 0.95, 0.4) / "model.json"
    before = read_card(card)
    main([str(path) for path in (*runs, card)])
    assert capsys.readouterr().out.startswith("| val | F1 % |")
    after = read_card(card)
    assert after.clicks == compare(*runs)
    assert after.model_copy(update={"clicks": None}) == before
