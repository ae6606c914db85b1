"""Which libraries of the package's extras are installed, without importing any of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module, metadata
from types import ModuleType

from irpoint.errors import IrpointError

# "all" is the union of the others; "dev" is for developers.
_LEFT_OUT = ("all", "dev")


@dataclass(frozen=True)
class Extra:
    """One extra, as in ``pip install "irpoint[name]"``.

    Attributes:
        name: name of the extra.
        versions: installed version of each library of the extra; None if it is not installed.
    """

    name: str
    versions: dict[str, str | None]

    @property
    def complete(self) -> bool:
        """Whether every library of the extra is installed."""
        return None not in self.versions.values()


def inspect_extras() -> list[Extra]:
    """The extras that the installed package declares, except ``all`` and ``dev``."""
    found: dict[str, dict[str, str | None]] = {}
    for requirement in metadata.requires("irpoint") or []:
        library = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"extra\s*==\s*['\"]([\w.-]+)['\"]", requirement)
        if library and extra and extra[1] not in _LEFT_OUT:
            found.setdefault(extra[1], {})[library[0]] = version_of(library[0])
    return [Extra(name, versions) for name, versions in found.items()]


def version_of(library: str) -> str | None:
    """Installed version of a library; None if it is not installed."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def import_extra(module: str, extra: str, purpose: str, error: type[IrpointError]) -> ModuleType:
    """Import a module of an extra.

    Args:
        module: name of the module.
        extra: name of the extra.
        purpose: what the module is needed for.
        error: type of the error.

    Raises:
        IrpointError: of the type ``error``, if the module is not installed.
    """
    library = module.partition(".")[0]
    return _import(module, f"{purpose} needs {library}; run pip install 'irpoint[{extra}]'", error)


def import_library(
    module: str, purpose: str, requirement: str, error: type[IrpointError]
) -> ModuleType:
    """Import a library that belongs to no extra, because its users have it anyway.

    Args:
        module: name of the module.
        purpose: what the module is needed for.
        requirement: what to install, as pip names it.
        error: type of the error.

    Raises:
        IrpointError: of the type ``error``, if the module is not installed.
    """
    library = module.partition(".")[0]
    return _import(module, f"{purpose} needs {library}; run pip install '{requirement}'", error)


def _import(module: str, advice: str, error: type[IrpointError]) -> ModuleType:
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        raise error(advice) from missing
