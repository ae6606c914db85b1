"""Requests to the server of the labelling page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.label_scenes import TRUTH

if TYPE_CHECKING:
    import httpx
    from fastapi.testclient import TestClient

    from irpoint.label import LabelSession

JSON = {"Content-Type": "application/json"}


def client_of(session: LabelSession) -> TestClient:
    """A client of the application, without a server."""
    from fastapi.testclient import TestClient

    from irpoint.label.app import create_app

    return TestClient(create_app(session), base_url="http://127.0.0.1")


def put(client: httpx.Client, frame: str, version: int = 0, **labels: Any) -> Any:
    """Store labels of a frame."""
    body = {"labels": labels, "version": version}
    return client.put("/api/labels", params={"frame": frame}, json=body)


def get_labels(client: httpx.Client, frame: str) -> Any:
    """The stored labels of a frame and their version."""
    return client.get("/api/labels", params={"frame": frame}).json()


def point(x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": y, **more}


def label_all(client: httpx.Client) -> None:
    """Label the frames of :data:`support.label_scenes.TRUTH` with their targets."""
    for name, targets in TRUTH.items():
        state = "done" if targets else "empty"
        put(client, name, state=state, points=[point(x, y) for x, y in targets])
