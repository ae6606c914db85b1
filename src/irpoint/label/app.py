"""The web application of the page: each route calls one method of the session."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from irpoint._version import __version__
from irpoint.errors import IrpointError, IrpointWarning, first_error
from irpoint.label.browser_routes import browser_routes
from irpoint.label.catalogue import printable
from irpoint.label.labels import Coordinate, FrameLabels, StoredLabels
from irpoint.label.pixels import pixels
from irpoint.label.queue import Order
from irpoint.label.session import LabelSession
from irpoint.label.snap import Contrast, Snap, snap_click
from irpoint.label.store import Conflict, StoreError
from irpoint.label.tracks import Refill
from irpoint.label.training_routes import training_routes
from irpoint.label.video_routes import video_routes
from irpoint.label.views import Kind
from irpoint.runtime.polarity import Polarity
from irpoint.web.page import mount_static
from irpoint.web.security import LOCAL, PageGuard

_STATIC = Path(__file__).parent / "static"

Name = Annotated[str, Query(alias="frame", max_length=4096)]
Tab = Annotated[str, Header(alias="X-Tab", max_length=64)]  # each tab chooses its own name


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Change(_Body):
    """New labels of a frame, and the version on which they are based.

    With ``refill``, a track is interpolated anew around its point in the frame.
    """

    labels: FrameLabels
    version: int = Field(ge=0)
    refill: Refill | None = None


class Click(_Body):
    """A clicked position, and how to snap it."""

    frame: str = Field(max_length=4096)
    x: Coordinate
    y: Coordinate
    how: Snap
    contrast: Contrast = "bright"


class Choice(_Body):
    """The name of a model, null for none; and which targets to propose, null for the same."""

    model: str | None = Field(max_length=200)
    polarity: Polarity | None = None


def create_app(
    session: LabelSession, hosts: frozenset[str] = LOCAL, token: str | None = None
) -> FastAPI:
    """The web application of a labelling session.

    Args:
        session: the session to show.
        hosts: host names and addresses that requests may use.
        token: token that every request must carry; None if only this machine can reach the server.
    """

    async def seen(tab: Tab = "") -> None:  # async, because FastAPI runs plain functions in threads
        session.tabs.seen(tab)

    app = FastAPI(title="irpoint label", version=__version__, docs_url=None, redoc_url=None,
                  openapi_url=None, dependencies=[Depends(seen)])  # fmt: skip
    app.add_middleware(PageGuard, hosts=hosts, token=token)
    mount_static(app, _STATIC)
    _handle_errors(app, session)
    _frame_routes(app, session)
    _label_routes(app, session)
    _model_routes(app, session)
    browser_routes(app, session)
    video_routes(app, session)
    training_routes(app, session)
    return app


def _handle_errors(app: FastAPI, session: LabelSession) -> None:
    @app.exception_handler(Conflict)
    def conflict(request: Request, error: Conflict) -> JSONResponse:
        name = request.query_params.get("frame")
        now = session.labels(name).model_dump() if name else None
        return JSONResponse({"error": str(error), "stored": now}, status_code=409)

    @app.exception_handler(StoreError)
    def store_error(_: Request, error: StoreError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=503)  # the page tries again

    @app.exception_handler(IrpointError)
    def irpoint_error(_: Request, error: IrpointError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=422)

    @app.exception_handler(RequestValidationError)
    def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": first_error(error)}, status_code=422)


def _frame_routes(app: FastAPI, session: LabelSession) -> None:
    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(_STATIC / "index.html")

    @app.get("/api/session")
    def overview() -> dict[str, Any]:
        entries = session.catalogue.entries
        sequences = list(dict.fromkeys(entry.sequence for entry in entries))
        number = {name: at for at, name in enumerate(sequences)}
        return {
            "version": __version__,
            "folder": printable(session.catalogue.root.name),
            "out": printable(session.out),
            "frames": [entry.name for entry in entries],
            "sequences": [number[entry.sequence] for entry in entries],
            "labelled_before": session.catalogue.dataset is not None,
            "skipped": [printable(line) for line in session.catalogue.skipped],
            "models": session.proposer.models(),
            "model": session.proposer.model,
            "polarity": session.proposer.polarity,
            "threshold": session.proposer.threshold,
        }

    @app.get("/api/queue")
    def order(by: Order | Literal["doubt"]) -> list[int]:
        if by == "doubt":
            warnings.warn(
                "/api/queue?by=doubt is deprecated; use by=ambiguity", IrpointWarning, stacklevel=2
            )
            by = "ambiguity"
        return session.queue(by)

    @app.get("/api/pixels")
    def picture(name: Name, view: Kind = "frame") -> Response:
        shown = pixels(session.views.frame(session.entry(name), view))
        return Response(
            shown.data, media_type="application/octet-stream",
            headers={"X-Frame": json.dumps(shown.head)},
        )  # fmt: skip


def _label_routes(app: FastAPI, session: LabelSession) -> None:
    @app.get("/api/labels")
    def labels(name: Name) -> StoredLabels:
        return session.labels(name)

    @app.put("/api/labels")
    def put(name: Name, change: Change, tab: Tab = "") -> dict[str, Any]:
        labels, version, refill = change.labels, change.version, change.refill
        if refill is None:
            return dict(session.put(name, labels, version, tab)) | {"others": {}}
        changed = session.tracks.put(name, labels, version, refill, tab)
        return dict(changed.pop(name)) | {"others": changed}

    @app.post("/api/undo")
    def undo(tab: Tab = "") -> dict[str, StoredLabels]:
        return session.undo(tab)

    @app.post("/api/redo")
    def redo(tab: Tab = "") -> dict[str, StoredLabels]:
        return session.redo(tab)

    @app.delete("/api/tab")
    def closed(tab: Tab = "") -> None:
        session.tabs.closed(tab)

    @app.post("/api/snap")
    def snap(click: Click) -> dict[str, Any]:
        frame = session.catalogue.read(session.entry(click.frame))
        x, y, found = snap_click(frame, (click.x, click.y), click.how, click.contrast)
        return {"x": x, "y": y, "snapped": found}


def _model_routes(app: FastAPI, session: LabelSession) -> None:
    @app.get("/api/proposals")
    def proposals(name: Name) -> dict[str, Any]:
        return {"points": session.proposals(name)}

    @app.post("/api/model")
    def choose(choice: Choice) -> dict[str, Any]:
        session.choose(choice.model, choice.polarity)
        return {"model": session.proposer.model, "threshold": session.proposer.threshold}

    @app.post("/api/export")
    def export() -> dict[str, Any]:
        written = session.write_dataset()
        shown = {k: v for k, v in asdict(written).items() if k != "names"}
        return shown | {"folder": str(written.folder)}
