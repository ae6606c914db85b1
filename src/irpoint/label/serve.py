"""Bind an address and serve the page of a session until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable

from irpoint.label.app import create_app
from irpoint.label.session import LabelSession
from irpoint.web.server import PageAccess, address, bind, run


def serve(session: LabelSession, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve the page until Ctrl-C.

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
        run(create_app(session, access.hosts, access.token), bound)
