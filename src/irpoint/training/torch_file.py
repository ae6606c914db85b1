"""Read files that ``torch.save`` wrote, without running code from them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch

from irpoint.errors import ModelError, one_line


def read_torch_file(path: Path) -> Any:
    """The content of a file, on the CPU: tensors, numbers, text, lists and dictionaries.

    Raises:
        ModelError: if the file cannot be read, is damaged, or contains anything else.
    """
    _check_zip(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({one_line(error)})") from error
    except Exception as error:  # the unpickler raises many types for damaged files
        raise ModelError(f"{path}: not a torch checkpoint of plain tensors") from error


def _check_zip(path: Path) -> None:
    """Compare a file with the checksums in it; torch does not. Files of torch < 1.6 have none."""
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({one_line(error)})") from error
    except Exception as error:  # zipfile raises many types for damaged files
        raise ModelError(f"{path}: damaged ({one_line(error)})") from error
    if damaged is not None:
        raise ModelError(f"{path}: damaged (its checksum differs)")
