"""What a receiver of records is to the rest of irpoint: the base class, and its errors.

To add a kind of receiver, write a subclass of :class:`Output` in ``emit/outputs/``, and add it to
:data:`irpoint.emit.open.OUTPUTS`. Queue, thread, retries and messages are not its concern.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from irpoint.emit.address import Address, Option
from irpoint.emit.schema import FrameRecord


class Rejected(Exception):
    """The receiver will never accept this record; one line."""


class Closed(Exception):
    """The receiver is gone for good; one line."""


class Busy(OSError):
    """The receiver asks to wait before the next attempt.

    Attributes:
        wait_s: how long, in seconds.
    """

    def __init__(self, reason: str, wait_s: float) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Message:
    """A record on its way to the receivers. All outputs share it, so none may change it."""

    record: FrameRecord

    @cached_property
    def data(self) -> bytes:
        """The record as JSON on one line, in ASCII, without the end of the line."""
        return encoded(self.record)

    @property
    def weight(self) -> int:
        """Its size in memory, in records without points."""
        return 1 + len(self.record["points"]) + len(self.record["tracks"])


def encoded(record: FrameRecord) -> bytes:
    """JSON on one line, in ASCII."""
    return json.dumps(record, allow_nan=False, separators=(",", ":")).encode("ascii")


class Output(ABC):
    """One receiver. Its methods are called by one thread, except the constructor.

    A method may block for some seconds; detection does not wait for it. An OSError says that the
    receiver cannot be reached now: after a pause, :meth:`close` and :meth:`open` are called, and
    the same message is sent again.

    Attributes:
        schemes: the schemes of its addresses.
        example: an address, for error messages.
        options: how the value of each of its options is read, by name.
        name: its address as messages show it, without anything secret.
        only: ``points`` or ``tracks`` if it gets only the frames that have some; None for all.
    """

    schemes: ClassVar[tuple[str, ...]]
    example: ClassVar[str]
    options: ClassVar[Mapping[str, Option]] = {}
    name: str
    only: Literal["points", "tracks"] | None = None

    @abstractmethod
    def __init__(self, address: Address) -> None:
        """Check the address, without connecting.

        Raises:
            SettingsError: if the address cannot be right.
        """

    def open(self) -> None:  # noqa: B027  # most receivers have nothing to open
        """Connect.

        Raises:
            OSError: if the receiver cannot be reached now.
        """

    @abstractmethod
    def send(self, message: Message) -> None:
        """Send one record.

        Raises:
            OSError: if the receiver cannot be reached now.
            Rejected: if it will never accept this record.
            Closed: if it is gone for good.
        """

    @property
    def unconfirmed(self) -> int:
        """How many records were sent, but not yet confirmed by the receiver.

        After the connection was lost, :meth:`open` sends them again.
        """
        return 0

    def confirm(self, timeout_s: float) -> None:  # noqa: B027
        """Wait until everything is confirmed; with a timeout of 0, only check the connection.

        Raises:
            OSError: if the connection is lost, or the receiver does not confirm in time.
        """

    def close(self) -> None:  # noqa: B027
        """Disconnect. Raises nothing."""
