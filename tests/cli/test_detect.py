"""``irpoint detect`` from the command line to the points."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from PIL import Image

from irpoint.evaluation import read_predictions
from support.detection import TRUTH, one_error, png, rows
from support.models import draw_blobs, shipped_weights

SAMPLES = Path(__file__).parents[2] / "samples"


def test_csv_on_stdout_and_the_totals_on_stderr(detect, folder):
    code, out, err = detect(folder)
    assert code == 0
    assert out.splitlines()[0].startswith("source,frame,x,y,score,x_std,y_std,")
    found = rows(out)
    assert [Path(row["source"]).name for row in found] == ["a.png", "a.png", "c.png"]
    assert {row["frame"] for row in found} == {"0"}
    nearest = min(found[:2], key=lambda row: float(row["x"]))
    assert float(nearest["x"]) == pytest.approx(30.3, abs=0.35)
    assert float(nearest["y"]) == pytest.approx(20.7, abs=0.35)
    assert err.startswith("irpoint: 3 points in 2 of 3 frames; ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("file_format", ["csv", "json", "coco"])
def test_files_and_stdout_say_the_same(detect, folder, tmp_path, file_format):
    out_dir = tmp_path / "deep" / "out"
    code, out, _ = detect(folder, "--format", file_format)
    assert code == 0
    code, nothing, err = detect(folder, "--format", file_format, "--out", out_dir)
    assert (code, nothing) == (0, "")
    (path,) = (file for file in out_dir.iterdir() if file.name != "frames.csv")
    assert path.read_text() == out
    assert str(path) in err.replace("\n", "")
    points = read_predictions(path)
    assert sum(map(len, points.values())) == 3
    assert len(points) == (2 if file_format == "csv" else 3)


def test_overlays_lie_beside_the_points(detect, folder, tmp_path):
    out_dir = tmp_path / "out"
    code, _, err = detect(folder, "--out", out_dir, "--overlay")
    assert code == 0
    names = sorted(path.name for path in (out_dir / "overlays").iterdir())
    assert names == ["a.png", "b.png", "c.png"]
    assert "overlays in" in " ".join(err.split())
    # The first points, for the eye.
    assert "90.0" in err


def test_sources_of_one_stem_keep_their_pictures_apart(detect, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.png").write_bytes((folder / "c.png").read_bytes())
    out_dir = tmp_path / "out"
    assert detect(folder / "a.png", other, "--out", out_dir, "--overlay")[0] == 0
    assert len(list((out_dir / "overlays").iterdir())) == 2


def test_a_second_run_leaves_no_stale_overlays(detect, folder, tmp_path):
    out_dir = tmp_path / "out"
    pages = [Image.fromarray(draw_blobs([(20 + k, 40)])) for k in range(3)]
    pages[0].save(folder / "rec.tif", save_all=True, append_images=pages[1:])

    def overlays() -> list[str]:
        return sorted(path.name for path in (out_dir / "overlays").iterdir())

    assert detect(folder, "--out", out_dir, "--overlay")[0] == 0
    assert overlays() == ["a.png", "b.png", "c.png", "rec-0.png", "rec-1.png", "rec-2.png"]
    (out_dir / "overlays" / "report.png").write_bytes(png(draw_blobs([])))
    assert detect(folder / "gone.png", folder / "a.png", "--out", out_dir, "--overlay")[0] == 1
    assert overlays() == ["a.png", "report.png"]
    # A run that finds no frame leaves all as it is; one without overlays replaces the points.
    assert detect(folder / "gone.png", "--out", out_dir)[0] == 1
    assert overlays() == ["a.png", "report.png"]
    assert detect(folder / "b.png", "--out", out_dir)[0] == 0
    assert overlays() == ["report.png"]


def test_standard_input(detect, folder, monkeypatch):
    data = io.TextIOWrapper(io.BytesIO((folder / "c.png").read_bytes()))
    monkeypatch.setattr(sys, "stdin", data)
    code, out, _ = detect("-")
    assert code == 0
    assert [(row["source"], round(float(row["x"]))) for row in rows(out)] == [("-", 64)]


def test_roi_and_thresholds_reach_the_detector(detect, folder):
    assert len(rows(detect(folder, "--roi", "80,0,127,95")[1])) == 1
    assert len(rows(detect(folder, "--threshold", 5)[1])) == 0
    many = rows(detect(folder, "--threshold", 0.06)[1])
    assert len(many) > 3
    assert len(rows(detect(folder, "--false-alarms-per-mpx", 1)[1])) == 3


def test_dark_targets_are_found_and_named(detect, tmp_path):
    frame = tmp_path / "black-hot.png"
    frame.write_bytes(png(255 - draw_blobs(TRUTH["a"])))
    code, out, err = detect(frame)
    assert (code, rows(out)) == (0, [])
    assert "to find targets darker than their surroundings, give --polarity dark" in err
    for polarity in ("dark", "both"):
        code, out, err = detect(frame, "--polarity", polarity)
        assert code == 0
        assert "--polarity" not in err
        assert [row["polarity"] for row in rows(out)] == ["dark", "dark"]
        assert float(rows(out)[0]["x"]) == pytest.approx(90.0, abs=0.5)
    code, _, err = detect(frame, "--polarity", "cold")
    assert (code, one_error(err)) == (
        1,
        "irpoint: error: polarity 'cold': give bright, dark or both",
    )


def test_another_scale_warns_in_one_line(detect, folder):
    code, out, err = detect(folder / "a.png", "--scale", "fit:256")
    assert code == 0
    assert len(rows(out)) == 2
    assert err.splitlines()[0].startswith("irpoint: warning: scale fit:256 instead of native")


@shipped_weights
def test_the_shipped_model_finds_the_targets_of_the_samples(cli, tmp_path):
    images = SAMPLES / "images"
    code, _, err = cli("detect", images, "--out", tmp_path, "--format", "json", "--overlay")
    assert code == 0
    assert f"of {len(list(images.iterdir()))} frames" in " ".join(err.split())
    assert len(list((tmp_path / "overlays").iterdir())) == len(list(images.iterdir()))
    code, out, _ = cli(
        "evaluate", "--data", SAMPLES, "--split", "all",
        "--predictions", tmp_path / "points.json", "--json", "-",
    )  # fmt: skip
    figures = json.loads(out)
    assert code == 0
    # Simulated frames, which no model is trained on: far above chance, and in the right place.
    assert figures["recall"] > 0.5
    assert figures["precision"] > 0.8
    assert figures["localisation_error_px"]["median"] < 1
    assert abs(figures["localisation_error_px"]["bias_x"]) < 0.5
    assert abs(figures["localisation_error_px"]["bias_y"]) < 0.5
