"""Write the result of a command as JSON, for ``--json``."""

from __future__ import annotations

import json
from typing import Any

import typer

from irpoint.errors import SettingsError, one_line
from irpoint.system.atomic import atomic_write


def write_json(target: str, content: dict[str, Any]) -> None:
    """Write ``content`` to the file ``target``, or to standard output if it is ``-``.

    Raises:
        SettingsError: if the file cannot be written.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # A file name that is not UTF-8 has characters that only an escape can write.
    text = text.encode("utf-8", "backslashreplace").decode()
    if target == "-":
        typer.echo(text, nl=False)
        return
    try:
        atomic_write(target, text)
    except OSError as error:
        raise SettingsError(
            f"{target}: cannot be written ({one_line(error)}); choose another file for --json"
        ) from error
