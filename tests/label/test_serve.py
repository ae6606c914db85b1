"""The address of the page."""

from __future__ import annotations

import re
import socket

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
from irpoint.errors import SettingsError
from irpoint.label import LabelSession
from irpoint.label.serve import serve


class Announced(Exception):
    """Ends the server when its address is known."""


def announce(address: str) -> None:
    raise Announced(address)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", r"http://127\.0\.0\.1:\d+/"),
        ("::1", r"http://\[::1\]:\d+/"),
        ("0.0.0.0", rf"http://{re.escape(socket.gethostname())}:\d+/\?token=\S{{32}}"),
    ],
)
def test_the_address_of_other_machines_has_a_token(
    session: LabelSession, host: str, address: str
) -> None:
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with pytest.raises(Announced) as announced:
        serve(session, host, 0, announce)
    assert re.fullmatch(address, str(announced.value))


def test_a_port_in_use_is_refused(session: LabelSession) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(SettingsError, match=r"cannot be bound .* another --port"):
            serve(session, "127.0.0.1", other.getsockname()[1], announce)
