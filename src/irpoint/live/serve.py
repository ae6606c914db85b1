"""Serve the page of a live session until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable

from irpoint.live.app import create_app
from irpoint.live.session import LiveSession
from irpoint.web.server import PageAccess, address, bind, run


def serve(session: LiveSession, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Start a session, and serve its page until Ctrl-C.

    Args:
        session: the session to show.
        host: address to bind. If it is not an address of this machine alone, the page requires a
            token, which is part of the address passed to ``ready``.
        port: port to bind; 0 chooses a free one.
        ready: called with the address of the page when it can be opened.

    Raises:
        SettingsError: if the address cannot be bound.
    """
    access = PageAccess.at(host)
    with bind(host, port) as bound:
        ready(address(host, bound, access.token))
        session.start()
        run(create_app(session, access.hosts, access.token), bound, websockets=True)
