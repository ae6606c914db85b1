"""``--config``: the options of a command in a TOML file, which the command line overrides."""

from __future__ import annotations

import tomllib
from inspect import unwrap
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer

from irpoint.errors import SettingsError, one_line
from irpoint.system.spelling import did_you_mean

_PARAMETER = "config"
_TYPES: dict[Any, tuple[Any, str]] = {
    bool: (bool, "true or false"),
    int: (int, "a whole number"),
    float: ((int, float), "a number"),
}


def _read(context: typer.Context, path: Path | None) -> Path | None:
    """Make the values of the file the defaults of the command."""
    if path is not None:
        context.default_map = {**(context.default_map or {}), **_defaults(context, path)}
    return path


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        is_eager=True,
        callback=_read,
        help="TOML file with options of this command, by their names. The command line overrides "
        "it.",
    ),
]


def _defaults(context: typer.Context, path: Path) -> dict[str, Any]:
    """The values in a file for the running command, by parameter.

    Options stand at the top of the file, or in a table with the name of the command, which comes
    first. Tables of other commands are left out.
    """
    content, here = _content(path), context.info_name or ""
    tables = {name: content.pop(name, {}) for name in _commands(context)}
    known, function = _options(context.command), context.command.callback
    kinds = {} if function is None else get_type_hints(unwrap(function))
    values: dict[str, Any] = {}
    for table in (content, tables[here]):
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: {here} is a command; write its options below [{here}]")
        for key, value in table.items():
            if _normal(key) not in known:
                raise SettingsError(f"{path}: {_unknown(key, context)}")
            parameter = known[_normal(key)]
            if wanted := _fit(value, kinds[parameter]):
                raise SettingsError(f"{path}: {key} = {value!r}: give {wanted}")
            values[parameter] = value
    return values


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--config {path}: cannot be read ({one_line(error)})") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: is no TOML ({one_line(error)})") from error


def _options(command: Any) -> dict[str, str]:
    """The options of a command, without ``--``, and its arguments: the parameter of each."""
    names: dict[str, str] = {}
    for parameter in command.params:
        if parameter.name != _PARAMETER:
            options = [name[2:] for name in parameter.opts if name.startswith("--")]
            names |= dict.fromkeys(options or [parameter.name], parameter.name)
    return names


def _commands(context: typer.Context) -> dict[str, Any]:
    """All commands that have a settings file, by name."""
    commands: dict[str, Any] = {context.info_name or "": context.command}
    if context.parent is not None:
        commands |= getattr(context.parent.command, "commands", {})
    return {
        name: command
        for name, command in commands.items()
        if any(parameter.name == _PARAMETER for parameter in command.params)
    }


def _unknown(key: str, context: typer.Context) -> str:
    """What is wrong with a name that is no option, and what may have been meant."""
    commands = _commands(context)
    for name, command in commands.items():
        if name != context.info_name and _normal(key) in _options(command):
            return f"{key} is an option of irpoint {name}; write it below [{name}]"
    known = [*_options(context.command), *commands]
    return f"{key} is no option of irpoint {context.info_name}{did_you_mean(_normal(key), known)}"


def _fit(value: Any, kind: Any) -> str:
    """What to give instead of a value; empty if it fits the type of the parameter."""
    if NoneType in get_args(kind):
        kind = next(part for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is list:
        (element,) = get_args(kind)
        fits = isinstance(value, list) and not any(_fit(one, element) for one in value)
        return "" if fits else 'a list, such as ["one", "two"]'
    types, wanted = _TYPES.get(kind, (str, 'text in quotes, such as "native"'))
    fits = isinstance(value, types) and (kind is bool or not isinstance(value, bool))
    return "" if fits else wanted


def _normal(key: str) -> str:
    return key.replace("_", "-")
