"""Shell completion. Nothing here imports PyTorch or a backend.

Typer calls a completer with the incomplete word and offers the names that it returns. If there are
none, the shell completes file names, so an option for a name or a path needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

Completer = Callable[[str], list[str]]


def complete_from(*tables: str) -> Completer:
    """Make a completer that offers the names in ``tables``.

    Args:
        tables: ``"module:name"`` of a collection, or of a function that returns one. The module is
            imported when the shell requests a completion.
    """

    def complete(incomplete: str) -> list[str]:
        names = [name for table in tables for name in _load(table)]
        return [name for name in names if name.startswith(incomplete)]

    return complete


def _load(table: str) -> list[str]:
    module, name = table.split(":")
    names = getattr(import_module(module), name)
    return list(names() if callable(names) else names)


def complete_method(incomplete: str) -> list[str]:
    """Offer the methods. Their names are read from their folders, because they import PyTorch."""
    methods = find_spec("irpoint.methods")
    folders = iter_modules(methods.submodule_search_locations if methods else None)
    names = (folder.name for folder in folders if folder.ispkg and folder.name != "blocks")
    return sorted(n for name in names if (n := name.replace("_", "-")).startswith(incomplete))


complete_backend = complete_from("irpoint.runtime.backends.open:backend_names")
complete_engine = complete_from("irpoint.pipeline.engine:ENGINES")
complete_export_format = complete_from("irpoint.export.formats:format_names")
complete_format = complete_from("irpoint.sinks:FORMATS")
complete_frame_format = complete_from("irpoint.simulate.sequence.frame_files:SEQUENCE_FORMATS")
complete_model = complete_from("irpoint.zoo:model_names")
complete_point_format = complete_from("irpoint.datasets.convert:POINT_FORMATS")
complete_polarity = complete_from("irpoint.runtime.polarity:POLARITIES")
complete_protocol = complete_from(
    "irpoint.evaluation.matching:PROTOCOLS", "irpoint.evaluation.mask_protocols:MASK_PROTOCOLS"
)
complete_recipe = complete_from("irpoint.training.recipes:recipe_names")
complete_scene = complete_from("irpoint.simulate.settings:SCENE_KINDS")
complete_suite = complete_from("irpoint.evaluation.suites:SUITES")
