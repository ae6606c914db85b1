"""Access control of the page: host names, origins, tokens, body size, and browser policy."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 4 * 2**20  # five times the labels of a frame with ten thousand points
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class _BodyTooLarge(Exception):
    pass


class SecurityMiddleware:
    """Middleware that checks every request before the application sees it.

    A page on another site can make a browser send requests to this server. Therefore a request must
    use a host name of this server (against DNS rebinding), and a request that changes something
    must come from a page of this server (against cross-site request forgery). If a token is set,
    every request must carry it in a cookie, which the address with ``?token=…`` sets.

    Args:
        app: the application.
        hosts: accepted host names, in addition to the address at which the server was reached.
        token: the token; None if only this machine can reach the server.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str | None) -> None:
        self._app, self._token = app, token
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, _add_headers(send))
            return
        try:
            await self._app(scope, _limit_body(receive), _add_headers(send))
        except _BodyTooLarge:
            await _refuse(413, "the request is too large")(scope, receive, _add_headers(send))

    def _refusal(self, scope: Scope) -> JSONResponse | RedirectResponse | None:
        headers = Headers(scope=scope)
        host = urlsplit(f"//{headers.get('host', '')}").hostname
        if host not in self._hosts and host != _own_address(scope):
            return _refuse(403, "the request does not use a host name of this server")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return _refuse(403, "the request comes from a page of another site")
        changes = scope["method"] not in ("GET", "HEAD")
        if changes and headers.get("content-type", "").partition(";")[0] != "application/json":
            return _refuse(415, "send JSON")
        if int(headers.get("content-length") or 0) > MAX_BODY_BYTES:
            return _refuse(413, "the request is too large")
        return self._token_refusal(scope, headers)

    def _token_refusal(
        self, scope: Scope, headers: Headers
    ) -> JSONResponse | RedirectResponse | None:
        if self._token is None:
            return None
        name = f"irpoint-token-{scope['server'][1]}"  # browsers send a cookie to every port
        expected = f"{name}={self._token}".encode()
        sent = [cookie.strip().encode() for cookie in headers.get("cookie", "").split(";")]
        if any(hmac.compare_digest(cookie, expected) for cookie in sent):
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return _refuse(401, "no valid token: open the address that irpoint label printed")
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(name, self._token, httponly=True, samesite="strict")
        return response


def _own_address(scope: Scope) -> str:
    """The address at which the server was reached. Unlike a name, it cannot be forged."""
    address: str = scope["server"][0]
    return address.removeprefix("::ffff:")


def _refuse(status: int, reason: str) -> JSONResponse:
    return JSONResponse({"error": reason}, status_code=status)


def _add_headers(send: Send) -> Send:
    """``send`` that adds the security headers to every response."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return sending


def _limit_body(receive: Receive) -> Receive:
    """``receive`` that limits the size of a body whose length was not declared."""
    received = 0

    async def receiving() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise _BodyTooLarge
        return message

    return receiving
