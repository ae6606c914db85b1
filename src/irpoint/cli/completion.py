"""What the shell offers after Tab. Nothing here imports PyTorch or a runtime."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pkgutil import iter_modules

# Typer calls a completer with the word typed so far, and offers what it returns. If that is
# nothing, the shell completes file names, so an option that takes a name or a path needs no more.
Completer = Callable[[str], list[str]]


def complete_from(*values: str) -> Completer:
    """A completer that offers those of ``values`` that start with the word typed so far."""

    def complete(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return complete


def complete_model(incomplete: str) -> list[str]:
    """Names of the models that ship."""
    from irpoint.zoo import model_names

    return complete_from(*model_names())(incomplete)


def complete_method(incomplete: str) -> list[str]:
    """Names of the methods, read from the names of their folders because they import PyTorch."""
    methods = find_spec("irpoint.methods")
    places = methods.submodule_search_locations if methods else None
    folders = [module.name for module in iter_modules(places) if module.ispkg]
    names = [folder.replace("_", "-") for folder in folders if folder != "blocks"]
    return complete_from(*sorted(names))(incomplete)


def complete_format(incomplete: str) -> list[str]:
    """Names of the formats in which points are written."""
    from irpoint.sinks import FORMATS

    return complete_from(*FORMATS)(incomplete)


complete_backend = complete_from("auto", "onnxruntime", "openvino")


def complete_scene(incomplete: str) -> list[str]:
    """Kinds of simulated scenes."""
    from irpoint.simulate.settings import SCENE_KINDS

    return complete_from(*SCENE_KINDS)(incomplete)
