"""Kinds that fail on purpose, for the tests of the fuzz program."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.fuzz.cases import Case
from experiments.fuzz.kind import Kind, Seed
from experiments.fuzz.kinds import KINDS


class FailingCase(Case):
    """A case of the kinds below: to load it in another process also adds them there."""


def _seeds() -> Iterator[Seed]:
    yield Seed.file("valid", b"valid")


def _damaged(path: Path) -> bool:
    return path.read_bytes() != b"valid"


def crash(path: Path) -> Iterator[str]:
    if _damaged(path):
        os.abort()
    yield from ()


def hang(path: Path) -> Iterator[str]:
    while _damaged(path):
        time.sleep(0.01)
    yield from ()


def allocate(path: Path) -> Iterator[str]:
    if _damaged(path):
        np.ones(2**27)  # 1 GiB
    yield from ()


def print_an_error(path: Path) -> Iterator[str]:
    if _damaged(path):
        os.write(2, b"libnoise: damaged\n")
    yield from ()


def raise_an_error(path: Path) -> Iterator[str]:
    yield {b"valid": "skipped: not needed"}[path.read_bytes()]


READS = (crash, hang, allocate, print_an_error, raise_an_error)
KINDS.update({read.__name__: Kind(_seeds, (read,)) for read in READS})
