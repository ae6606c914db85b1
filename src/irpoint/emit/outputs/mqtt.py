"""MQTT: one message with a JSON record per frame."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from types import ModuleType
from typing import Any, ClassVar
from urllib.parse import unquote

from irpoint.emit.address import Address, file, one_of, shown_host, text
from irpoint.emit.output import Message, Output
from irpoint.errors import SettingsError
from irpoint.system.extras import import_extra

USER, PASSWORD = "IRPOINT_MQTT_USER", "IRPOINT_MQTT_PASSWORD"
"""The environment variables with the user and the password."""
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_TIMEOUT_S = 10.0
_KEEP_ALIVE_S = 15
_GOODBYE_S = 1.0
_POLL_S = 0.1
_IN_FLIGHT = 64  # messages that wait for the broker's acknowledgement


class Mqtt(Output):
    """``mqtt://HOST/TOPIC``, or ``mqtts://`` with TLS. MQTT 3.1.1.

    With ``qos=1``, the default, a message that the broker has not acknowledged is sent again after
    a lost connection, so it may arrive twice. With ``qos=0``, it may be lost without notice.
    """

    schemes = ("mqtt", "mqtts")
    example = "mqtt://localhost/irpoint"
    options: ClassVar = {
        "qos": one_of("0", "1"),
        "retain": one_of("0", "1"),
        "client": text,
        "ca": file,
    }

    def __init__(self, address: Address) -> None:
        parts, self._host, self._port = address.url(_PORTS[address.scheme])
        options = address.chosen(self.options)
        self._topic = unquote(parts.path.removeprefix("/"))
        if not self._topic or set(self._topic) & set("+#\0") or parts.query:
            raise address.error(
                f"give a topic without + and # behind the host, such as {self.example}"
            )
        self._qos, self._retain = int(options.get("qos", 1)), options.get("retain") == "1"
        self._user = unquote(parts.username or "") or os.environ.get(USER)
        if PASSWORD in os.environ and not self._user:
            raise address.error(f"{PASSWORD} is set without a user; set {USER} too")
        self._id = options.get("client") or f"irpoint-{secrets.token_hex(4)}"
        self._tls, self._ca = address.scheme == "mqtts", options.get("ca")
        self.name = f"{address.scheme}://{shown_host(self._host, self._port)}/{self._topic}"
        self._paho = import_extra("paho.mqtt.client", "mqtt", "--emit mqtt:", SettingsError)
        self._connection: _Connection | None = None
        self._waiting: deque[tuple[Any, bytes]] = deque()  # sent, but not yet acknowledged

    def open(self) -> None:
        """Connect, and send again what was not acknowledged before."""
        self._connection = connection = _Connection(self._paho, self._id)
        if self._user:
            connection.client.username_pw_set(self._user, os.environ.get(PASSWORD))
        if self._tls:
            connection.client.tls_set(self._ca)
        connection.open(self._host, self._port)
        again = [data for info, data in self._waiting if not info.is_published()]
        self._waiting.clear()
        for data in again:
            self._publish(data)

    def send(self, message: Message) -> None:
        """Publish a record; wait if too many have not been acknowledged."""
        self._acknowledged(_IN_FLIGHT - 1, _TIMEOUT_S)
        self._publish(message.data)

    @property
    def unconfirmed(self) -> int:
        """Messages without an acknowledgement."""
        return sum(not info.is_published() for info, _ in tuple(self._waiting))

    def confirm(self, timeout_s: float) -> None:
        """Wait for the acknowledgements of the broker."""
        assert self._connection is not None
        self._connection.check()
        if timeout_s:
            self._acknowledged(0, timeout_s)

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _publish(self, data: bytes) -> None:
        assert self._connection is not None
        info = self._connection.publish(self._topic, data, self._qos, self._retain)
        if self._qos:
            self._waiting.append((info, data))

    def _acknowledged(self, most: int, timeout_s: float) -> None:
        """Wait until at most ``most`` messages are not acknowledged."""
        deadline = time.monotonic() + timeout_s
        while True:
            while self._waiting and self._waiting[0][0].is_published():
                self._waiting.popleft()
            if len(self._waiting) <= most:
                return
            assert self._connection is not None
            self._connection.check()
            if time.monotonic() > deadline:
                raise TimeoutError("the broker does not acknowledge")
            self._waiting[0][0].wait_for_publish(_POLL_S)


class _Connection:
    """One connection to a broker, which is never opened again."""

    def __init__(self, paho: ModuleType, name: str) -> None:
        self._paho = paho
        self._lost: str | None = "the broker does not answer"  # why nothing can be published
        self._answered, self._down = threading.Event(), threading.Event()
        version = paho.CallbackAPIVersion.VERSION2
        self.client = paho.Client(version, name, reconnect_on_failure=False)
        self.client.connect_timeout = _TIMEOUT_S
        self.client.on_connect, self.client.on_disconnect = self._on_connect, self._on_disconnect

    def open(self, host: str, port: int) -> None:
        self.client.connect(host, port, _KEEP_ALIVE_S)
        self.client.loop_start()
        self._answered.wait(_TIMEOUT_S)
        self.check()

    def check(self) -> None:
        if self._lost is not None:
            raise ConnectionError(self._lost)

    def publish(self, topic: str, data: bytes, qos: int, retain: bool) -> Any:
        self.check()
        info = self.client.publish(topic, data, qos, retain)
        if info.rc != self._paho.MQTT_ERR_SUCCESS:
            raise ConnectionError(self._paho.error_string(info.rc))
        return info

    def close(self) -> None:
        """Say goodbye. ``loop_stop`` would wait for a broker that does not answer."""
        if self.client.socket() is None:
            return
        self.client.disconnect()
        if not self._down.wait(_GOODBYE_S) and (connection := self.client.socket()) is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _on_connect(self, client: Any, data: Any, flags: Any, code: Any, properties: Any) -> None:
        self._lost = f"the broker refuses: {code}" if code.is_failure else None
        self._answered.set()

    def _on_disconnect(self, client: Any, data: Any, flags: Any, code: Any, more: Any) -> None:
        if self._lost is None:
            self._lost = "the connection is lost"
        self._answered.set()
        self._down.set()
