"""Named pools of public data sets, with what has been published on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from irpoint.errors import EvaluationError


@dataclass(frozen=True)
class PublishedRow:
    """A method's figures as its table states them, %; precision and recall where given."""

    method: str
    f1: float
    precision: float | None = None
    recall: float | None = None


@dataclass(frozen=True)
class Benchmark:
    """Several data sets as one.

    Attributes:
        folders: names of the data sets' folders, as published.
        published: rows of the table that made the benchmark known, best first.
        note: what must be said beside a comparison.
    """

    folders: tuple[str, ...]
    published: tuple[PublishedRow, ...]
    note: str

    def paths(self, root: Path) -> list[Path]:
        """The data sets' folders under ``root``.

        Raises:
            EvaluationError: where one is missing.
        """
        missing = [name for name in self.folders if not (root / name).is_dir()]
        if missing:
            raise EvaluationError(f"{root}: no folder {', '.join(missing)}; the benchmark needs it")
        return [root / name for name in self.folders]


BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType(
    {
        "sirst4": Benchmark(
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
            note="Published by SPIRE (arXiv 2604.05363) on a split of its own that is not public, "
            "checkpoints chosen on test; ours are the official splits.",
        )
    }
)


def find_benchmark(name: str) -> Benchmark:
    """The benchmark of that name.

    Raises:
        EvaluationError: where there is none.
    """
    if name not in BENCHMARKS:
        raise EvaluationError(f"benchmark {name!r} is not known; there is {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]
