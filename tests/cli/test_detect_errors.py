"""``irpoint detect``: bad files and wrong options."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint import Detector
from support.detection import one_error, png, rows
from support.models import draw_blobs


def test_bad_files_are_listed_and_the_rest_goes_on(detect, folder, tmp_path):
    whole = (folder / "a.png").read_bytes()
    (folder / "a1.png").write_bytes(b"")
    (folder / "a2.png").write_bytes(whole[: len(whole) // 2])
    (folder / "a3.png").write_text("a letter")
    code, out, err = detect(folder, "--batch", 2)
    assert code == 1
    assert [Path(row["source"]).name for row in rows(out)] == ["a.png", "a.png", "c.png"]
    lines = err.splitlines()
    assert [line.split(": ")[:2] for line in lines[:3]] == [["irpoint", "skipped"]] * 3
    for line, name in zip(lines, ("a1.png", "a2.png", "a3.png"), strict=False):
        assert name in line
    assert "3 points in 2 of 3 frames; all measured; 3 skipped" in lines[3]
    assert len(lines) == 4


def test_one_bad_file_alone_writes_nothing(detect, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"\x89PNG")
    code, out, err = detect(bad, "--out", tmp_path / "out")
    assert (code, out) == (1, "")
    assert "bad.png" in err.splitlines()[0]
    assert "nothing written" in err.splitlines()[1]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_missing_file_costs_the_others_nothing(detect, folder):
    code, out, err = detect(folder / "gone.png", folder / "c.png")
    assert code == 1
    assert len(rows(out)) == 1
    assert "gone.png: no such file" in err.splitlines()[0]


def test_frames_that_do_not_fit_the_mask_are_skipped(detect, folder, tmp_path):
    mask = np.zeros((96, 128), np.uint8)
    mask[15:26, 25:36] = 1
    (tmp_path / "mask.png").write_bytes(png(mask))
    (folder / "b2.png").write_bytes(png(draw_blobs([(20.0, 20.0)], (50, 60))))
    code, out, err = detect(folder, "--ignore-mask", tmp_path / "mask.png")
    assert code == 1
    assert [Path(row["source"]).name for row in rows(out)] == ["a.png", "c.png"]
    assert "b2.png: ignore mask is 128×96, the frame 60×50" in err


@pytest.mark.parametrize("setting", ["mask", "roi"])
def test_a_setting_that_fits_no_frame_is_one_line(detect, folder, tmp_path, monkeypatch, setting):
    def run(*_: object) -> None:
        raise AssertionError("the network ran")

    monkeypatch.setattr(Detector, "respond", run)
    (tmp_path / "mask.png").write_bytes(png(np.zeros((40, 30), np.uint8)))
    given, message = {
        "mask": (("--ignore-mask", tmp_path / "mask.png"), "mask is 30×40, the frame 128×96"),
        "roi": (("--roi", "128,0,200,90"), "is outside the frame of 128×96"),
    }[setting]
    out_dir = tmp_path / "out"
    for options in ((), ("--out", out_dir), ("--track",), ("--batch", 1)):
        code, out, err = detect(folder, *given, *options)
        assert code == 1
        line = one_error(err)
        assert str(folder / "a.png") in line
        assert message in line
        assert rows(out) == []
    assert list(out_dir.iterdir()) == []


def test_frames_of_one_source_that_do_not_fit_are_reported_once(detect, folder, tmp_path):
    (tmp_path / "mask.png").write_bytes(png(np.zeros((96, 128), np.uint8)))
    small = [Image.fromarray(draw_blobs([], (50, 60), seed=k)) for k in range(20)]
    small[0].save(folder / "b.tif", save_all=True, append_images=small[1:])
    code, out, err = detect(folder, "--ignore-mask", tmp_path / "mask.png")
    assert code == 1
    assert len(rows(out)) == 3
    assert sum("ignore mask is 128×96, the frame 60×50" in line for line in err.splitlines()) == 1
    assert "1 skipped" in " ".join(err.split())


WRONG = {
    "format": (["--format", "xml"], "format xml: choose one of csv, json, coco"),
    "overlay": (["--overlay"], "give --out DIR"),
    "batch": (["--batch", "0"], "--batch 0"),
    "threads": (["--threads", "-1"], "--threads -1"),
    "roi": (["--roi", "1,2,3"], "x0,y0,x1,y1"),
    "empty roi": (["--roi", "9,9,1,1"], "x0 < x1"),
    "mask": (["--ignore-mask", "gone.png"], "gone.png: no such file"),
    "threshold": (["--threshold", "0"], "must be positive"),
    "both": (["--threshold", "1", "--false-alarms-per-mpx", "1"], "not both"),
    "rate": (["--false-alarms-per-mpx", "3"], "no threshold for 3"),
    "scale": (["--scale", "double"], "'native' or 'fit:N'"),
    "model": (["--model", "nonsuch"], "nonsuch: no such model"),
    "source": (["gone.tif"], "gone.tif"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_options_are_one_line_and_write_nothing(detect, folder, tmp_path, name):
    arguments, message = WRONG[name]
    out_dir = [] if name == "overlay" else ["--out", tmp_path / "out"]
    sources = [] if name == "source" else [folder]
    code, out, err = detect(*sources, *arguments, *out_dir)
    assert (code, out) == (1, "")
    assert message in one_error(err)
    assert not (tmp_path / "out").exists()


def test_out_that_is_a_file_is_refused(detect, folder):
    code, out, err = detect(folder, "--out", folder / "a.png")
    assert (code, out) == (1, "")
    assert "is a file; give a folder" in one_error(err)


def test_labels_in_the_folder_are_refused_before_anything_is_done(detect, folder):
    (folder / "points.csv").write_text("image,x,y\na.png,1,2\n")
    code, out, err = detect(folder, "--out", folder)
    assert (code, out) == (1, "")
    assert "points.csv: contains labels; give another folder" in one_error(err)
    assert sorted(path.suffix for path in folder.iterdir()) == [".csv", ".png", ".png", ".png"]
