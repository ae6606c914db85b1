"""Which libraries of this package's extras are installed, without importing any of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata

# The union of the others, and what only developers need.
_LEFT_OUT = ("all", "dev")


@dataclass(frozen=True)
class Extra:
    """One ``pip install "irpoint[name]"``.

    Attributes:
        name: of the extra.
        versions: of each library that it asks for; None where it is not installed.
    """

    name: str
    versions: dict[str, str | None]

    @property
    def complete(self) -> bool:
        """Whether all of it is installed."""
        return None not in self.versions.values()


def inspect_extras() -> list[Extra]:
    """The extras that the installed package declares, but for ``all`` and ``dev``."""
    found: dict[str, dict[str, str | None]] = {}
    for requirement in metadata.requires("irpoint") or []:
        library = re.match(r"[\w.-]+", requirement)
        extra = re.search(r"extra\s*==\s*['\"]([\w.-]+)['\"]", requirement)
        if library and extra and extra[1] not in _LEFT_OUT:
            found.setdefault(extra[1], {})[library[0]] = version_of(library[0])
    return [Extra(name, versions) for name, versions in found.items()]


def version_of(library: str) -> str | None:
    """Installed version of a library, None where it is missing."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None
