"""The web application of the page: each route calls one method of the session."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from irpoint._version import __version__
from irpoint.errors import IrpointError, first_error
from irpoint.live.hub import Packet
from irpoint.live.session import LiveSession
from irpoint.web.page import mount_static
from irpoint.web.security import LOCAL, PageGuard

_STATIC = Path(__file__).parent / "static"
_STATE_S = 0.5  # between two states
_AHEAD = 2  # pictures on the way to a viewer
# A browser that is closed while something is sent raises errors of several types.
_CLOSED = (WebSocketDisconnect, RuntimeError, OSError)

Coordinate = Annotated[float, Field(ge=-1e5, le=1e5)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Setting(_Body):
    """A new value of a slider."""

    name: str = Field(max_length=100)
    value: Annotated[float, Field(allow_inf_nan=False)]


class Switch(_Body):
    """Whether something goes on."""

    on: bool


class Stroke(_Body):
    """A stroke of the brush, in frame pixels."""

    points: list[tuple[Coordinate, Coordinate]] = Field(min_length=1, max_length=2000)
    radius: float = Field(gt=0, le=1000)
    erase: bool = False


def create_app(
    session: LiveSession, hosts: frozenset[str] = LOCAL, token: str | None = None
) -> FastAPI:
    """The web application of a live session.

    Args:
        session: the session to show.
        hosts: host names and addresses that requests may use.
        token: token that every request must carry; None if only this machine can reach the server.
    """
    app = FastAPI(
        title="irpoint live", version=__version__, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.add_middleware(PageGuard, hosts=hosts, token=token)
    mount_static(app, _STATIC)

    @app.exception_handler(IrpointError)
    def irpoint_error(_: Request, error: IrpointError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=422)

    @app.exception_handler(RequestValidationError)
    def invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"error": first_error(error)}, status_code=422)

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(_STATIC / "index.html")

    _control_routes(app, session)

    @app.websocket("/api/frames")
    async def frames(socket: WebSocket) -> None:
        await socket.accept()
        session.hub.viewers += 1
        try:
            await _serve_viewer(socket, session)
        finally:
            session.hub.viewers -= 1

    return app


def _control_routes(app: FastAPI, session: LiveSession) -> None:
    @app.get("/api/state")
    def state() -> dict[str, Any]:
        return session.state()

    @app.post("/api/settings")
    def change(setting: Setting) -> dict[str, Any]:
        session.set(setting.name, setting.value)
        return session.state()

    @app.post("/api/pause")
    def pause(switch: Switch) -> dict[str, Any]:
        session.pause(switch.on)
        return session.state()

    @app.post("/api/step")
    def step() -> dict[str, Any]:
        session.step()
        return session.state()

    @app.get("/api/zones")
    def zones() -> Response:
        return Response(session.zones_png(), media_type="image/png")

    @app.post("/api/zones")
    def paint(stroke: Stroke) -> dict[str, Any]:
        session.paint(stroke.points, stroke.radius, stroke.erase)
        return session.state()

    @app.delete("/api/zones")
    def clear() -> dict[str, Any]:
        session.clear_zones()
        return session.state()

    @app.post("/api/record")
    def record(switch: Switch) -> dict[str, Any]:
        session.record(switch.on)
        return session.state()

    @app.post("/api/snapshot")
    def snapshot() -> dict[str, Any]:
        return {"folder": str(session.snapshot())}

    @app.post("/api/label")
    def label() -> dict[str, Any]:
        return {"address": session.label()}


class _Viewer:
    """A browser: it asks for each picture, so that it never gets more than it can show."""

    def __init__(self, socket: WebSocket, session: LiveSession) -> None:
        self._socket, self._session = socket, session
        self._wanted = asyncio.Semaphore(0)
        self._sent: OrderedDict[int, Packet] = OrderedDict()
        self._sending = asyncio.Lock()

    async def send_frames(self) -> None:
        """Send the newest frame whenever one is wanted."""
        last = 0
        while True:
            await self._wanted.acquire()
            packet = await self._session.hub.next(last)
            while not packet.data:  # it could not be encoded
                packet = await self._session.hub.next(packet.number)
            last = packet.number
            self._sent[last] = packet
            if len(self._sent) > 2 * _AHEAD:
                self._sent.popitem(last=False)
            async with self._sending:
                await self._socket.send_bytes(packet.data)

    async def send_states(self) -> None:
        """Send the state regularly."""
        while True:
            async with self._sending:
                await self._socket.send_json(self._session.state())
            await asyncio.sleep(_STATE_S)

    async def receive(self) -> None:
        """Each message is the number of a frame that is now on the screen, or 0; it asks for one.

        Raises:
            WebSocketDisconnect: if the browser is closed.
        """
        while True:
            text = await self._socket.receive_text()
            packet = self._sent.get(int(text)) if text.isdecimal() and len(text) < 16 else None
            if packet is not None:
                self._session.hub.seen(packet)
            self._wanted.release()


async def _serve_viewer(socket: WebSocket, session: LiveSession) -> None:
    viewer = _Viewer(socket, session)
    tasks = [
        asyncio.create_task(work)
        for work in (viewer.send_frames(), viewer.send_states(), viewer.receive())
    ]
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    for task in [*done, *left]:
        # A browser that is closed while something is sent raises errors of several types.
        with contextlib.suppress(
            asyncio.CancelledError, WebSocketDisconnect, RuntimeError, OSError
        ):
            await task
