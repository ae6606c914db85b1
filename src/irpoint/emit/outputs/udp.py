"""UDP datagrams: one JSON record each."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import Any, ClassVar, cast

from irpoint.emit.address import Address, shown_host, size
from irpoint.emit.output import Message, Output, Rejected, encoded
from irpoint.emit.schema import FrameRecord

_LARGEST = 65_507  # bytes of payload in a datagram of IPv4
_SMALLEST = 2_048  # holds a record with one point
_LISTS = ("points", "tracks")


class Udp(Output):
    """``udp://HOST:PORT``: a host, a broadcast or a multicast address.

    A record that is larger than ``size`` bytes is split: each datagram is a complete record with
    some of the points and tracks. Nobody reports datagrams that do not arrive.
    """

    schemes = ("udp",)
    example = "udp://192.168.1.20:5005"
    options: ClassVar = {"size": size(_SMALLEST, _LARGEST)}

    def __init__(self, address: Address) -> None:
        parts, self._host, self._port = address.url(None)
        if parts.path.strip("/") or parts.query:
            raise address.error("give udp://HOST:PORT, with nothing behind the port but options")
        self._limit = address.chosen(self.options).get("size", _LARGEST)
        self.name = f"udp://{shown_host(self._host, self._port)}"
        self._socket: socket.socket | None = None
        self._target: Any = None

    def open(self) -> None:
        """Look the host up."""
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, self._target = found[0]
        # Not connected: an answer "port unreachable" must not fail the next frame.
        self._socket = socket.socket(family, kind, protocol)
        if family == socket.AF_INET:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def send(self, message: Message) -> None:
        """Send a record in as many datagrams as it needs."""
        assert self._socket is not None
        while True:
            try:
                for data in datagrams(message, self._limit):
                    self._socket.sendto(data, self._target)
                return
            except OSError as error:
                if error.errno != errno.EMSGSIZE or self._limit // 2 < _SMALLEST:
                    raise
                self._limit //= 2  # some systems allow less

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def datagrams(message: Message, limit: int) -> list[bytes]:
    """A record in parts of at most ``limit`` bytes, each a record with some points and tracks.

    Raises:
        Rejected: if a single point or track does not fit.
    """
    if len(message.data) <= limit:
        return [message.data]
    record = message.record
    frame = cast(FrameRecord, record | {name: [] for name in _LISTS} | {"parts": 10**6})
    groups = list(_groups(record, limit - len(encoded(frame)) - 7))
    return [
        encoded(cast(FrameRecord, record | group | {"part": 1 + number, "parts": len(groups)}))
        for number, group in enumerate(groups)
    ]


def _groups(record: FrameRecord, room: int) -> Iterator[dict[str, list[Any]]]:
    """The points and tracks in groups whose JSON has at most ``room`` bytes."""
    group: dict[str, list[Any]] = {name: [] for name in _LISTS}
    used = 0
    for name in _LISTS:
        for item in cast(dict[str, list[Any]], record)[name]:
            length = len(encoded(item)) + 1
            if length > room:
                raise Rejected("a frame does not fit into datagrams of this size")
            if used + length > room:
                yield group
                group, used = {name: [] for name in _LISTS}, 0
            group[name].append(item)
            used += length
    yield group
