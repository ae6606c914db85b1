"""The table of receivers, and the one that an address names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from irpoint.emit.address import Address, one_of
from irpoint.emit.output import Output
from irpoint.emit.outputs.lines_file import LinesFile
from irpoint.emit.outputs.mqtt import Mqtt
from irpoint.emit.outputs.standard_output import StandardOutput
from irpoint.emit.outputs.udp import Udp
from irpoint.emit.outputs.webhook import Webhook

OUTPUTS: tuple[type[Output], ...] = (StandardOutput, LinesFile, Udp, Mqtt, Webhook)
"""The kinds of receivers. Each is one module of :mod:`irpoint.emit.outputs`."""


_COMMON = {"only": one_of("points", "tracks")}  # options of every kind


def open_output(text: str) -> Output:
    """The output that an address names. It connects later, in its thread.

    Raises:
        SettingsError: if the address is wrong, or a library is missing.
    """
    address = Address.parse(text)
    for kind in OUTPUTS:
        if address.scheme in kind.schemes:
            options = address.chosen({**kind.options, **_COMMON})
            own = {name: address.options[name] for name in options if name in kind.options}
            output = kind(replace(address, options=own))
            output.only = options.get("only")
            return output
    examples = ", ".join(kind.example for kind in OUTPUTS)
    raise address.error(f"is no address of a receiver; give one such as {examples}")


def uses_stdout(addresses: Sequence[str]) -> bool:
    """Whether one of the addresses is standard output."""
    return any(Address.parse(text).scheme in StandardOutput.schemes for text in addresses)
