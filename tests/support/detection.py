"""What the tests of ``irpoint detect`` share: known targets, and how to read what it prints."""

from __future__ import annotations

import csv
import io

import numpy as np
from PIL import Image

TRUTH = {"a": [(30.3, 20.7), (90.0, 60.5)], "b": [], "c": [(64.0, 48.0)]}


def png(frame: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(frame).save(stream, "PNG")
    return stream.getvalue()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def one_error(err: str) -> str:
    """The only line of ``err``, which must be irpoint's own."""
    (line,) = err.splitlines()
    assert line.startswith("irpoint: error: ")
    return line
