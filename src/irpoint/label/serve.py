"""Bind an address and serve the page of a session until Ctrl-C."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Callable

import uvicorn

from irpoint.errors import SettingsError, one_line
from irpoint.label.app import create_app
from irpoint.label.security import LOCAL
from irpoint.label.session import LabelSession

_ALL_ADDRESSES = ("0.0.0.0", "::")


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
    token = None if host in LOCAL else secrets.token_urlsafe(24)
    hosts = LOCAL if token is None else LOCAL | {host, socket.gethostname()}
    with _bind(host, port) as bound:
        ready(_address(host, bound.getsockname()[1], token))
        settings = uvicorn.Config(
            create_app(session, hosts, token), log_level="error", access_log=False, ws="none",
            timeout_graceful_shutdown=3,
        )  # fmt: skip
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(settings).run([bound])


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen()  # requests that arrive before the server runs wait instead of failing
    except OSError as error:
        bound.close()
        raise SettingsError(
            f"{host}:{port}: cannot be bound ({one_line(error)}); choose another --port"
        ) from error
    return bound


def _address(host: str, port: int, token: str | None) -> str:
    shown = socket.gethostname() if host in _ALL_ADDRESSES else host
    shown = f"[{shown}]" if ":" in shown else shown
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")
