"""``irpoint doctor``: the installation, this machine, and whether detection works."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from irpoint._version import __version__
from irpoint.errors import IrpointError

if TYPE_CHECKING:
    from irpoint.system.machine import Machine

_YES, _NO = "[green]✓[/]", "[red]✗[/]"
_MIB = 2**20


def doctor() -> None:
    """Report the installation and this machine, and check that detection works.

    The check runs the default model on a simulated frame. The exit code is 0 if it finds exactly
    the targets.
    """
    from irpoint.system.machine import inspect_machine

    machine = inspect_machine()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("versions", _versions())
    for name, text in _extras():
        table.add_row(name, text)
    table.add_row("processor", escape(machine.processor))
    table.add_row("", _instruction_sets(machine))
    table.add_row("cores", f"{machine.cores} usable")
    table.add_row("memory", _memory(machine))
    table.add_row("models", _models())
    passed, report = _self_test()
    table.add_row("self-test", report)
    Console().print(table)
    if not passed:
        raise typer.Exit(1)


def _versions() -> str:
    from irpoint.system.extras import version_of

    others = [f"{name} {version_of(name)}" for name in ("numpy", "onnxruntime")]
    return ", ".join([f"irpoint {__version__}", f"Python {platform.python_version()}", *others])


def _extras() -> list[tuple[str, str]]:
    from irpoint.system.extras import inspect_extras

    return [
        (
            f"extra {extra.name}",
            ", ".join(f"{name} {version or _NO}" for name, version in extra.versions.items())
            + ("" if extra.complete else f'  pip install "irpoint\\[{extra.name}]"'),
        )
        for extra in inspect_extras()
    ]


def _instruction_sets(machine: Machine) -> str:
    sets = machine.instruction_sets
    if sets is None:
        return "instruction sets: not reported by this system"
    present = ", ".join(name for name, has in sets.items() if has)
    absent = ", ".join(name for name, has in sets.items() if not has)
    parts = [f"has {present}" if present else "", f"lacks {absent}" if absent else ""]
    return "; ".join(part for part in parts if part)


def _memory(machine: Machine) -> str:
    if machine.memory is None:
        return "not reported by this system"
    free = machine.memory_free
    available = "" if free is None else f", {free // _MIB:,} MiB available"
    return f"{machine.memory // _MIB:,} MiB{available}"


def _models() -> str:
    from irpoint.zoo import find_model, model_names

    intact, damaged = [], []
    for name in model_names():
        try:
            find_model(name)
            intact.append(f"{escape(name)} {_YES}")
        except IrpointError as error:
            damaged.append(f"{_NO} {escape(str(error))}")
    lines = [", ".join(intact), *damaged]
    return "\n".join(filter(None, lines)) or f"{_NO} no model ships with this installation"


def _self_test() -> tuple[bool, str]:
    """Whether the self-test passed, and one line that describes its result."""
    from irpoint.benchmark.selftest import self_test
    from irpoint.runtime import Detector

    try:
        detector = Detector()
        result = self_test(detector)
    except IrpointError as error:
        return False, f"{_NO} {escape(str(error))}"
    mark = _YES if result.passed else _NO
    return result.passed, (
        f"{mark} {escape(detector.card.name)} on a simulated 512² frame: {result.found} of "
        f"{result.targets} targets found, {result.false_points} false points, "
        f"{result.milliseconds:.1f} ms"
    )
