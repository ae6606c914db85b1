"""The record of the table of kinds: valid files, and the functions that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Seed:
    """Valid input, from which cases are made.

    Attributes:
        files: content by path, relative to the folder of the case.
        opened: the path that is read; empty for the folder itself.
        damaged: the files of which a case damages one; by default the opened one.
    """

    files: Mapping[str, bytes]
    opened: str = ""
    damaged: tuple[str, ...] = ()

    @classmethod
    def file(cls, name: str, content: bytes) -> Seed:
        """One file that is read alone."""
        return cls({name: content}, name, (name,))

    @classmethod
    def folder(cls, files: Mapping[str, bytes], *intact: str) -> Seed:
        """A folder that is read whole; the files whose names end with ``intact`` stay whole."""
        return cls(files, "", tuple(name for name in files if not name.endswith(intact or "\0")))


# Reads a path, and returns the one-line messages about what it skipped.
Read = Callable[[Path], Iterable[str]]


@dataclass(frozen=True)
class Kind:
    """A kind of input: a row of :data:`experiments.fuzz.kinds.KINDS`.

    Attributes:
        seeds: makes the valid inputs, always the same.
        reads: each is called with the path of a case.
    """

    seeds: Callable[[], Iterable[Seed]]
    reads: tuple[Read, ...]
