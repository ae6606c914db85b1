"""Frames in which nothing can be found are reported, in every file and on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from irpoint import Detector
from irpoint.errors import IrpointWarning
from irpoint.pipeline import detect
from support.models import draw_blobs


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Five frames: a scene, two blank ones, a saturated one, a scene."""
    scene = draw_blobs([(30.3, 20.7)]).astype(np.uint16) * 20
    blank, saturated = np.full_like(scene, 7000), scene.copy()
    saturated[: scene.shape[0] * 2 // 3] = 16383
    path = tmp_path / "clip.tif"
    tifffile.imwrite(path, np.stack([scene, blank, blank, saturated, scene]))
    return path


STATUSES = ["ok", "blank", "blank", "saturated", "ok"]


def test_the_command_reports_them_once_per_source_and_kind(
    cli, model: Path, stack: Path, tmp_path: Path
) -> None:
    code, _, err = cli("detect", "--model", model, stack, "--out", tmp_path / "out")
    lines = [line for line in err.splitlines() if "frame" in line and str(stack) in line]
    assert code == 0
    assert [line.split(": ", 2)[2].split(":")[0] for line in lines] == [
        "2 frames are blank", "1 frame is saturated",
    ]  # fmt: skip
    with (tmp_path / "out" / "frames.csv").open() as stream:
        assert [row["status"] for row in csv.DictReader(stream)] == STATUSES


def test_the_exit_code_is_1_if_nothing_can_be_found_in_any_frame(
    cli, model: Path, tmp_path: Path
) -> None:
    path = tmp_path / "shutter.tif"
    tifffile.imwrite(path, np.full((3, 60, 80), 7000, np.uint16), photometric="minisblack")
    code, out, err = cli("detect", "--model", model, path)
    assert code == 1
    assert out.startswith("source,frame,x,y,score,")
    assert out.count("\n") == 1
    assert "3 frames are blank: all pixels have one value" in err


@pytest.mark.parametrize("file_format", ["json", "coco"])
def test_documents_have_the_status(
    model: Path, stack: Path, tmp_path: Path, file_format: str
) -> None:
    summary = detect(stack, Detector(model), tmp_path / "out", file_format=file_format)
    assert summary.unjudged == {(str(stack), "blank"): 2, (str(stack), "saturated"): 1}
    assert summary.points_file is not None
    content = json.loads(summary.points_file.read_text())
    frames = content["images" if file_format == "coco" else "frames"]
    assert [frame["status"] for frame in frames] == STATUSES
    assert not (tmp_path / "out" / "frames.csv").exists()


def test_a_detector_warns_about_a_frame_and_a_stream_has_the_status(
    model: Path, stack: Path
) -> None:
    detector = Detector(model)
    with pytest.warns(IrpointWarning, match="nothing can be found in a frame: all pixels have one"):
        assert len(detector(np.zeros((60, 80), np.uint8))) == 0
    assert [result.status for result in detector.stream(stack)] == STATUSES
