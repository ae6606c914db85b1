"""Requests that the server of the page refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra label")
from fastapi.testclient import TestClient

from irpoint.label import LabelSession
from irpoint.label.app import create_app
from irpoint.web.security import LOCAL, MAX_BODY_BYTES
from support.label_client import JSON, client_of, get_labels, point, put
from support.label_scenes import write_folder


@pytest.mark.parametrize(
    "labels",
    [
        {"points": [point(float("1e9"), 1)]},
        {"points": [point(-3, 1)]},
        {"points": [{"x": "nan", "y": 1}]},
        {"points": [point(1, 2, colour="red")]},
        {"state": "perhaps"},
        {"note": "x" * 3000},
    ],
)
def test_invalid_labels_are_refused(client: TestClient, labels: dict[str, Any]) -> None:
    response = put(client, "a.png", **labels)
    assert response.status_code == 422
    assert "\n" not in response.json()["error"]
    assert get_labels(client, "a.png")["version"] == 0


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "notes.txt", "a.png/../b.png"])
def test_only_listed_frames_are_read(client: TestClient, name: str) -> None:
    response = client.get("/api/pixels", params={"frame": name})
    assert response.status_code == 422
    assert "no such frame" in response.json()["error"]


def test_links_out_of_the_folder_are_not_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "frames")
    outside = tmp_path / "secret.png"
    outside.write_bytes((folder / "a.png").read_bytes())
    (folder / "link.png").symlink_to(outside)
    session = LabelSession(folder, tmp_path / "out")
    response = client_of(session).get("/api/pixels", params={"frame": "link.png"})
    assert response.status_code == 422
    assert "links to a file outside the folder" in response.json()["error"]
    session.close()


def test_static_files_are_those_of_the_page(client: TestClient) -> None:
    assert client.get("/static/page.js").status_code == 200
    assert client.get("/static/%2e%2e/server.py").status_code == 404


def test_requests_of_other_sites_are_refused(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
    other = {"Origin": "http://evil.example", **JSON}
    assert client.post("/api/undo", headers=other).status_code == 403
    assert client.post("/api/undo", headers={"Content-Type": "text/plain"}).status_code == 415
    own = {"Origin": "http://127.0.0.1", **JSON}
    assert client.post("/api/undo", headers=own).status_code == 200


def test_large_requests_are_refused(client: TestClient) -> None:
    body = b'{"model": "' + b"x" * MAX_BODY_BYTES + b'"}'
    assert client.post("/api/model", content=body, headers=JSON).status_code == 413
    parts = (body[k : k + 65536] for k in range(0, len(body), 65536))  # without a declared length
    assert client.post("/api/model", content=parts, headers=JSON).status_code in (400, 413)


def test_every_response_has_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/static/page.js", "/api/session", "/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_another_address_requires_the_token(session: LabelSession) -> None:
    app = create_app(session, LOCAL | {"10.0.0.7"}, token="sesame")
    client = TestClient(app, base_url="http://10.0.0.7:8321")
    assert client.get("/api/session").status_code == 401
    assert client.get("/", params={"token": "wrong"}).status_code == 401
    assert client.get("/", params={"token": "sesame"}).status_code == 200  # sets the cookie
    assert client.get("/api/session").status_code == 200
    other = TestClient(create_app(session, token="else"), base_url="http://10.0.0.7:8322")
    ours = "; ".join(['x={"a":1}', *(f"{k}={v}" for k, v in client.cookies.items())])
    other.get("/", params={"token": "else"}, headers={"Cookie": ours})
    theirs = "; ".join(f"{k}={v}" for k, v in other.cookies.items())
    both = {"Cookie": f"{ours}; {theirs}"}
    plain = TestClient(app, base_url="http://10.0.0.7:8321")
    assert plain.get("/api/session", headers=both).status_code == 200


def test_host_names_are_compared_without_case(session: LabelSession) -> None:
    client = TestClient(create_app(session, LOCAL | {"My-Desk"}), base_url="http://127.0.0.1")
    assert client.get("/", headers={"Host": "My-Desk:8321"}).status_code == 200
    assert client.get("/", headers={"Host": "127.0.0.1.evil.example"}).status_code == 403
