"""The web application of the service: its routes, and its errors as one line of JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from irpoint._version import __version__
from irpoint.errors import IrpointError, first_error
from irpoint.frames.cut import Cut
from irpoint.measuring.camera import Camera
from irpoint.runtime.detector import Detector
from irpoint.serve.body import TITLES
from irpoint.serve.detection import Answer, Detection
from irpoint.serve.limits import Limits, Refused
from irpoint.serve.metrics import CONTENT_TYPE, CountingMiddleware
from irpoint.serve.reference import reference_page
from irpoint.serve.security import ApiGuard
from irpoint.web.page import mount_static
from irpoint.web.security import LOCAL, refuse

_STATIC = Path(__file__).parent / "static"
_PATHS = frozenset({"/detect", "/health", "/metrics", "/docs", "/openapi.json"})
_BODIES = ("application/octet-stream", "image/png", "image/jpeg", "image/tiff", "application/x-npy")
_REQUEST = {
    "required": True,
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _BODIES},
}


class Fault(BaseModel):
    """Why a request was refused, on one line."""

    error: str


_FAULTS: dict[int | str, dict[str, Any]] = {
    401: {"model": Fault, "description": "no valid token"},
    403: {"model": Fault, "description": "another host name, or a page of another site"},
    408: {"model": Fault, "description": "the body did not arrive in time"},
    413: {"model": Fault, "description": "too many bytes or pixels"},
    415: {"model": Fault, "description": "another content type or format"},
    422: {"model": Fault, "description": "damaged, no frame, or no fit to a setting of the server"},
    429: {
        "model": Fault,
        "description": "the queue is full; Retry-After is the seconds to wait",
    },
}


def create_app(
    detector: Detector,
    limits: Limits | None = None,
    *,
    token: str | None = None,
    cut: Cut | None = None,
    camera: Camera | None = None,
) -> FastAPI:
    """The web application. It begins to work, and stops, with its lifespan events.

    Args:
        detector: finds the points.
        limits: how much the server takes on; None for the defaults.
        token: token that requests must carry. None accepts requests that name this machine only.
        cut: rows and columns to cut off each frame; points count from the rest.
        camera: calibrated camera, for the azimuth and elevation of each point.
    """
    detection = Detection(detector, limits or Limits(), cut, camera)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        detection.start()
        yield
        detection.close()

    app = FastAPI(
        title="irpoint serve", version=__version__, lifespan=lifespan, docs_url=None,
        redoc_url=None, openapi_url="/openapi.json",
        description=f"Points of infrared frames, found by the model {detector.card.name}.",
    )  # fmt: skip
    # The last one added is the first to see a request.
    app.add_middleware(
        ApiGuard,
        hosts=LOCAL if token is None else None,
        token=token,
        max_body_bytes=detection.limits.body_bytes,
    )
    app.add_middleware(CountingMiddleware, metrics=detection.metrics, paths=_PATHS)
    mount_static(app, _STATIC)
    _handle_errors(app)
    protected = [] if token is None else [Depends(HTTPBearer(auto_error=False))]  # for /docs only
    _detect_route(app, detection, protected)
    _other_routes(app, detection, protected)
    return app


def _detect_route(app: FastAPI, detection: Detection, protected: Sequence[Any]) -> None:
    @app.post(
        "/detect",
        response_model=None,
        dependencies=protected,
        responses={200: {"model": Answer, "description": "the record of the frame"}, **_FAULTS},
        openapi_extra={"requestBody": _REQUEST},
        summary="Points of one frame",
        description=f"The body is a file with one frame: {TITLES}.",
    )
    async def detect(
        request: Request,
        source: Annotated[
            str, Query(max_length=1000, description="name of the frame in the answer")
        ] = "body",
    ) -> Response:
        return Response(await detection.answer(request, source), media_type="application/json")


def _other_routes(app: FastAPI, detection: Detection, protected: Sequence[Any]) -> None:
    @app.get(
        "/health",
        summary="Whether the service works",
        response_description="it works",
        responses={503: {"model": Fault, "description": "it has to be restarted"}},
    )
    async def health() -> JSONResponse:
        if detection.works():
            return JSONResponse({"status": "ok"})
        return refuse(503, "the network does not answer; restart the server")

    @app.get(
        "/metrics",
        summary="Counters in the text format of Prometheus",
        response_class=PlainTextResponse,
        response_description="all counters",
        dependencies=protected,
    )
    async def metrics() -> Response:
        return Response(detection.metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(reference_page(app.openapi()))

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/docs")


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    def refused(_: Request, error: Refused) -> JSONResponse:
        return refuse(error.status, error.reason, error.headers)

    @app.exception_handler(IrpointError)
    def irpoint_error(_: Request, error: IrpointError) -> JSONResponse:
        return refuse(422, str(error))

    @app.exception_handler(RequestValidationError)
    def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return refuse(422, first_error(error))

    @app.exception_handler(ClientDisconnect)
    def disconnected(_: Request, __: ClientDisconnect) -> JSONResponse:
        return refuse(400, "the connection was closed before the body was complete")

    @app.exception_handler(HTTPException)
    def http_error(request: Request, error: HTTPException) -> JSONResponse:
        reason = {
            404: f"{request.url.path}: no such page; POST a frame to /detect, or see /docs",
            405: f"{request.url.path}: the method {request.method} is not allowed; see /docs",
        }.get(error.status_code, error.detail)
        return refuse(error.status_code, reason, dict(error.headers or {}))

    @app.exception_handler(Exception)
    def fault(_: Request, __: Exception) -> JSONResponse:
        return refuse(500, "a fault of the server; its log has the details")
