"""The commands around training, as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from irpoint.benchmark.frames import _files
from irpoint.cli import app, torch_needed
from irpoint.errors import SettingsError
from irpoint.frames import read_frame

DESIGN_KEYS = {
    "model", "size", "backend", "threads", "total_ms", "stages_ms", "fps", "peak_rss_mb",
    "ratio_to_eager",
}  # fmt: skip


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--data", "x"],
        ["export", "--model", "x"],
        ["import-weights", "x.pth"],
    ],
)
def test_commands_that_need_torch_say_how_to_get_it(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_needed, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install 'irpoint\[train\]'"):
        invoke(*arguments)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["train", "--data", "x", "--method", "yolo"], "method"),
        (["train", "--data", "x", "--scale", "double"], "input scale"),
        (["export", "--model", "x", "--to", "tflite"], "tflite"),
        (["import-weights", "x.pth", "--method", "yolo"], "yolo"),
        (["benchmark", "--size", "3"], "size"),
        (["benchmark", "--size", "640x"], "size 640x"),
    ],
)
def test_wrong_values_are_named(arguments: list[str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        invoke(*arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--data", "x"],
        ["export", "--model", "x", "--to", "openvino"],
        ["export", "--model", "x", "--to", "openvino", "--int8", "--data", "x"],
        ["import-weights", "x.pth"],
        ["simulate"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_file_where_a_folder_is_to_be_written_stays(arguments: list[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("mine")
    with pytest.raises(SettingsError, match=r"mine\.txt: is a file; give a folder"):
        invoke(*arguments, "--out", str(file))
    assert file.read_text() == "mine"


def test_benchmark_writes_the_contract(model: Path, tmp_path: Path) -> None:
    file = tmp_path / "speed.json"
    text = invoke("benchmark", "--model", str(model), "--size", "64", "--repeats", "2",
                  "--json", str(file))  # fmt: skip
    figures = json.loads(file.read_text())
    assert set(figures) >= DESIGN_KEYS
    assert set(figures["stages_ms"]) == {"read", "prepare", "network", "decode", "write"}
    for times in (figures["total_ms"], *figures["stages_ms"].values()):
        assert 0 < times["median"] <= times["p95"]
    assert "whole call" in text


def test_what_the_system_refuses_is_one_line(cli, model: Path) -> None:
    arguments = ("--model", model, "--size", 64, "--repeats", 1, "--json", "/proc/none/speed.json")
    code, out, err = cli("benchmark", *arguments)
    assert (code, err) == (1, "irpoint: error: /proc/none: No such file or directory\n")
    assert "whole call" in out  # what took minutes is said before it is written


def test_a_full_disk_behind_standard_output_is_one_line() -> None:
    command = [sys.executable, "-c", "from irpoint.cli import main; main()", "models", "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "irpoint: error: No space left on device\n"


def test_large_frames_are_made_of_a_scene_that_repeats() -> None:
    (file,) = _files(2500, 1100)
    frame = read_frame(file)
    assert (frame.shape, frame.dtype) == ((1100, 2500), np.uint16)
    np.testing.assert_array_equal(frame[:76, :452], frame[1024:, 2048:])
    assert len({read_frame(small).tobytes() for small in _files(64, 48)}) == 4
