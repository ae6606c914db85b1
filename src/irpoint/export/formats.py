"""The table of formats to which any model can be exported.

To add a format, write a module with a function that writes a model into a folder, and name it in
:data:`FORMATS`. Training itself writes ONNX, so that is not a format of this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from irpoint.errors import SettingsError
from irpoint.zoo import Model


@dataclass(frozen=True)
class ExportFormat:
    """A file format of other runtimes.

    Attributes:
        libraries: modules that the export imports.
        extra: extra of irpoint that installs them.
        write: (model, folder) → path of the written graph.
    """

    libraries: tuple[str, ...]
    extra: str
    write: Callable[[Model, Path], Path]


def _openvino(model: Model, folder: Path) -> Path:
    from irpoint.export.openvino import to_openvino

    return to_openvino(model, folder)


FORMATS: dict[str, ExportFormat] = {
    "openvino": ExportFormat(("openvino",), "openvino", _openvino),
}


def format_names() -> tuple[str, ...]:
    """The formats that ``irpoint export`` writes."""
    return ("onnx", *FORMATS)


def find_format(name: str) -> ExportFormat:
    """The format with this name; checks that its libraries are installed.

    Raises:
        SettingsError: if there is no such format, or its libraries are missing.
    """
    if name not in FORMATS:
        raise SettingsError(f"format {name!r} is unknown; choose from {', '.join(format_names())}")
    chosen = FORMATS[name]
    require_libraries(f"format {name!r}", chosen.libraries, chosen.extra)
    return chosen


def require_libraries(purpose: str, libraries: tuple[str, ...], extra: str) -> None:
    """Check that libraries are installed.

    Raises:
        SettingsError: if one is missing; the message names the extra that installs it.
    """
    missing = [library for library in libraries if find_spec(library) is None]
    if missing:
        raise SettingsError(
            f"{purpose} needs {' and '.join(missing)}: pip install 'irpoint[{extra}]'"
        )
