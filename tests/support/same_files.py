"""Whether two runs have written the same, for several test files."""

from __future__ import annotations

from pathlib import Path


def same_files(one: Path, other: Path) -> None:
    """Fails where two folders differ in a file's name or in a byte."""
    files = [sorted(p.relative_to(out) for p in out.rglob("*")) for out in (one, other)]
    assert files[0] == files[1]
    for file in files[0]:
        if (one / file).is_file():
            assert (one / file).read_bytes() == (other / file).read_bytes(), file
