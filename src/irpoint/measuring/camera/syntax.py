"""The syntax of calibration files: YAML, JSON and the XML of OpenCV → names and values.

Values are numbers or texts; what is a number is decided by who uses it. No Python object is ever
built from a file.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from irpoint.errors import SettingsError, one_line
from irpoint.system.extras import import_extra

_LARGEST = 2**20  # bytes; calibration files have some thousands


def read_tree(path: Path) -> dict[str, Any]:
    """The names and values of a calibration file, nested as in the file.

    Raises:
        SettingsError: if it cannot be read, is not YAML, JSON or XML, or has no names.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"camera file {path}: cannot be read ({one_line(error)})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"camera file {path}: is not text in UTF-8; give a calibration in YAML, XML or JSON"
        ) from error
    if len(content) > _LARGEST:
        raise SettingsError(f"camera file {path}: is larger than 1 MiB; give a calibration")
    first = text.lstrip()[:1]
    read = {"{": _read_json, "<": _read_xml}.get(first, _read_yaml)
    try:
        tree = read(text)
    except RecursionError as error:
        raise SettingsError(f"camera file {path}: is nested too deeply") from error
    except ValueError as error:
        raise SettingsError(f"camera file {path}: {error}") from error
    if not isinstance(tree, dict):
        raise SettingsError(
            f"camera file {path}: has no names with values; give a calibration in YAML, XML or JSON"
        )
    return {str(name): value for name, value in tree.items()}


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno} is not JSON ({error.msg})") from error


def _read_yaml(text: str) -> Any:
    yaml: Any = import_extra("yaml", "camera", "a camera file in YAML", SettingsError)
    # OpenCV writes "%YAML:1.0", which is not YAML; older versions write no "---" after it.
    text = re.sub(r"\A\s*%YAML[^\n]*\n(\s*---)?", "", text)
    try:
        # Every scalar is a text, and every tag, such as !!opencv-matrix, is ignored. What
        # `ros2 topic echo` prints has one document per message; all are of one camera.
        documents = yaml.load_all(text, yaml.BaseLoader)
        return next((document for document in documents if document), None)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f"line {mark.line + 1} "
        reason = getattr(error, "problem", None) or one_line(error)
        raise ValueError(f"{place}is not YAML ({reason})") from error


def _read_xml(text: str) -> Any:
    try:
        return _value(ElementTree.fromstring(text))
    except ElementTree.ParseError as error:
        raise ValueError(f"is not well-formed XML ({error})") from error


def _value(element: ElementTree.Element) -> Any:
    """The value of an element of OpenCV's XML: a text, a list, or names with values."""
    if len(element) == 0:
        words = (element.text or "").split()
        return words if len(words) > 1 and _are_numbers(words) else " ".join(words).strip('"')
    if all(child.tag == "_" for child in element):  # a list
        return [_value(child) for child in element]
    return {child.tag: _value(child) for child in element}


def _are_numbers(words: list[str]) -> bool:
    try:
        return bool([float(word) for word in words])
    except ValueError:
        return False
