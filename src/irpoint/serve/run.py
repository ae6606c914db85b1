"""Bind an address and serve detection until a signal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from irpoint.errors import SettingsError
from irpoint.frames.cut import Cut
from irpoint.measuring.camera import Camera
from irpoint.runtime.detector import Detector
from irpoint.serve.app import create_app
from irpoint.serve.limits import Limits
from irpoint.web.security import LOCAL
from irpoint.web.server import address, bind, run

_SHORTEST_TOKEN = 16
_GRACEFUL_S = 60


def serve(
    detector: Detector,
    ready: Callable[[str], None],
    *,
    host: str = "127.0.0.1",
    port: int = 8323,
    token: str | None = None,
    limits: Limits | None = None,
    cut: Cut | None = None,
    camera: Camera | None = None,
) -> None:
    """Serve until SIGINT (Ctrl-C) or SIGTERM, then finish what was taken on.

    Args:
        detector: finds the points.
        ready: called with the address once requests are accepted.
        host: address to bind.
        port: port to bind; 0 chooses a free one.
        token: token that every request must carry, at least 16 characters; None for no token, if
            only this machine can reach the server.
        limits, cut, camera: see :func:`irpoint.serve.app.create_app`.

    Raises:
        SettingsError: if the address cannot be bound, or a token is missing or too short.
    """
    check_token(host, token)
    with bind(host, port) as bound, _stopped_by_sigterm():
        app = create_app(detector, limits, token=token, cut=cut, camera=camera)
        ready(address(host, bound))
        run(app, bound, _GRACEFUL_S)


def check_token(host: str, token: str | None) -> None:
    """Check that a server at this address needs no other token.

    Raises:
        SettingsError: see above.
    """
    if token is None and host not in LOCAL:
        raise SettingsError(
            f"--host {host}: other machines can reach it; set IRPOINT_TOKEN to a secret, such as "
            "that of openssl rand -hex 24, or give --token-file"
        )
    if token is not None and (len(token) < _SHORTEST_TOKEN or not token.isascii()):
        raise SettingsError(
            f"the token is too short or not ASCII: give {_SHORTEST_TOKEN} characters or more, such "
            "as those of openssl rand -hex 24"
        )


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM is a regular end, as Ctrl-C is, from the first moment to the last."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
