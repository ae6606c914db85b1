"""The checkpoint from which a run resumes."""

from __future__ import annotations

from pathlib import Path

from irpoint.errors import ModelError
from irpoint.training.run_folder import BEST, LAST
from irpoint.training.torch_file import read_torch_file


def last_checkpoint(run: Path) -> Path | None:
    """The checkpoint from which a run resumes; None if it has none yet.

    Raises:
        ModelError: if it is damaged.
    """
    path = run / LAST
    if not path.exists():
        return None
    try:
        read_torch_file(path)
    except ModelError as error:
        raise ModelError(
            f"{error}: the run cannot resume; start another one, with --init {run / BEST} if that "
            "file exists"
        ) from error
    return path
