"""Requests around the frame: sizes, times, tokens, other sites, metrics and the reference page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("prometheus_client", reason="needs the extra serve")
from fastapi.testclient import TestClient

from irpoint.emit.schema import PointRecord
from irpoint.errors import SettingsError
from irpoint.runtime.detector import Detector
from irpoint.serve.app import create_app
from irpoint.serve.limits import Limits
from support.detection import png
from support.models import draw_blobs
from support.serve_client import Message, client_of, metric, post_slowly

FRAME = png(draw_blobs([(40, 30)]))
TOKEN = "open-sesame-open-sesame"


@pytest.fixture
def guarded(detector: Detector) -> Iterator[TestClient]:
    """A client of a service that requires a token, under a name that the service does not know."""
    with client_of(create_app(detector, token=TOKEN), "irpoint.example") as client:
        yield client


def test_large_bodies_are_refused(client: TestClient) -> None:
    body = bytes(2**20 + 1)
    declared = client.post("/detect", content=body)
    parts = (body[k : k + 65536] for k in range(0, len(body), 65536))
    undeclared = client.post("/detect", content=parts)
    for response in (declared, undeclared):
        assert response.status_code == 413
        assert response.json() == {"error": "the request is too large: give up to 1 MiB"}
    assert metric(client, "irpoint_in_progress") == 0


def test_a_slow_body_is_given_up(detector: Detector) -> None:
    async def nothing() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    status, body = post_slowly(create_app(detector, Limits(body_s=0.01)), nothing)
    assert (status, body) == (408, b'{"error":"the body did not arrive within 0.01 s"}')


def test_a_broken_connection_is_no_fault(detector: Detector) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    assert post_slowly(create_app(detector), gone)[0] == 400


def test_limits_are_at_least_one() -> None:
    with pytest.raises(SettingsError, match="--queue 0: give 1 or more"):
        Limits(requests=0)


def test_frames_and_metrics_require_the_token(guarded: TestClient) -> None:
    right = {"Authorization": f"Bearer {TOKEN}"}
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": f"Basic {TOKEN}"}):
        refused = guarded.post("/detect", content=FRAME, headers=headers)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert guarded.get("/metrics", headers=headers).status_code == 401
    assert guarded.post("/detect", content=FRAME, headers=right).status_code == 200
    assert guarded.get("/metrics", headers=right).status_code == 200
    for path in ("/health", "/docs", "/openapi.json", "/static/try.js"):
        assert guarded.get(path).status_code == 200


def test_without_a_token_requests_must_name_this_machine(client: TestClient) -> None:
    other = {"Host": "evil.example"}
    assert client.post("/detect", content=FRAME, headers=other).status_code == 403
    other = {"Origin": "http://evil.example"}
    assert client.post("/detect", content=FRAME, headers=other).status_code == 403


@pytest.mark.parametrize("path", ["/docs", "/detect", "/nothing", "/metrics"])
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_unknown_paths_and_methods_are_one_line(client: TestClient) -> None:
    missing, wrong = client.get("/detct"), client.get("/detect")
    assert (missing.status_code, wrong.status_code) == (404, 405)
    assert "POST a frame to /detect" in missing.json()["error"]
    assert "the method GET is not allowed" in wrong.json()["error"]
    assert client.post("/detect", params={"source": "x" * 2000}).status_code == 422


def test_metrics_count_requests_by_path_and_status(client: TestClient) -> None:
    client.post("/detect", content=FRAME)
    client.post("/detect", content=FRAME)
    client.post("/detect", content=b"no frame")
    client.get("/made/up")
    counted = 'irpoint_requests_total{path="%s",status="%d"}'
    assert metric(client, counted % ("/detect", 200)) == 2
    assert metric(client, counted % ("/detect", 415)) == 1
    assert metric(client, counted % ("other", 404)) == 1
    assert metric(client, "irpoint_detect_seconds_count") == 2
    assert metric(client, "irpoint_points_total") == 2
    assert metric(client, "irpoint_queue_length") == 0
    text = client.get("/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=")
    assert "irpoint_model_info{irpoint=" in text.text


class _Tags(HTMLParser):
    """The ids of a page, its links within the page, and the addresses that it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids, self.links, self.loaded = set[str](), set[str](), set[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values["id"]} if "id" in values else set()
        if tag == "a" and values["href"].startswith("#"):
            self.links.add(values["href"][1:])
        if tag in ("script", "link"):
            self.loaded.add(values.get("src") or values["href"])


def test_the_reference_page_describes_every_request_and_field(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    tags = _Tags(page.text)
    assert tags.links <= tags.ids
    assert {"Answer", "PointRecord"} <= tags.links
    for path in ("POST /detect", "GET /health", "GET /metrics", "?source="):
        assert path in page.text
    for field in PointRecord.__annotations__:
        assert f"<code>{field}</code>" in page.text
    for address in tags.loaded:
        assert client.get(address).status_code == 200
    assert client.get("/", follow_redirects=False).headers["location"] == "/docs"


def test_the_page_asks_for_a_token_only_if_there_is_one(
    client: TestClient, guarded: TestClient
) -> None:
    assert 'id="for-token" hidden' in client.get("/docs").text
    assert 'id="for-token" hidden' not in guarded.get("/docs").text
    assert "securitySchemes" in guarded.get("/openapi.json").json()["components"]
