"""The address of a receiver, as ``--emit`` takes it, in its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from irpoint.errors import SettingsError
from irpoint.system.spelling import choices

Option = Callable[[str], Any]
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "B": 1}


@dataclass(frozen=True)
class Address:
    """``SCHEME:REST`` or ``SCHEME:REST#NAME=VALUE&NAME=VALUE``.

    Options stand behind ``#``, because what is behind ``?`` belongs to the address of a web server.

    Attributes:
        text: the whole address.
        scheme: in lower case.
        rest: the text between the scheme and the options.
        options: the options, by name.
    """

    text: str
    scheme: str
    rest: str
    options: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Address:
        """Split an address. ``-`` is ``stdout:``; a name that ends in .jsonl is a ``file:``.

        Raises:
            SettingsError: if an option is not ``NAME=VALUE``.
        """
        whole, _, tail = text.partition("#")
        scheme, colon, rest = whole.partition(":")
        if whole == "-":
            scheme, rest = "stdout", ""
        elif whole.lower().endswith((".jsonl", ".ndjson")) and not _is_address(whole):
            scheme, rest = "file", whole.removeprefix("file:")
        elif not colon:
            scheme, rest = "", whole
        try:
            pairs = parse_qsl(tail, keep_blank_values=True, strict_parsing=bool(tail))
        except ValueError:
            raise SettingsError(f"--emit {text}: write options as #NAME=VALUE&NAME=VALUE") from None
        return cls(text, scheme.lower(), rest, dict(pairs))

    def chosen(self, known: Mapping[str, Option]) -> dict[str, Any]:
        """The values of the options, each read by its function in ``known``.

        Raises:
            SettingsError: if there is no such option, or its value cannot be read.
        """
        values = {}
        for name, value in self.options.items():
            if name not in known:
                raise self.error(f"option {name!r} is unknown; {choices(name, known)}")
            try:
                values[name] = known[name](value)
            except ValueError as error:
                raise self.error(f"option {name}={value}: {error}") from None
        return values

    def url(self, port: int | None) -> tuple[SplitResult, str, int]:
        """The address of a server: its parts, its host, and its port.

        Args:
            port: the port that is meant if the address has none; None if it must have one.

        Raises:
            SettingsError: if the host or the port is missing or wrong, or a password is given.
        """
        try:
            parts = urlsplit(f"{self.scheme}:{self.rest}")
            host, given = parts.hostname, parts.port
        except ValueError as error:
            raise self.error(str(error)) from None
        if parts.password is not None:
            raise SettingsError(
                f"--emit {self.scheme}://{host}: gives a password, which every user of this "
                "machine can see; put it into the environment (see the documentation of --emit)"
            )
        if not host:
            raise self.error("names no host")
        if given is None and port is None:
            raise self.error("names no port; add :PORT to the host")
        return parts, host, given or port or 0

    def error(self, reason: str) -> SettingsError:
        """The error for a wrong address."""
        return SettingsError(f"--emit {self.text}: {reason}")


def one_of(*allowed: str) -> Option:
    """An option with one of a few values."""

    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"give {' or '.join(allowed)}")
        return text

    return read


def count(lowest: int, highest: int) -> Option:
    """An option that is a whole number in a range."""

    def read(text: str) -> int:
        if not text.isdecimal() or not lowest <= int(text) <= highest:
            raise ValueError(f"give a whole number from {lowest} to {highest}")
        return int(text)

    return read


def size(lowest: int, highest: int) -> Option:
    """An option that is a number of bytes in a range: ``500``, ``64KB``, ``100MB``, ``1GB``."""

    def read(text: str) -> int:
        number, factor = text.upper(), 1
        for unit, value in _UNITS.items():
            if number.endswith(unit):
                number, factor = number.removesuffix(unit), value
                break
        if not number.isdecimal() or not lowest <= int(number) * factor <= highest:
            raise ValueError(f"give a size from {lowest} to {highest} bytes, such as 50000 or 50KB")
        return int(number) * factor

    return read


def text(value: str) -> str:
    """An option that is any text but an empty one."""
    if not value:
        raise ValueError("give a value")
    return value


def file(value: str) -> str:
    """An option that is the path of a file."""
    if not Path(value).is_file():
        raise ValueError("no such file")
    return value


def _is_address(name: str) -> bool:
    return "://" in name


def shown_host(host: str, port: int) -> str:
    """``host:port``, with brackets around an IPv6 address."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
