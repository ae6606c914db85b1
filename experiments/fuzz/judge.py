"""Read one damaged input, and judge how irpoint reads it."""

from __future__ import annotations

import contextlib
import os
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.fuzz.kind import Read
from irpoint.errors import IrpointError, IrpointWarning

RESULT, LINE = "result", "one line"
_MAX_LINE = 1000  # characters
_MEBIBYTE = 2**20


@dataclass(frozen=True)
class Outcome:
    """How a case ended.

    Attributes:
        what: :data:`RESULT` or :data:`LINE`, or the kind of fault.
        why: the line, or the fault in detail.
        damaged: the damaged file, and how it was damaged.
        seconds: processor time.
    """

    what: str
    why: str = ""
    damaged: str = ""
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether it is not a fault."""
        return self.what in (RESULT, LINE)


def judge(reads: Sequence[Read], path: Path, memory: int, noise: Path) -> Outcome:
    """Call ``reads`` with ``path``. The first fault, or else the first line, is the outcome.

    Args:
        reads: see :class:`experiments.fuzz.kind.Kind`.
        path: the damaged input.
        memory: MiB by which memory may grow while it is read.
        noise: file to which standard error is redirected.
    """
    outcome = Outcome(RESULT)
    for read in reads:
        before, size = _reset_peak(), noise.stat().st_size
        found = _read(read, path)
        grown = (_memory("VmHWM") - before) // _MEBIBYTE
        if found.good and grown > memory:
            found = Outcome("memory", f"{grown} MiB in {_name(read)}")
        if found.good and noise.stat().st_size > size:
            found = Outcome("standard error", noise.read_text(errors="replace")[size:][-500:])
        if not found.good:
            return found
        if outcome.what == RESULT:
            outcome = found
    return outcome


def _name(read: Read) -> str:
    return str(getattr(read, "__name__", read))


def _read(read: Read, path: Path) -> Outcome:
    lines: list[str] = []
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            lines += read(path)
        except IrpointError as error:
            if _ran_out_of_memory(error):
                return Outcome("memory", _located(error))
            lines.append(str(error))
        except BaseException as error:
            return Outcome("memory" if _ran_out_of_memory(error) else "exception", _located(error))
    for warning in warned:
        if isinstance(warning.message, IrpointWarning):
            lines.append(str(warning.message))
        elif warning.category is RuntimeWarning:  # of NumPy: values that do not fit
            place = f"{os.path.relpath(warning.filename)}:{warning.lineno}"
            return Outcome("warning", f"{warning.category.__name__}: {warning.message} ({place})")
    for line in lines:
        if not line.strip() or len(line.splitlines()) > 1 or len(line) > _MAX_LINE:
            return Outcome("not one line", repr(line)[:_MAX_LINE])
    return Outcome(LINE, lines[0]) if lines else Outcome(RESULT)


def _ran_out_of_memory(error: BaseException) -> bool:
    return any(
        isinstance(part, MemoryError) or "bad_alloc" in str(part) or "bad allocation" in str(part)
        for part in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _located(error: BaseException) -> str:
    """The error with the last line of irpoint, and the last line at all, that it came from."""
    first = [*_chain(error)][-1]
    frames = traceback.extract_tb(first.__traceback__)
    own = [frame for frame in frames if "/irpoint/" in frame.filename]
    places = dict.fromkeys(
        f"{os.path.relpath(frame.filename)}:{frame.lineno}" for frame in (own[-1:] + frames[-1:])
    )
    return f"{type(first).__name__}: {first}"[:300] + f" ({', '.join(places)})"


def _memory(field: str) -> int:
    """A field of /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}")


def _reset_peak() -> int:
    """Set the peak of resident memory to the present value, and return it in bytes."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmHWM")


def address_space() -> int:
    """The address space of this process in bytes."""
    return _memory("VmSize")
