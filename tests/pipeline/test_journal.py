"""A long detection that is killed goes on where it was, and ends as one that was not."""

from __future__ import annotations

import dataclasses
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from irpoint import zoo
from irpoint.pipeline.resume import journal_settings
from irpoint.points import FrameResult, Points
from irpoint.runtime.detector import Detector
from irpoint.sinks import Journal
from irpoint.system.atomic import lock_folder
from support.measured import measured_points
from support.models import draw_blobs, write_moving_target
from support.same_files import same_files


def frame(source: str, index: int = 0, points: int = 2) -> FrameResult:
    rng = np.random.default_rng(index)
    xy, score = rng.random((points, 2), np.float32), rng.random(points, np.float32)
    found = Points(xy, score, rng.random(points) < 0.5)
    return FrameResult(source, index, index / 30, (40, 50), found)


def test_finished_sources_come_back_to_the_bit(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_bytes(b"frame")
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    measured = dataclasses.replace(
        frame(a, 3), points=measured_points([(0.1, 0.7), (3, 4)], x_std=1 / 3, chi2=np.nan, flags=5)
    )
    none = dataclasses.replace(frame(a, 4), points=measured_points([]))
    frames = [frame(a), frame(a, 1), frame(a, 2, 0), measured, none, frame(b), frame(b, 1)]
    journal = Journal(tmp_path, {"threshold": 0.3})
    for found in frames:
        journal.add(found)
    # Killed here: no close. The last source may not be finished.
    again = Journal(tmp_path, {"threshold": 0.3})
    assert list(again.done) == [a]
    assert again.done[a] == frames[:5]
    twice = Journal(tmp_path, {"threshold": 0.3})
    assert list(twice.done) == [a]
    twice.close(finished=True)
    assert not twice.path.exists()


def test_other_settings_changed_files_and_cut_lines_start_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"frame")
    a = str(tmp_path / "a")

    def begun() -> Journal:
        journal = Journal(tmp_path, {"threshold": 0.3})
        journal.add(frame(a))
        journal.add(frame("b"))
        journal.close(finished=False)
        return journal

    begun()
    assert not Journal(tmp_path, {"threshold": 0.4}).done
    journal = begun()
    journal.path.write_text(journal.path.read_text()[:-20])
    assert list(Journal(tmp_path, {"threshold": 0.3}).done) == [a]
    journal.path.write_text("nonsense")
    assert not Journal(tmp_path, {"threshold": 0.3}).done


@pytest.mark.parametrize("position", [0, 12, 60, 130, 200, 300])
def test_a_flipped_bit_never_changes_a_result(tmp_path: Path, position: int) -> None:
    a = str(tmp_path / "a")
    (tmp_path / "a").write_bytes(b"frame")
    journal = Journal(tmp_path, {"threshold": 0.3})
    for found in (frame(a), frame(a, 1), frame("b")):
        journal.add(found)
    journal.close(finished=False)
    whole = journal.path.read_bytes()
    for bit in (0, 4, 7):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << bit
        journal.path.write_bytes(damaged)
        assert not Journal(tmp_path, {"threshold": 0.3}).done
    journal.path.write_bytes(whole)
    assert Journal(tmp_path, {"threshold": 0.3}).done == {a: [frame(a), frame(a, 1)]}


def test_a_source_that_has_changed_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"frame")
    journal = Journal(tmp_path, {"threshold": 0.3})
    journal.add(frame(str(tmp_path / "a")))
    journal.add(frame("b"))
    journal.close(finished=False)
    (tmp_path / "a").write_bytes(b"another frame")
    assert not Journal(tmp_path, {"threshold": 0.3}).done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_moving_target(tmp_path / "frames", 6, 10)


@pytest.fixture
def stop_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[int]]:
    """Let Ctrl-C come at the detector's n-th batch; gives the sizes of all batches."""

    def arm(call: int) -> list[int]:
        batch, calls = Detector.judge, []

        def stopping(self, frames, **limits):
            calls.append(len(frames))
            if len(calls) == call:
                raise KeyboardInterrupt
            return batch(self, frames, **limits)

        monkeypatch.setattr(Detector, "judge", stopping)
        return calls

    return arm


