"""Send the record of every frame to any number of receivers."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence

from irpoint.emit.channel import Channel
from irpoint.emit.faults import Say
from irpoint.emit.open import open_output
from irpoint.emit.output import Message
from irpoint.emit.record import Facts, frame_record
from irpoint.errors import IrpointWarning, SettingsError
from irpoint.points import FrameResult

_DRAIN_S = 20.0  # after the last frame, for all receivers together


def _warn(line: str) -> None:
    warnings.warn(line, IrpointWarning, stacklevel=2)


class Emitter:
    """Sends the record of every frame to receivers, each behind a queue and a thread of its own.

    A receiver that is slow or does not answer delays neither :meth:`add` nor another receiver. What
    it does not take in time is dropped, counted and reported.

    Args:
        addresses: the receivers, as for ``irpoint detect --emit``: ``-``, ``found.jsonl``,
            ``udp://HOST:PORT``, ``mqtt://HOST/TOPIC``, ``https://HOST/PATH``, each with options
            ``#NAME=VALUE``.
        facts: of the detector whose results are sent.
        say: called with one line, from any thread, when a receiver fails, works again, or has lost
            frames; None warns.

    Raises:
        SettingsError: if an address is wrong or given twice, or a library is missing.
    """

    def __init__(self, addresses: Sequence[str], facts: Facts, say: Say | None = None) -> None:
        self.facts = facts
        for number, address in enumerate(addresses):
            if address in addresses[:number]:
                raise SettingsError(f"--emit {address}: is given twice")
        outputs = [open_output(address) for address in addresses]
        self.channels = [Channel(output, say or _warn) for output in outputs]

    def __enter__(self) -> Emitter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def gone(self) -> bool:
        """Whether every receiver is gone for good, as after a pipe was closed."""
        return bool(self.channels) and all(channel.gone for channel in self.channels)

    def add(self, result: FrameResult) -> None:
        """Queue the record of a frame. Never waits."""
        if self.channels:
            message = Message(frame_record(result, self.facts))
            for channel in self.channels:
                channel.put(message)

    def close(self) -> None:
        """Send what is queued, as long as the receivers take it: up to 3 s without progress."""
        for channel in self.channels:
            channel.end()
        deadline = time.monotonic() + _DRAIN_S
        for channel in self.channels:
            channel.join(deadline)
