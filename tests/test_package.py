"""The package as a whole: it works without PyTorch, imports quickly, and has one version."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

import irpoint
import irpoint.zoo
from support.rooms import MAY_USE_TORCH, TRAINING_LIBRARIES, source_files

PACKAGE = Path(irpoint.__file__).parent
PROJECT = Path(__file__).parents[1] / "pyproject.toml"
WITHOUT_TORCH = [name for name in source_files() if not name.startswith(MAY_USE_TORCH)]


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"COLUMNS": "80"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


IMPORT_ALL_AND_PRINT_HELP = """
import contextlib, importlib, io, sys
for library in {libraries}:
    sys.modules[library] = None
for name in {modules}:
    importlib.import_module(name)
from irpoint.cli import app, main
import typer
commands = sorted(typer.main.get_command(app).commands)
for command in [[], *([command] for command in commands)]:
    sys.argv = ["irpoint", *command, "--help"]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        main()
    assert "Usage: irpoint" in out.getvalue(), command
print(*commands)
assert not any(name.startswith({with_torch!r}) for name in sys.modules)
"""


def test_everything_but_training_works_without_torch():
    code = IMPORT_ALL_AND_PRINT_HELP.format(
        libraries=sorted(TRAINING_LIBRARIES),
        modules=WITHOUT_TORCH,
        with_torch=MAY_USE_TORCH,
    )
    assert {"detect", "doctor", "evaluate", "models"} <= set(run_python(code).split())


def test_training_without_torch_names_the_extra_on_one_line():
    code = (
        "import sys; sys.modules['torch'] = None; sys.stderr = sys.stdout\n"
        "sys.argv = ['irpoint', 'train', '--data', 'nowhere', '--out', 'nowhere']\n"
        "from irpoint.cli import main\n"
        "try: main()\n"
        "except SystemExit as stopped: print('code', stopped.code)"
    )
    line, exit_code = run_python(code).splitlines()
    assert line.startswith("irpoint: error: ")
    assert "irpoint[train]" in line
    assert exit_code == "code 1"


def test_detection_works_without_torch(model):
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({sorted(TRAINING_LIBRARIES)}))\n"
        "import numpy as np; from irpoint import Detector\n"
        "frame = np.full((64, 64), 100, np.uint8); frame[30:33, 40:43] = 200\n"
        f"print(*Detector({str(model)!r}, threads=1)(frame).xy.round().astype(int).ravel())"
    )
    assert run_python(code).split() == ["41", "31"]


def libraries_after(code: str) -> set[str]:
    """Top-level modules that are loaded after a piece of code has run."""
    code += "\nimport sys; print(*{name.split('.')[0] for name in sys.modules})"
    return set(run_python(code).splitlines()[-1].split())


HEAVY = {"numpy", "onnxruntime", "scipy", "PIL", "tifffile", "pydantic", "torch"}


def test_importing_irpoint_imports_no_heavy_library():
    assert not libraries_after("import irpoint") & (HEAVY | {"rich", "typer"})


def test_the_help_of_the_command_line_imports_no_heavy_library():
    code = "import sys; sys.argv = ['irpoint', '--help']\nfrom irpoint.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass"
    assert not libraries_after(code) & HEAVY


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def test_one_version():
    stated = tomllib.loads(PROJECT.read_text())["project"]["version"]
    assert irpoint.__version__ == stated == metadata.version("irpoint")
    code = "import sys; sys.argv = ['irpoint', '--version']\nfrom irpoint.cli import main; main()"
    assert run_python(code).strip() == f"irpoint {stated}"


def test_every_public_name_exists():
    assert all(getattr(irpoint, name) is not None for name in irpoint.__all__)
    with pytest.raises(AttributeError, match="nonsuch"):
        irpoint.nonsuch  # noqa: B018


def test_a_model_trained_on_val_has_the_figures_of_its_held_out_run():
    cards = [irpoint.zoo.find_model(name).card for name in irpoint.zoo.model_names()]
    trained_on_val = [card for card in cards if card.split == "train+val"]
    assert trained_on_val
    for card in trained_on_val:
        held_out = irpoint.zoo.find_model(PROJECT.parent / "weights" / f"{card.name}-train").card
        assert held_out.split == "train"
        assert held_out.sha256[:12] in card.note
        assert held_out.metrics == card.metrics
        assert held_out.thresholds.default == card.thresholds.default