def test_stopped_and_run_again_gives_the_files_of_one_run(
    cli, shipped: Path, folder: Path, tmp_path: Path, stop_at: Callable[[int], list[int]]
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    cli("detect", folder, "--out", whole, "--overlay", "--batch", 1)
    calls = stop_at(4)
    code, _, err = cli("detect", folder, "--out", broken, "--overlay", "--batch", 1)
    assert code == 130
    assert "run it again to resume" in " ".join(err.split())
    code, _, err = cli("detect", folder, "--out", broken, "--overlay", "--batch", 1)
    assert code == 1  # the broken frame
    assert "2 sources finished before" in " ".join(err.split())
    assert len(calls) == 4 + 4  # frames 2 to 5: the third was not known to be finished
    same_files(whole, broken)


def test_only_the_sources_and_the_model_of_this_run_come_from_the_last_one(
    cli, shipped: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop_at
) -> None:
    out = tmp_path / "out"
    stdin = (folder / "5.png").read_bytes()

    def detect(*sources: object, model: str = "dog") -> tuple[str, set[str]]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        arguments = ("--model", model, "--threshold", 0.1, "--batch", 1)
        _, _, err = cli("detect", *sources, *arguments, "--out", out)
        rows = (out / "points.csv").read_text().splitlines()[1:]
        return " ".join(err.split()), {Path(row.split(",")[0]).stem for row in rows}

    for card in ("top-hat", "dog"):
        path = Path(zoo.__file__).parent / "weights" / f"{card}.json"
        (shipped.parent / path.name).write_bytes(path.read_bytes())
    stop_at(4)  # "-" and 0.png are finished by then
    frames = [folder / f"{k}.png" for k in range(5)]
    detect("-", *frames)
    kept = (out / ".unfinished.jsonl").read_bytes()
    said, found = detect("-", frames[4])
    assert "finished before" not in said
    assert found == {"-", "4"}
    for model, again in (("dog", True), ("top-hat", False)):
        (out / ".unfinished.jsonl").write_bytes(kept)
        said, found = detect(*frames[:2], model=model)
        assert ("1 sources finished before" in said) == again
        assert found == {"0", "1"}


def test_damage_of_a_finished_source_is_said_again(
    cli, shipped: Path, folder: Path, tmp_path: Path, stop_at: Callable[[int], list[int]]
) -> None:
    (folder / "1.png").unlink()
    pages = [Image.fromarray(draw_blobs([(30, 40)], seed=k)) for k in range(3)]
    pages[0].save(folder / "1.tif", save_all=True, append_images=pages[1:])
    with (folder / "1.tif").open("r+b") as stream:
        stream.truncate((folder / "1.tif").stat().st_size - 5000)
    stop_at(5)
    arguments = ("--batch", 1, "--overlay", "--out", tmp_path / "out")
    assert cli("detect", folder, *arguments)[0] == 130
    (folder / "2b.png").unlink()
    code, _, err = cli("detect", folder, *arguments)
    said = " ".join(err.split())
    assert "2 sources finished before; 1 skipped" in said
    assert "1.tif: the TIFF is truncated" in said
    assert code == 1


_SLOW = """
import time
from irpoint.cli import main
from irpoint.runtime.detector import Detector
batch = Detector.judge
def slowly(self, frames, **limits):
    time.sleep(0.4)
    return batch(self, frames, **limits)
Detector.judge = slowly
main()
"""


def test_killed_without_warning_and_run_again(model: Path, folder: Path, tmp_path: Path) -> None:
    """A real process under SIGKILL, in the middle of its work."""
    out = tmp_path / "out"
    command = [sys.executable, "-c", _SLOW, "detect", str(folder)]
    command += ["--model", str(model), "--out", str(out), "--batch", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    journal, deadline = out / ".unfinished.jsonl", time.monotonic() + 120
    while not (journal.exists() and journal.read_text().count('"end"') >= 2):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (out / "points.csv").exists()
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    assert "sources finished before" in " ".join(again.stderr.split())
    rows = (out / "points.csv").read_text().splitlines()[1:]
    assert [Path(row.split(",")[0]).stem for row in rows] == [str(k) for k in range(6)]
    assert not journal.exists()


def test_two_detections_do_not_share_a_folder(cli, model: Path, tmp_path: Path) -> None:
    frame, out = tmp_path / "a.png", tmp_path / "out"
    Image.fromarray(draw_blobs([(30.3, 20.7)])).save(frame)
    out.mkdir()
    with lock_folder(out) as ours:
        assert ours
        code, _, err = cli("detect", "--model", model, frame, "--out", out)
        assert code == 1
        assert "another detection is writing there" in " ".join(err.split())
        assert list(out.iterdir()) == []
    assert cli("detect", "--model", model, frame, "--out", out)[0] == 0
    assert sorted(path.name for path in out.iterdir()) == ["frames.csv", "points.csv"]


def test_results_are_reused_only_if_they_were_measured_alike(model: Path) -> None:
    measured, plain = (
        journal_settings(Detector(model, backend="onnxruntime", threads=1, measure=measure))
        for measure in (True, False)
    )
    assert measured != plain
