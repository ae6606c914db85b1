"""What keeps the page to its user: hosts, origins, tokens, sizes, and what a browser may load."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 4 * 2**20  # bytes; labels of ten thousand points are a fifth of it
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


class _TooLarge(Exception):
    pass


class SecurityMiddleware:
    """Middleware around the whole application.

    A page on another site can make a browser ask this server too, so requests must name the host
    that was bound (against DNS rebinding), and those that change something must come from a page
    of this server. With a token, every request carries it: in a cookie, which the address with
    ``?token=…`` sets.

    Args:
        app: the application.
        hosts: names under which the server may be called, beside the address it is reached at.
        token: None where only this machine can reach the server.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], token: str | None) -> None:
        self._app, self._token = app, token
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        answer = self._refusal(scope)
        if answer is not None:
            await answer(scope, receive, with_headers(send))
            return
        try:
            await self._app(scope, limit_body(receive), with_headers(send))
        except _TooLarge:
            await _refuse(413, "the request is too large")(scope, receive, with_headers(send))

    def _refusal(self, scope: Scope) -> JSONResponse | RedirectResponse | None:
        headers = Headers(scope=scope)
        host = urlsplit(f"//{headers.get('host', '')}").hostname
        if host not in self._hosts and host != _own_address(scope):
            return _refuse(403, "not called by a name of this server")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return _refuse(403, "a page of another site")
        changes = scope["method"] not in ("GET", "HEAD")
        if changes and headers.get("content-type", "").partition(";")[0] != "application/json":
            return _refuse(415, "send JSON")
        if int(headers.get("content-length") or 0) > MAX_BODY_BYTES:
            return _refuse(413, "the request is too large")
        return self._without_token(scope, headers)

    def _without_token(
        self, scope: Scope, headers: Headers
    ) -> JSONResponse | RedirectResponse | None:
        if self._token is None:
            return None
        name = f"irpoint-token-{scope['server'][1]}"  # browsers send a cookie to every port
        held = f"{name}={self._token}".encode()
        sent = [cookie.strip().encode() for cookie in headers.get("cookie", "").split(";")]
        if any(hmac.compare_digest(cookie, held) for cookie in sent):
            return None
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not hmac.compare_digest(asked.encode(), self._token.encode()):
            return _refuse(401, "open the address that irpoint label has printed")
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(name, self._token, httponly=True, samesite="strict")
        return answer


def _own_address(scope: Scope) -> str:
    """This machine's address that a caller has reached: a name that nobody else can take."""
    address: str = scope["server"][0]
    return address.removeprefix("::ffff:")


def _refuse(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": why}, status_code=status)


def with_headers(send: Send) -> Send:
    """``send`` that adds the safety headers to every answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return sending


def limit_body(receive: Receive) -> Receive:
    """``receive`` that stops at too many bytes, for bodies that do not say their length."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MAX_BODY_BYTES:
            raise _TooLarge
        return message

    return receiving
