"""Label files in JSON and XML: what they contain, and their content."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from irpoint.errors import DatasetError, one_line

Kind = Literal["coco", "fiftyone", "labelme", "label-studio", "via"]

_PREFIX = 1 << 16
_LARGEST = 1e12  # far outside any frame, and its powers are within the range of a float
_LONGEST = 80  # characters
_BOMS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def json_kind(path: Path) -> Kind | None:
    """The tool whose labels a JSON file has, judged by its first character and its field names.

    The file is not parsed, so a damaged file has a kind too, and reading it names the damage.
    """
    try:
        with path.open("rb") as stream:
            text = _utf8(stream.read(_PREFIX))
            first = text.lstrip()[:1]
            # The fields of LabelMe come before the picture that it may embed.
            if first == b"{" and b'"shapes"' in text and b'"annotations"' not in text:
                return "labelme"
            text = _utf8(text + stream.read()) if first in (b"{", b"[") else b""
    except OSError:
        return None
    if first == b"{" and b'"shapes"' in text and b'"imagePath"' in text:
        return "labelme"
    if first == b"{" and b'"samples"' in text and b'"filepath"' in text:
        return "fiftyone"
    if first == b"{" and b'"images"' in text and b'"annotations"' in text:
        return "coco"
    if first == b"{" and b'"regions"' in text and b'"file_attributes"' in text:
        return "via"
    if first == b"[" and (
        (b'"data"' in text and (b'"annotations"' in text or b'"completions"' in text))
        or (b'"annotator"' in text and b'"annotation_id"' in text)
    ):
        return "label-studio"
    return None


def json_files(folders: Iterable[Path], kind: Kind) -> list[Path]:
    """The JSON files of a kind in the first of the folders that has any; sorted."""
    for folder in folders:
        files = [path for path in visible_files(folder, "*.json") if json_kind(path) == kind]
        if files:
            return files
    return []


def visible_files(folder: Path, pattern: str) -> list[Path]:
    """The files below a folder that match a pattern, sorted.

    Without hidden ones, such as the checkpoints of Jupyter and the ``._a.json`` of macOS.
    """
    return sorted(
        path
        for path in folder.glob(pattern)
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def read_json(path: Path) -> Any:
    """The content of a JSON file in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Raises:
        DatasetError: if the file cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        raise DatasetError(f"{path}, line {error.lineno}: not JSON ({error.msg})") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: cannot be read as JSON ({one_line(error)})") from error


def read_xml(path: Path) -> ElementTree.Element:
    """The root element of an XML file.

    Raises:
        DatasetError: if the file cannot be read or is not well-formed.
    """
    try:
        return ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise DatasetError(f"{path}: not well-formed XML ({error}); fix that line") from error
    except (OSError, ValueError, LookupError) as error:
        raise DatasetError(f"{path}: cannot be read ({one_line(error)})") from error


def root_tag(path: Path) -> str:
    """The name of the root element of an XML file; empty if it has none or cannot be read."""
    try:
        with path.open("rb") as stream:
            for _, element in ElementTree.iterparse(stream, events=("start",)):
                return str(element.tag)
    except (ElementTree.ParseError, OSError, ValueError, LookupError):
        pass
    return ""


def brief(value: object) -> str:
    """A value of a file for a message: on one line, and not long."""
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def finite(value: object) -> float | None:
    """A JSON number as a float; None if it is no number, NaN, infinite or too large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) <= _LARGEST else None


def numbers(values: object, count: int | None = None) -> list[float]:
    """A JSON list of finite numbers.

    Raises:
        ValueError: if ``values`` is not such a list, or if its length is not ``count``.
    """
    if not isinstance(values, list):
        raise ValueError("not a list of numbers")
    checked = [number for number in map(finite, values) if number is not None]
    if len(checked) < len(values) or (count is not None and len(checked) != count):
        raise ValueError(f"not a list of {'' if count is None else f'{count} '}finite numbers")
    return checked


def _utf8(text: bytes) -> bytes:
    for mark, encoding in _BOMS.items():
        if text.startswith(mark):
            return text[len(mark) :].decode(encoding, "ignore").encode("utf-8", "ignore")
    return text
