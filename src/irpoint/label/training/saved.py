"""Read what a training saved as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from irpoint.errors import ModelError, first_error

Saved = TypeVar("Saved", bound=BaseModel)


def read_saved(kind: type[Saved], file: Path) -> Saved:
    """A file that another process of the training wrote.

    Raises:
        ModelError: if it cannot be read.
    """
    try:
        return kind.model_validate_json(file.read_bytes())
    except OSError as error:
        raise ModelError(f"{file}: cannot be read; start another training") from error
    except ValidationError as error:
        raise ModelError(f"{file}: {first_error(error)}; start another training") from error
