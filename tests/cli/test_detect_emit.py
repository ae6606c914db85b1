"""``irpoint detect --emit``: beside the points, instead of them, and to receivers that vanish."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from irpoint.pipeline import detect as run
from irpoint.runtime import Detector
from support.detection import TRUTH, one_error, rows
from support.receivers import WebServer, free_port

IRPOINT = [sys.executable, "-c", "from irpoint.cli import main; main()"]


def records(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines_take_the_place_of_the_csv(detect, folder) -> None:
    code, out, err = detect(folder, "--emit", "-")
    assert code == 0
    assert [record["source"][-5:] for record in records(out)] == ["a.png", "b.png", "c.png"]
    found = [sorted((p["x"], p["y"]) for p in record["points"]) for record in records(out)]
    for places, name in zip(found, "abc", strict=True):
        assert np.array(places).reshape(-1) == pytest.approx(np.ravel(TRUTH[name]), abs=0.3)
    assert "3 points in 2 of 3 frames" in err


def test_receivers_get_what_the_files_get(detect, folder, tmp_path) -> None:
    web = WebServer()
    lines, found = tmp_path / "frames.jsonl", tmp_path / "found"
    code, out, _ = detect(
        folder, "--out", found, "--emit", lines, "--emit", f"http://127.0.0.1:{web.port}/",
        "--emit", "-#only=points",
    )  # fmt: skip
    web.stop()
    assert code == 0
    whole = records(lines.read_text())
    assert web.bodies == whole
    assert records(out) == [record for record in whole if record["points"]]
    written = rows((found / "points.csv").read_text())
    sent = [(r["source"], p["x"], p["y"], p["snr"]) for r in whole for p in r["points"]]
    assert [(r["source"], float(r["x"]), float(r["y"]), float(r["snr"])) for r in written] == sent


def test_tracks_are_emitted(detect, tmp_path) -> None:
    from support.models import write_moving_target

    clip = write_moving_target(tmp_path / "clip", 8, 3)
    (clip / "2b.png").unlink()
    code, out, _ = detect(clip, "--track", "--emit", "-")
    assert code == 0
    last = records(out)[-1]
    (track,), (point,) = last["tracks"], last["points"]
    assert point["track"] == track["number"]
    assert track["vx"] == pytest.approx(3, abs=0.3)
    assert track["detected"] is True


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--emit", "-", "--format", "json"], "--emit - uses standard output; give a folder"),
        (["--emit", "smoke-signal"], "--emit smoke-signal: is no address of a receiver"),
        (["--emit", "-", "--emit", "-"], "--emit -: is given twice"),
    ],
)
def test_what_cannot_be_emitted_is_one_line(detect, folder, arguments, reason) -> None:
    code, out, err = detect(folder, *arguments)
    assert (code, out) == (1, "")
    assert reason in one_error(err)


def test_a_dead_receiver_changes_neither_points_nor_exit_code(detect, folder, monkeypatch) -> None:
    monkeypatch.setattr("irpoint.emit.channel._STALLED_S", 0.1)
    port = free_port()
    code, out, err = detect(folder, "--emit", f"http://127.0.0.1:{port}/")
    assert code == 0
    assert len(rows(out)) == 3
    assert f"irpoint: warning: --emit http://127.0.0.1:{port}: Connection refused; retrying" in err
    assert f"--emit http://127.0.0.1:{port}: 0 frames sent, 3 dropped" in err


def test_a_closed_or_blocked_pipe_stops_only_a_detection_without_other_output(
    folder, model, tmp_path
) -> None:
    command = [*IRPOINT, "detect", str(folder), "--model", str(model), "--emit", "-"]
    outputs = {name: ["--out", str(tmp_path / name)] for name in ("closed", "blocked")}
    processes = {
        name: subprocess.Popen([*command, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for name, more in (outputs | {"alone": []}).items()
    }
    for name in ("closed", "alone"):
        processes[name].stdout.close()
    said = {name: each.stderr.read().decode() for name, each in processes.items()}
    codes = {name: each.wait() for name, each in processes.items()}
    for each in processes.values():
        each.stdout.close()
        each.stderr.close()
    assert codes == {"closed": 0, "blocked": 0, "alone": 1}, said
    for name in outputs:
        assert "3 points in 2 of 3 frames" in said[name]
        assert len((tmp_path / name / "points.csv").read_text().splitlines()) == 4
    for name in ("closed", "alone"):
        assert "irpoint: warning: --emit -: Broken pipe; it gets no more frames\n" in said[name]
    assert [line for line in said["alone"].splitlines() if "--emit -" not in line] == []


def test_in_python_results_may_go_to_receivers_alone(folder, model, tmp_path) -> None:
    lines = tmp_path / "frames.jsonl"
    summary = run(folder, Detector(model), None, emit=[str(lines)])
    assert (summary.frames, summary.points, summary.points_file) == (3, 3, None)
    assert len(records(lines.read_text())) == 3


def test_a_resumed_detection_emits_only_new_frames(detect, folder, tmp_path, monkeypatch) -> None:
    judge = Detector.judge

    def interrupted(self, frames, **limits):
        if len(judged) == 2:
            raise KeyboardInterrupt
        judged.append(1)
        return judge(self, frames, **limits)

    judged: list[int] = []
    first, second, found = tmp_path / "1.jsonl", tmp_path / "2.jsonl", tmp_path / "found"
    monkeypatch.setattr(Detector, "judge", interrupted)
    assert detect(folder, "--batch", 1, "--out", found, "--emit", first)[0] == 130
    monkeypatch.setattr(Detector, "judge", judge)
    assert detect(folder, "--batch", 1, "--out", found, "--emit", second)[0] == 0
    emitted = [[r["source"][-5:] for r in records(path.read_text())] for path in (first, second)]
    assert emitted[0] == ["a.png", "b.png"]
    assert emitted[1][-1] == "c.png"
    assert "a.png" not in emitted[1]
