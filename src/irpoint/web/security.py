"""Access control of web servers: host names, origins, tokens, body size, and browser policy."""

from __future__ import annotations

import hmac
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 4 * 2**20  # five times the labels of a frame with ten thousand points
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1
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


class Guard:
    """Middleware that checks every request before the application sees it.

    A page on another site can make a browser send requests to this server. Therefore a request must
    use a host name of this server (against DNS rebinding), and a request that changes something
    must come from a page of this server (against cross-site request forgery). Every response gets
    headers that restrict what a browser does with it.

    Args:
        app: the application.
        hosts: accepted host names, in addition to the address at which the server was reached; None
            accepts any, which is safe only if a browser never sends the token on its own.
        token: the token that every request must carry; None if only this machine can reach the
            server.
        max_body_bytes: maximum size of a request body.
    """

    content_types: ClassVar[tuple[str, ...]] = ("application/json",)
    """Accepted types of a body; a type that ends with a slash accepts all its subtypes."""
    wrong_type: ClassVar[str] = "send JSON"

    def __init__(
        self,
        app: ASGIApp,
        hosts: frozenset[str] | None,
        token: str | None,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._app, self._token, self._max_body_bytes = app, token, max_body_bytes
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if scope["type"] == "websocket":
            if refusal is None:
                await self._app(scope, receive, send)
            else:  # the server answers the handshake with status 403
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        if refusal is not None:
            await refusal(scope, receive, _add_headers(send))
            return
        try:
            await self._app(scope, self._limit_body(receive), _add_headers(send))
        except _BodyTooLarge:
            await self._too_large()(scope, receive, _add_headers(send))

    def refuse_token(self, scope: Scope, headers: Headers) -> Response | None:
        """The response to a request without a valid token; None if the token is valid."""
        raise NotImplementedError

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = urlsplit(f"//{headers.get('host', '')}").hostname
        if self._hosts is not None and host not in self._hosts and host != _own_address(scope):
            return refuse(403, "the request does not use a host name of this server")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return refuse(403, "the request comes from a page of another site")
        changes = scope.get("method", "GET") not in ("GET", "HEAD")  # a WebSocket has no method
        if changes and not self._accepts(headers.get("content-type", "")):
            return refuse(415, self.wrong_type)
        if int(headers.get("content-length") or 0) > self._max_body_bytes:
            return self._too_large()
        return None if self._token is None else self.refuse_token(scope, headers)

    def _accepts(self, content_type: str) -> bool:
        plain = content_type.partition(";")[0].strip().lower()
        return any(
            plain == accepted or (accepted.endswith("/") and plain.startswith(accepted))
            for accepted in self.content_types
        )

    def _too_large(self) -> Response:
        return refuse(
            413, f"the request is too large: give up to {self._max_body_bytes / 2**20:g} MiB"
        )

    def _limit_body(self, receive: Receive) -> Receive:
        """``receive`` that limits the size of a body whose length was not declared."""
        received = 0

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                raise _BodyTooLarge
            return message

        return receiving


class PageGuard(Guard):
    """For a page: the token is in a cookie, which the address with ``?token=…`` sets."""

    def refuse_token(self, scope: Scope, headers: Headers) -> Response | None:
        """See :class:`Guard`."""
        name = f"irpoint-token-{scope['server'][1]}"  # browsers send a cookie to every port
        expected = f"{name}={self._token}"
        sent = [cookie.strip() for cookie in headers.get("cookie", "").split(";")]
        if any(same(cookie, expected) for cookie in sent):
            return None
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if self._token is None or not same(given, self._token):
            return refuse(401, "no valid token: open the address that the command printed")
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(name, self._token, httponly=True, samesite="strict")
        return response


def refuse(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A response with one line about what is wrong."""
    return JSONResponse({"error": reason}, status, headers)


def same(given: str, secret: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode(), secret.encode())


def _own_address(scope: Scope) -> str:
    """The address at which the server was reached. Unlike a name, it cannot be forged."""
    address: str = scope["server"][0]
    return address.removeprefix("::ffff:")


def _add_headers(send: Send) -> Send:
    """``send`` that adds the security headers to every response."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return sending
