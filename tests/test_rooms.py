"""The structure of the package: the order of its rooms, the place of PyTorch, the length of code.

A room is a folder or a module directly under ``src/irpoint``.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter

import pytest

from support.rooms import MAY_USE_TORCH, TRAINING_LIBRARIES, imports, source_files

# A room imports only from itself and from the rooms that come before it.
FLOORS = (
    ("_version", "defaults", "errors", "angles", "measurement", "points", "system"),
    ("psf", "frames", "decoding"),
    ("measuring", "badpixels"),
    ("zoo",),
    ("runtime",),
    ("tracking",),
    ("sinks",),
    ("exchange",),
    ("emit",),
    ("pipeline",),
    ("datasets",),
    ("evaluation",),
    ("methods", "simulate"),
    ("export",),
    ("training",),
    ("web", "live", "serve", "benchmark", "calibration", "report", "label"),
    ("cli",),
    ("__main__",),
)
ORDER = [room for floor in FLOORS for room in floor]

# The core runs on the smallest machines, so it carries nothing that detection does not need.
CORE = {"frames", "decoding", "measuring", "runtime"}
NOT_IN_CORE = {"evaluation", "simulate", "datasets", "sinks"}

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
FILES = source_files()
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in FILES.items()}
MODULES = [name for name in FILES if name != "irpoint"]
IMPORTS = {name: set(imports(TREES[name], FILES)) for name in FILES}


def room_of(module: str) -> str:
    """``"irpoint.frames.read"`` is in the room ``"frames"``."""
    return module.split(".")[1]


def imported_rooms(module: str) -> set[str]:
    return {room_of(name) for name in IMPORTS[module] if name.startswith("irpoint.")}


def test_every_room_has_its_place_in_the_order() -> None:
    assert {room_of(name) for name in MODULES} - set(ORDER) == set()
    assert len(set(ORDER)) == len(ORDER)


def test_a_room_imports_only_itself_and_lower_rooms() -> None:
    upward = [
        f"{name} imports {room}"
        for name in MODULES
        for room in imported_rooms(name)
        if ORDER.index(room) > ORDER.index(room_of(name))
    ]
    assert upward == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter({name: IMPORTS[name] & FILES.keys() for name in FILES}).prepare()
    except CycleError as error:
        pytest.fail(f"circle: {' <- '.join(error.args[1])}")


def test_no_module_imports_the_package_itself() -> None:
    """``from irpoint import Detector`` is for users; inside, a name comes from its own room."""
    assert [name for name in FILES if "irpoint" in IMPORTS[name]] == []


def test_the_core_is_free_of_evaluation_simulation_datasets_and_sinks() -> None:
    users = [
        f"{name} imports {room}"
        for name in MODULES
        for room in imported_rooms(name) & NOT_IN_CORE
        if room_of(name) in CORE
    ]
    assert users == []


def test_only_methods_training_and_onnx_export_import_torch() -> None:
    users = [
        name
        for name, imported in IMPORTS.items()
        if {other.split(".")[0] for other in imported} & TRAINING_LIBRARIES
    ]
    assert [name for name in users if not name.startswith(MAY_USE_TORCH)] == []


def test_files_are_short() -> None:
    lines = {
        name: len(file.read_text(encoding="utf-8").splitlines()) for name, file in FILES.items()
    }
    assert {name: count for name, count in lines.items() if count >= MAX_FILE_LINES} == {}


def test_functions_are_short() -> None:
    too_long = {
        f"{name}.{node.name}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 >= MAX_FUNCTION_LINES
    }
    assert not too_long
