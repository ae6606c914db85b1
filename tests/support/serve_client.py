"""Requests to the detection service, without a server."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.testclient import TestClient

Message = dict[str, Any]


def client_of(app: FastAPI, host: str = "127.0.0.1") -> TestClient:
    """A client of an application; use it as a context, which starts and stops the network."""
    from fastapi.testclient import TestClient

    return TestClient(app, base_url=f"http://{host}:8323", raise_server_exceptions=False)


def npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    """The bytes of a ``.npy`` file."""
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=pickled)
    return stream.getvalue()


def metric(client: Any, name: str) -> float:
    """The value of a metric, such as ``irpoint_frames_total``."""
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


def post_slowly(app: FastAPI, receive: Callable[[], Awaitable[Message]]) -> tuple[int, bytes]:
    """Status and body of the answer to a POST to ``/detect`` whose body comes from ``receive``."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/detect", "raw_path": b"/detect", "query_string": b"",
        "root_path": "", "headers": [(b"host", b"127.0.0.1:8323")],
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8323),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])
