"""The errors and the warning that irpoint raises on purpose, and their one-line messages.

The message of every :class:`IrpointError` is one line. It names the file or field, what is wrong
with it, and how to fix it. The command line prints it as it is, without a traceback.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

# Control and format characters, lone surrogates, and the ends of lines and paragraphs.
_NOT_PRINTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_LONGEST_REASON = 300  # characters; some libraries quote a whole file


def escaped(text: str) -> str:
    """Text on one line. What a terminal would not print is escaped as in Python: ``a\\nb``."""
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if unicodedata.category(c) in _NOT_PRINTED else c
        for c in text
    )


class IrpointError(Exception):
    """Base of every error that irpoint raises on purpose.

    Names of files and values in its message may have any characters, so they are escaped.
    """

    def __str__(self) -> str:
        return escaped(super().__str__())


class FrameError(IrpointError):
    """A frame or a source of frames cannot be read."""


class DatasetError(IrpointError):
    """The layout, a split, the labels or the masks of a dataset are missing or wrong."""


class UnknownLayoutError(DatasetError):
    """A folder has none of the dataset layouts that irpoint reads."""


class ModelError(IrpointError):
    """A model's weights or card are missing, damaged, or do not fit together."""


class EvaluationError(IrpointError):
    """Predictions cannot be scored."""


class CalibrationError(IrpointError):
    """Footage does not support the threshold that was asked for."""


class SettingsError(IrpointError):
    """A setting is out of its range or contradicts another."""


class IrpointWarning(UserWarning):
    """irpoint ignored or changed something that the user should know about; one line."""

    def __str__(self) -> str:
        return escaped(super().__str__())


class FrameWarning(IrpointWarning):
    """A file is read, but its pixels or coordinates may not be what the user expects.

    Attributes:
        kind: one word that is the same for every file with the same peculiarity.
        source: name of the file or stream.
    """

    def __init__(self, kind: str, source: str, text: str) -> None:
        super().__init__(kind, source, text)
        self.kind = kind
        self.source = source
        self.text = text

    def __str__(self) -> str:
        return escaped(f"{self.source}: {self.text}")


def one_line(error: BaseException) -> str:
    """The reason for an error on one line: the system's reason, the message, or the type's name."""
    reason = getattr(error, "strerror", None) or str(error)
    line = " ".join(str(reason).split()) or type(error).__name__
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


class Invalid(Protocol):
    """A validation error of pydantic, which this module must not import."""

    def errors(self) -> Sequence[Mapping[str, Any]]:
        """One record per wrong value."""
        ...


def first_error(error: Invalid, prefix: str = "") -> str:
    """The first wrong value of a pydantic validation error, on one line.

    Args:
        error: a ``pydantic.ValidationError``, or an error with the same ``errors()``.
        prefix: location of the validated value, in front of the location of the wrong one.

    Returns:
        Location, reason and, if it is short, the value: ``loss.weight: should be greater than 0,
        not -1``. Without the location if the error concerns the whole value.
    """
    first = error.errors()[0]
    location = ".".join(str(part) for part in (prefix, *first["loc"]) if part != "")
    reason = first["msg"].removeprefix("Value error, ").replace("Input should", "should")
    reason = reason.replace("Extra inputs are not permitted", "unknown name; check the spelling")
    value = first.get("input")
    scalar = isinstance(value, bool | int | float | str)
    if location and reason.startswith("should") and scalar and len(repr(value)) <= 40:
        reason += f", not {value!r}"
    return " ".join(f"{location}: {reason}".split()) if location else " ".join(reason.split())
