"""``irpoint detect`` and ``evaluate`` with measured points, and without."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint.datasets import load_dataset
from support.detection import TRUTH, rows
from support.models import draw_blobs


def test_points_are_measured_unless_they_are_not_to_be(detect, folder: Path) -> None:
    code, out, err = detect(folder)
    assert code == 0
    assert "3 points in 2 of 3 frames; all measured; " in err
    for row in rows(out):
        assert 0.01 < float(row["x_std"]) < 0.1
        assert float(row["amplitude"]) == pytest.approx(70, rel=0.1)
        assert float(row["background"]) == pytest.approx(100, abs=3)
        assert float(row["width"]) == pytest.approx(1.8, rel=0.1)
        assert row["flags"] == ""
    code, out, err = detect(folder, "--no-measure")
    assert code == 0
    assert out.splitlines()[0] == "source,frame,x,y,score"
    assert "measured" not in err


def test_the_last_line_counts_the_flags(detect, tmp_path: Path) -> None:
    frame = draw_blobs([(30.3, 20.7), (90.0, 1.0)])
    Image.fromarray(np.minimum(frame, 150)).save(tmp_path / "a.png")
    code, out, err = detect(tmp_path / "a.png")
    assert code == 0
    flags = [row["flags"].split("|") for row in rows(out)]
    count = sum("border" in each for each in flags)
    assert count >= 1
    assert f"({count} border" in err


def test_the_table_shows_deviations(detect, folder: Path, tmp_path: Path) -> None:
    _, _, err = detect(folder, "--out", tmp_path / "out")
    assert "x_std" in err
    assert "snr" in err
    _, _, err = detect(folder, "--out", tmp_path / "out", "--no-measure")
    assert "x_std" not in err


def test_json_has_the_place_of_the_network(detect, folder: Path) -> None:
    plain = json.loads(detect(folder, "--format", "json", "--no-measure")[1])["frames"]
    found = json.loads(detect(folder, "--format", "json")[1])["frames"]
    for before, after in zip(plain, found, strict=True):
        for one, other in zip(before["points"], after["points"], strict=True):
            assert (other["network_x"], other["network_y"]) == (one["x"], one["y"])
            assert (other["x"], other["y"]) != (one["x"], one["y"])
            assert other["flags"] == []


def test_evaluate_takes_measured_places(cli, model: Path, folder: Path) -> None:
    lines = [f"{name}.png,{x},{y}" for name, xy in TRUTH.items() for x, y in xy or [("", "")]]
    (folder / "points.csv").write_text("\n".join(["image,x,y", *lines]) + "\n")
    given = ("evaluate", "--data", folder, "--split", "all", "--model", model, "--json", "-")

    def error(*options: str) -> float:
        code, out, err = cli(*given, *options)
        assert code == 0, err
        return float(json.loads(out)["localisation_error_px"]["mean"])

    assert error() < 0.5 * error("--no-measure")


def test_points_of_detect_are_labels_of_a_dataset(detect, folder: Path) -> None:
    """The width of a target in its column is not the width of the frame."""
    code, out, _ = detect(folder)
    assert code == 0
    (folder / "points.csv").write_text(out)
    frames = {frame.name: frame for frame in load_dataset(folder, "all")}
    assert len(frames["a"].points) == 2
    assert frames["c"].points.xy[0] == pytest.approx((64, 48), abs=0.2)
