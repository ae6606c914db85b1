"""A case: one valid input with one damaged file, made from its kind and number."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from experiments.fuzz.damage import damage
from experiments.fuzz.kind import Seed
from experiments.fuzz.kinds import KINDS


@cache
def seeds(kind: str) -> tuple[Seed, ...]:
    """The valid inputs of a kind."""
    return tuple(KINDS[kind].seeds())


@dataclass(frozen=True)
class Case:
    """Case ``number`` of a kind, for the random numbers of ``seed``."""

    kind: str
    number: int
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"

    def write(self, folder: Path) -> tuple[Path, str]:
        """Write the input into a folder; the path to open, and which file is damaged and how."""
        valid = seeds(self.kind)[self.number % len(seeds(self.kind))]
        rng = np.random.default_rng([self.seed, zlib.crc32(self.kind.encode()), self.number])
        if not valid.damaged:
            return write_files(dict(valid.files), valid.opened, folder), "as it is"
        name = str(rng.choice(sorted(valid.damaged)))
        way, content = damage(valid.files[name], name, rng)
        return write_files({**valid.files, name: content}, valid.opened, folder), f"{name}: {way}"


def write_files(files: dict[str, bytes], opened: str, folder: Path) -> Path:
    """Write files into a folder; the path to open."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / opened
