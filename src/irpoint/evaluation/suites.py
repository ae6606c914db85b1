"""Suites: named pools of public datasets, each with the figures published on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from irpoint.errors import EvaluationError


@dataclass(frozen=True)
class PublishedRow:
    """The published figures of one method in percent; None if the table does not state one."""

    method: str
    f1: float
    precision: float | None = None
    recall: float | None = None


@dataclass(frozen=True)
class Suite:
    """Several datasets that are evaluated as one.

    Attributes:
        folders: folder names of the datasets, as published.
        published: rows of the table that introduced the pool, best first.
        note: what limits a comparison with these rows.
    """

    folders: tuple[str, ...]
    published: tuple[PublishedRow, ...]
    note: str

    def paths(self, root: Path) -> list[Path]:
        """The folders of the datasets under ``root``.

        Raises:
            EvaluationError: if one is missing.
        """
        missing = [name for name in self.folders if not (root / name).is_dir()]
        if missing:
            raise EvaluationError(
                f"{root}: no folder {', '.join(missing)}; the suite needs {', '.join(self.folders)}"
            )
        return [root / name for name in self.folders]


SUITES: Mapping[str, Suite] = MappingProxyType(
    {
        "sirst4": Suite(
            folders=("NUDT-SIRST", "IRSTD-1k", "SIRST-v1", "SIRST-v2"),
            published=(
                PublishedRow("SPIRE", 94.60, 95.00, 94.21),
                PublishedRow("L2SKNet", 92.16),
                PublishedRow("MSHNet", 91.47),
                PublishedRow("SDSNet", 87.81),
                PublishedRow("DNANet", 87.13),
                PublishedRow("RDIAN", 85.45),
                PublishedRow("SCTransNet", 83.72),
                PublishedRow("ISTDU-Net", 81.29),
                PublishedRow("ALCNet", 80.82),
                PublishedRow("ACM", 79.05),
            ),
            note="Published by SPIRE (arXiv 2604.05363) on a split that is not public, with "
            "checkpoints chosen on its test list. irpoint uses the official splits.",
        )
    }
)


def find_suite(name: str) -> Suite:
    """The suite with this name.

    Raises:
        EvaluationError: if there is no such suite.
    """
    if name not in SUITES:
        raise EvaluationError(f"suite {name!r} is not known; choose one of: {', '.join(SUITES)}")
    return SUITES[name]
