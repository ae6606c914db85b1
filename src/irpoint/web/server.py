"""Bind an address, and serve an application there until a signal."""

from __future__ import annotations

import contextlib
import secrets
import socket
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from irpoint.errors import SettingsError, one_line
from irpoint.web.security import LOCAL

_ALL_ADDRESSES = ("0.0.0.0", "::")
_MAX_MESSAGE_BYTES = 2**16  # of a message that a browser sends over a WebSocket


@dataclass(frozen=True)
class PageAccess:
    """Who may open a page.

    Attributes:
        hosts: host names that requests may use.
        token: the token that they must carry; None if only this machine can reach the page.
    """

    hosts: frozenset[str]
    token: str | None

    @classmethod
    def at(cls, host: str) -> PageAccess:
        """Access to a page that is bound to ``host``: with a new token if others can reach it."""
        if host in LOCAL:
            return cls(LOCAL, None)
        return cls(LOCAL | {host, socket.gethostname()}, secrets.token_urlsafe(24))


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens; requests that arrive before the server runs wait.

    Args:
        host: address to bind.
        port: port to bind; 0 chooses a free one.

    Raises:
        SettingsError: if the address cannot be bound.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen()
    except OSError as error:
        bound.close()
        raise SettingsError(
            f"{host}:{port}: cannot be bound ({one_line(error)}); choose another --port"
        ) from error
    return bound


def address(host: str, bound: socket.socket, token: str | None = None) -> str:
    """The address to open, with the token if there is one."""
    shown = socket.gethostname() if host in _ALL_ADDRESSES else host
    shown = f"[{shown}]" if ":" in shown else shown
    return f"http://{shown}:{bound.getsockname()[1]}/" + (f"?token={token}" if token else "")


def run(app: ASGIApp, bound: socket.socket, graceful_s: int = 3, websockets: bool = False) -> None:
    """Serve until SIGINT (Ctrl-C) or SIGTERM.

    After SIGTERM, the handler that was set before runs once the server has stopped.

    Args:
        app: the application.
        bound: the socket, which is closed in the end.
        graceful_s: seconds that requests have to finish after the signal.
        websockets: whether the application has WebSockets.
    """
    settings = uvicorn.Config(
        app,
        log_level="error",
        access_log=False,
        ws="auto" if websockets else "none",
        ws_max_size=_MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # pictures are compressed already
        timeout_graceful_shutdown=graceful_s,
    )
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run([bound])
