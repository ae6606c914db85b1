"""Print warnings, each on one line; those that concern many files once, with their number."""

from __future__ import annotations

import typer

from irpoint.errors import FrameWarning

# Per kind of warning, the files that it concerns. The first one is printed with its name.
_files: dict[str, dict[str, None]] = {}


def show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Print a warning, as :func:`warnings.showwarning` does, unless its kind has been printed."""
    if isinstance(message, FrameWarning):
        printed = message.kind in _files
        _files.setdefault(message.kind, {})[message.source] = None
        if printed:
            return
    typer.echo(f"irpoint: warning: {message}", err=True)


def show_repeated_warnings() -> None:
    """Print how many more files each of the printed warnings concerns."""
    for kind, files in _files.items():
        first, more = next(iter(files)), len(files) - 1
        if more:
            typer.echo(
                f"irpoint: warning: {more} more file{'s' * (more > 1)} as {first} ({kind})",
                err=True,
            )
    _files.clear()
