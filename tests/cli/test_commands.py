"""What holds for several commands: missing PyTorch, invalid values, files in the way."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from irpoint.cli import app, torch_needed
from irpoint.errors import SettingsError


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_package_runs_as_a_module() -> None:
    run = partial(subprocess.run, capture_output=True, text=True, check=False)
    version = run([sys.executable, "-m", "irpoint", "--version"])
    assert (version.returncode, version.stdout.split()[0]) == (0, "irpoint")
    wrong = run([sys.executable, "-m", "irpoint", "detect", "nowhere"])
    assert wrong.returncode == 1
    assert wrong.stderr == "irpoint: error: nowhere: no such file or folder; check the path\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--data", "x"],
        ["export", "--model", "x"],
        ["import-weights", "x.pth"],
    ],
)
def test_commands_that_need_pytorch_name_the_extra(
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
    ],
)
def test_an_invalid_value_is_named(arguments: list[str], named: str) -> None:
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
def test_a_file_in_place_of_the_output_folder_is_kept(arguments: list[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("mine")
    with pytest.raises(SettingsError, match=r"mine\.txt: is a file; give a folder"):
        invoke(*arguments, "--out", str(file))
    assert file.read_text() == "mine"


def test_a_full_disk_under_standard_output_is_one_line() -> None:
    command = [sys.executable, "-c", "from irpoint.cli import main; main()", "models", "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "irpoint: error: No space left on device\n"
