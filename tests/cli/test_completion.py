"""Shell completion: what Tab offers, and the script that a shell loads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from irpoint.cli.completion import complete_method


def run_irpoint(*arguments: str, **environment: str) -> str:
    code = "from irpoint.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def complete(cli, monkeypatch):
    """What bash offers after a line whose last word is incomplete."""

    def offered(line: str) -> list[str]:
        monkeypatch.setenv("_IRPOINT_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
        code, out, err = cli()
        assert (code, err) == (0, "")
        return out.split()

    return offered


def test_names_of_commands_models_formats_and_scenes_are_completed(complete):
    assert complete("irpoint det") == ["detect"]
    assert complete("irpoint benchmark --model s") == ["spire", "sshd"]
    assert complete("irpoint benchmark --backend op") == ["openvino"]
    assert complete("irpoint simulate --scene cl") == ["clear", "clouds", "clutter"]
    assert complete("irpoint simulate --format ") == ["png", "tiff", "stack", "npy"]
    assert complete("irpoint train --init sp") == ["spire"]
    assert complete("irpoint train --method p2p") == ["p2p-lite"]
    formats = ["coco", "cvat", "csv", "fiftyone", "napari", "yolo-pose"]
    assert complete("irpoint convert --to ") == formats
    assert complete("irpoint detect --format ") == ["csv", "json", "coco"]
    assert complete("irpoint detect --engine r") == ["ray"]
    assert complete("irpoint export --to ") == ["onnx", "openvino"]
    assert complete("irpoint label frames --model sp") == ["spire"]
    assert complete("irpoint detect frames --polarity d") == ["dark"]
    assert complete("irpoint evaluate --suite ") == ["sirst4"]
    assert complete("irpoint evaluate --protocol point") == ["point", "point-greedy"]
    assert complete("irpoint evaluate --protocol mask") == ["mask", "mask-opdc"]


def test_a_word_that_starts_no_name_is_left_to_the_completion_of_files(complete):
    assert complete("irpoint benchmark --model ./my") == []


def test_the_names_of_the_methods_are_those_of_their_folders(complete):
    methods = pytest.importorskip("irpoint.methods", reason="needs the extra train")
    assert complete_method("") == sorted(methods.METHODS)
    assert complete("irpoint train --method ") == sorted(methods.METHODS)
    assert complete("irpoint import-weights --method ") == sorted(methods.METHODS)


def test_the_script_is_shown_and_installed(tmp_path):
    # Typer takes the name of the shell as a value if it may not look for the parent process.
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1", "HOME": str(tmp_path)}
    assert "_IRPOINT_COMPLETE=complete_bash" in run_irpoint("--show-completion", "bash", **named)
    assert "bash completion installed" in run_irpoint("--install-completion", "bash", **named)
    (script,) = (path for path in tmp_path.rglob("*") if path.is_file() and path.name[0] != ".")
    assert script.name == "irpoint.sh"
