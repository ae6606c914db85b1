"""Access control of the service: a bearer token instead of the cookie of a page."""

from __future__ import annotations

from typing import ClassVar

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from irpoint.web.security import Guard, refuse, same

# What probes and readers of the documentation need; it tells nothing about frames.
OPEN = frozenset({"/", "/docs", "/health", "/openapi.json"})
_STATIC = ("/static/", "/shared/")


class ApiGuard(Guard):
    """For programs: the token is in the header ``Authorization: Bearer …``."""

    # The content of a body decides. Without an option, curl states that a file is a form.
    content_types: ClassVar[tuple[str, ...]] = (
        "", "image/", "application/octet-stream", "application/x-npy", "application/x-numpy",
        "application/x-www-form-urlencoded",
    )  # fmt: skip
    wrong_type: ClassVar[str] = (
        "wrong content type: send the file itself as the body, as image/png, image/tiff or "
        "application/octet-stream, such as curl --data-binary @frame.png ADDRESS"
    )

    def refuse_token(self, scope: Scope, headers: Headers) -> Response | None:
        """See :class:`irpoint.web.security.Guard`."""
        if scope["path"] in OPEN or scope["path"].startswith(_STATIC):
            return None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if self._token and scheme.lower() == "bearer" and same(given.strip(), self._token):
            return None
        return refuse(
            401,
            "no valid token: send the header Authorization: Bearer TOKEN",
            {"WWW-Authenticate": "Bearer"},
        )
