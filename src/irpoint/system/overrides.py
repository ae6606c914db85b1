"""Settings from the command line: named values, and any other as ``NAME=VALUE``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from irpoint.errors import SettingsError, first_error
from irpoint.system.spelling import did_you_mean

Settings = TypeVar("Settings", bound=BaseModel)


def overridden(
    kind: type[Settings], values: Mapping[str, Any], overrides: Sequence[str]
) -> Settings:
    """Settings from named values and ``NAME=VALUE`` texts, which replace named values.

    ``GROUP.NAME=VALUE`` sets a value of a group, such as ``augment.noise=0.05``.

    Args:
        kind: class of the settings. It should forbid unknown names.
        values: values by name.
        overrides: the texts, as given to ``--set``. Numbers, lists, true, false and null are
            written as in JSON; anything else is text.

    Raises:
        SettingsError: if a text has no ``=``, a name is unknown, or a value is out of range. The
            message proposes names that are close to an unknown one.
    """
    tree: dict[str, Any] = dict(values)
    for text in overrides:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise SettingsError(f"--set {text}: write NAME=VALUE")
        *groups, leaf = name.strip().split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
            if not isinstance(branch, dict):
                raise SettingsError(f"--set {text}: {group!r} is not a group of settings")
        branch[leaf] = _value(value)
    return checked(kind, tree, "settings: ")


def checked(kind: type[Settings], values: Mapping[str, Any], prefix: str = "") -> Settings:
    """Settings from values; an error is one line that names the setting.

    Raises:
        SettingsError: as :func:`overridden`.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        reason, hint = first_error(error), _hint(kind, error)
        if hint:
            reason = reason.removesuffix("; check the spelling")
        raise SettingsError(prefix + reason + hint) from None


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _hint(kind: type[BaseModel], error: ValidationError) -> str:
    """Names that the first wrong name or value of an error may stand for."""
    first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        return _names_close_to([str(part) for part in first["loc"]], first["input"], kind)
    if first["type"] == "literal_error" and isinstance(first["input"], str):
        expected = first["ctx"]["expected"].replace(" or ", ", ").split(", ")
        return did_you_mean(first["input"], [value.strip("'") for value in expected])
    return ""


def _names_close_to(location: list[str], value: Any, kind: type[BaseModel]) -> str:
    while isinstance(value, dict) and len(value) == 1:  # a name within an unknown group
        name, value = next(iter(value.items()))
        location = [*location, name]
    inner = next(iter(_models_at(kind, location[:-1])), None)
    beside = [] if inner is None else [*_names(inner, [*location[:-1], ""])]
    known = [*beside, *_names(kind)]
    text = ".".join(location)
    return did_you_mean(text, known) or f"; the settings are {', '.join(beside or known)}"


def _names(kind: type[BaseModel], prefix: Sequence[str] = ("",)) -> Iterator[str]:
    """Names of all settings, those of groups with the name of the group."""
    for name, field in kind.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _names(field.annotation, [*prefix[:-1], name, ""])
        else:
            yield ".".join([*prefix[:-1], name])


def _models_at(kind: type[BaseModel], location: Sequence[str]) -> list[type[BaseModel]]:
    """The classes of the settings at a location, such as ``("teachers", "0")``."""
    models = [kind]
    for part in location:
        if not part.isdecimal():
            fields = [model.model_fields[part] for model in models if part in model.model_fields]
            models = [model for field in fields for model in _models_in(field.annotation)]
    return models


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The classes of settings in a type such as ``tuple[Teacher, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
