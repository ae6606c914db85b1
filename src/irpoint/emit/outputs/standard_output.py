"""JSON lines on standard output."""

from __future__ import annotations

import errno
import io
import os
import select
import sys

from irpoint.emit.address import Address
from irpoint.emit.output import Closed, Message, Output
from irpoint.errors import one_line

_GONE = {errno.EPIPE, errno.EBADF, errno.EINVAL}


class StandardOutput(Output):
    """``-`` or ``stdout:``: one line per frame."""

    schemes = ("stdout",)
    example = "-"

    def __init__(self, address: Address) -> None:
        if address.rest:
            raise address.error("give - for standard output")
        if sys.stdout is None:
            raise address.error("standard output is closed")
        self.name = "-"
        self._message: Message | None = None
        self._left = b""  # of the line that is being written

    def send(self, message: Message) -> None:
        """Write a line; after an error, the rest of it."""
        if message is not self._message:
            # The last line may have been given up in the middle.
            self._left = (b"\n" if self._left else b"") + message.data + b"\n"
            self._message = message
        try:
            while self._left:
                self._left = self._left[_write(self._left) :]
        except OSError as error:
            if error.errno in _GONE:
                raise Closed(one_line(error)) from error
            raise


def _write(data: bytes) -> int:
    """Write some of the data to standard output; return how much."""
    try:
        # Not through Python's buffer, which a thread that waits here would keep locked at exit.
        descriptor = sys.stdout.fileno()
    except (io.UnsupportedOperation, AttributeError):  # replaced by a program in this process
        sys.stdout.buffer.write(data)
        return len(data)
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        select.select([], [descriptor], [], 1.0)
        return 0
