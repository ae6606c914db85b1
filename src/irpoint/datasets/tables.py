"""Read a table from a CSV file, whatever program saved it."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from irpoint.datasets.text import read_text
from irpoint.errors import DatasetError

TABLE_SUFFIXES = (".csv", ".tsv")
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class TableRow:
    """A row of a table.

    Attributes:
        label: the file and line, for error messages.
        cells: as many as the header has, without spaces around them; missing ones are "".
    """

    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with a header.

    Attributes:
        path: the file.
        header_line: number of the line of the header, from 1.
        header: the names of the columns, as written.
        rows: the rows below; empty lines are left out.
        decimal_comma: whether 1,5 may be a number, because the cells are not separated by commas.
    """

    path: Path
    header_line: int
    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    decimal_comma: bool


def read_table(path: Path) -> Table:
    """Read a CSV file in UTF-8 or UTF-16 whose cells are separated by ``,``, ``;``, tab or ``|``.

    Lines in front of the header that are empty, or that start with ``#`` or with Excel's ``sep=``,
    are skipped. The separator is the one that the header has most often.

    Raises:
        DatasetError: if the file cannot be read, is not CSV, or has a row that is longer than the
            header.
    """
    text = read_text(path, "CSV")
    lines = text.splitlines(keepends=True)
    skipped = 0
    while skipped < len(lines) and re.match(r"\s*($|#|sep=)", lines[skipped], re.IGNORECASE):
        skipped += 1
    head = lines[skipped] if skipped < len(lines) else ""
    bare = re.sub(r'"[^"]*"', "", head)  # separators within quotes are part of a name
    delimiter = max(_DELIMITERS, key=bare.count)
    line = skipped
    rows: list[TableRow] = []
    header: tuple[str, ...] | None = None
    try:
        reader = csv.reader(
            io.StringIO("".join(lines[skipped:]), newline=""), delimiter=delimiter, strict=True
        )
        for cells in reader:
            line = skipped + reader.line_num
            cells = [cell.strip() for cell in cells]
            if header is None:
                header = tuple(cells)
            elif any(cells):
                rows.append(_row(cells, header, f"{path}, line {line}"))
    except csv.Error as error:
        raise DatasetError(f"{path}, after line {line}: not CSV ({error}); fix it") from error
    return Table(path, skipped + 1, header or (), tuple(rows), delimiter != ",")


def _row(cells: list[str], header: tuple[str, ...], label: str) -> TableRow:
    if any(cells[len(header) :]):
        raise DatasetError(
            f"{label}: {len(cells)} values, but the header names {len(header)}; separate decimals "
            "by a point, or the values by a semicolon"
        )
    missing = len(header) - len(cells)
    return TableRow(label, tuple(cells[: len(header)]) + ("",) * missing)


def number(cell: str, decimal_comma: bool) -> float:
    """The number in a cell, which may be NaN or infinite.

    Args:
        cell: the text of the cell.
        decimal_comma: whether 1,5 is a number.

    Raises:
        ValueError: if it is none.
    """
    if "_" in cell:  # Python's own digit grouping
        raise ValueError(f"'{cell}' is not a number")
    if decimal_comma and re.fullmatch(r"[+-]?\d*,\d+(e[+-]?\d+)?", cell, re.IGNORECASE):
        cell = cell.replace(",", ".")
    return float(cell)
