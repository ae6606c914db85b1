"""``irpoint detect`` on videos and headerless frames."""

from __future__ import annotations

import csv
import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint import Detector
from irpoint.errors import FrameError
from support.sources import read_frames
from support.videos import moving_blob, write_video

pytest.importorskip("av", reason="PyAV is not installed")


def test_points_have_times_and_the_overlay_is_a_video(cli, shipped: Path, tmp_path: Path) -> None:
    empty = [np.full((96, 128), 90, np.uint8)]
    write_video(tmp_path / "clip.mkv", moving_blob() + empty)
    out = tmp_path / "out"
    code, _, err = cli("detect", tmp_path / "clip.mkv", "--out", out, "--overlay")
    assert code == 0, err
    assert "in 8 of 9 frames" in " ".join(err.split())
    rows = list(csv.DictReader((out / "points.csv").open()))
    assert [float(row["time_s"]) for row in rows] == pytest.approx([k / 25 for k in range(8)])
    drawn = read_frames(out / "overlays" / "clip.mp4")
    assert [item.time_s for item in drawn] == pytest.approx([k / 25 for k in range(9)], abs=2e-3)
    assert {item.frame.shape for item in drawn} == {(480, 640)}
    assert [path.name for path in (out / "overlays").iterdir()] == ["clip.mp4"]


def test_the_path_of_a_video_is_not_one_frame(shipped: Path, tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", moving_blob())
    with pytest.raises(FrameError, match=r"clip\.mkv: has several frames; .* Detector\.stream"):
        Detector("spire")(tmp_path / "clip.mkv")


def test_a_second_run_deletes_the_video_of_the_first(cli, shipped: Path, tmp_path: Path) -> None:
    for name in ("clip.mkv", "other.mkv"):
        write_video(tmp_path / name, moving_blob())
    out = tmp_path / "out"
    for name in ("clip.mkv", "other.mkv"):
        assert cli("detect", tmp_path / name, "--out", out, "--overlay")[0] == 0
        assert [path.stem for path in (out / "overlays").iterdir()] == [Path(name).stem]
    assert len(read_frames(out / "overlays" / "other.mp4")) == 8


def test_the_summary_lists_the_tracks(cli, shipped: Path, tmp_path: Path) -> None:
    write_video(tmp_path / "clip.mkv", moving_blob())
    code, out, err = cli("detect", tmp_path / "clip.mkv", "--track")
    assert code == 0
    rows = list(csv.DictReader(out.splitlines()))
    assert {row["track"] for row in rows} == {"1"}
    x, y = (np.mean([float(row[name]) for row in rows]) for name in "xy")
    best = max(float(row["score"]) for row in rows)
    (line,) = (line.split() for line in err.splitlines() if line.split()[:1] == ["1"])
    ends = ["clip.mkv", "2", "clip.mkv", "7"]
    assert line == ["1", *ends, "6", f"{x:.1f}", f"{y:.1f}", f"{best:.2f}"]
    assert "6 of 8 frames; 1 track;" in " ".join(err.split())


def test_an_overlay_may_have_a_colon_in_its_name(
    cli, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / "12:30:00.mkv", moving_blob())
    code, _, err = cli("detect", "12:30:00.mkv", "--out", "o:1", "--overlay")
    assert code == 0, err
    assert len(read_frames("o:1/overlays/12:30:00.mp4")) == 8


@pytest.mark.parametrize("moment", ["begin", "end"])
def test_points_are_written_even_if_the_overlay_is_not(
    cli, shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    write_video(tmp_path / "clip.mkv", moving_blob())
    out, replace = tmp_path / "out", os.replace

    def full(source: Any, target: Any) -> None:
        if str(target).endswith(".mp4"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    if moment == "end":
        monkeypatch.setattr(os, "replace", full)
    else:
        out.mkdir()
        (out / "overlays").touch()
    code, _, err = cli("detect", tmp_path / "clip.mkv", "--out", out, "--overlay")
    assert code == 1
    assert "clip.mp4: cannot be written (" in err
    assert len(err.splitlines()) == 1
    rows = (out / "points.csv").read_text().splitlines()
    assert len(rows) == 1 + (8 if moment == "end" else 1)
    assert not list((tmp_path / "out").glob("overlays/.*"))


def test_headerless_frames_as_json(cli, shipped: Path, tmp_path: Path) -> None:
    (tmp_path / "dump.raw").write_bytes(np.stack(moving_blob()).tobytes())
    code, out, _ = cli("detect", tmp_path, "--raw", "128x96:uint8", "--format", "json")
    assert code == 0
    assert [frame["frame"] for frame in json.loads(out)["frames"]] == list(range(8))


def test_a_wrong_layout_is_one_line(cli, shipped: Path, tmp_path: Path) -> None:
    code, _, err = cli("detect", tmp_path / "dump.raw", "--raw", "128x96:uint12")
    assert code == 1
    assert "--raw 128x96:uint12" in " ".join(err.split())
