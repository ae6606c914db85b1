"""A webhook: one POST request with a JSON record per frame."""

from __future__ import annotations

import http.client
import os
import ssl
from typing import ClassVar

from irpoint._version import __version__
from irpoint.emit.address import Address, file, shown_host
from irpoint.emit.output import Busy, Message, Output, Rejected
from irpoint.errors import one_line

TOKEN = "IRPOINT_WEBHOOK_TOKEN"
"""The environment variable with the token for ``Authorization: Bearer``."""
_PORTS = {"http": 80, "https": 443}
_TIMEOUT_S = 10.0
_BUSY = {408, 425, 429}
_LONGEST_WAIT_S = 60.0
_LARGEST_ANSWER = 2**16


class Webhook(Output):
    """``http://HOST/PATH`` or ``https://HOST/PATH``; what is behind ``?`` is part of the address.

    Any answer 2xx is success. After 5xx, 408, 425 or 429, the request is repeated; ``Retry-After``
    is respected. After any other answer, the frame is dropped.
    """

    schemes = ("http", "https")
    example = "https://example.com/hook"
    options: ClassVar = {"ca": file}

    def __init__(self, address: Address) -> None:
        parts, self._host, self._port = address.url(_PORTS[address.scheme])
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        # The path of a webhook is often its password.
        secret = "/…" if self._target != "/" else ""
        self.name = f"{address.scheme}://{shown_host(self._host, self._port)}{secret}"
        self._tls = None
        if address.scheme == "https":
            try:
                self._tls = ssl.create_default_context(
                    cafile=address.chosen(self.options).get("ca")
                )
            except OSError as error:
                raise address.error(f"option ca: {one_line(error)}") from error
        self._headers = {
            "Content-Type": "application/json",
            "User-Agent": f"irpoint/{__version__}",
        }
        if token := os.environ.get(TOKEN):
            self._headers["Authorization"] = f"Bearer {token}"
        self._connection: http.client.HTTPConnection | None = None
        self._used = False  # whether the connection has carried a request

    def open(self) -> None:
        """Connect; the connection is kept for all requests."""
        if self._tls is None:
            self._connection = http.client.HTTPConnection(
                self._host, self._port, timeout=_TIMEOUT_S
            )
        else:
            self._connection = http.client.HTTPSConnection(
                self._host, self._port, timeout=_TIMEOUT_S, context=self._tls
            )
        self._used = False
        self._connection.connect()

    def send(self, message: Message) -> None:
        """Post one record."""
        try:
            answer = self._post(message.data)
        except (OSError, http.client.HTTPException):
            if not self._used:
                raise
            # The server has closed a connection that it kept open; that is no fault.
            self.close()
            self.open()
            answer = self._post(message.data)
        status, reason, wait = answer
        if 200 <= status < 300:
            return
        problem = f"answers {status} {reason}".strip()
        if status >= 500 or status in _BUSY:
            raise Busy(problem, wait)
        raise Rejected(problem)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _post(self, data: bytes) -> tuple[int, str, float]:
        """Status, reason, and the seconds that the server asks to wait."""
        assert self._connection is not None
        try:
            self._connection.request("POST", self._target, data, self._headers)
            answer = self._connection.getresponse()
            answer.read(_LARGEST_ANSWER)
        except http.client.HTTPException as error:
            if isinstance(error, OSError):
                raise
            raise OSError(f"no valid answer ({one_line(error)})") from error
        if not answer.isclosed():  # a longer answer than anybody reads
            self.close()
            self.open()
        self._used = True
        asked = answer.getheader("Retry-After", "")
        wait = min(float(asked), _LONGEST_WAIT_S) if asked.isdecimal() else 0.0
        return answer.status, answer.reason, wait
