"""A labelling session over made frames and a client of its server, for tests of the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from support.label_scenes import picture, write_folder

pytest.importorskip("fastapi", reason="needs the extra label")
from fastapi.testclient import TestClient

from irpoint.label import LabelSession
from irpoint.label.app import create_app

JSON = {"Content-Type": "application/json"}
STACK = "sub/stack.tif"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[LabelSession]:
    session = LabelSession(write_folder(tmp_path / "frames"), tmp_path / "out")
    yield session
    session.close()


@pytest.fixture
def client(session: LabelSession) -> TestClient:
    return TestClient(create_app(session), base_url="http://127.0.0.1")


def put(client: TestClient, frame: str, version: int = 0, **labels: Any) -> Any:
    body = {"labels": labels, "version": version}
    return client.put("/api/labels", params={"frame": frame}, json=body)


def point(x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": y, **more}


def data_set(root: Path, rows: list[str], **lists: str) -> Path:
    """Frames a to e, points for those that rows name, and split lists."""
    (root / "images").mkdir(parents=True)
    (root / "img_idx").mkdir()
    for name in "abcde":
        Image.fromarray(picture([], 0)).save(root / "images" / f"{name}.png")
    (root / "points.csv").write_text("\n".join(["image,x,y", *rows]) + "\n")
    for split, names in lists.items():
        (root / "img_idx" / f"{split}.txt").write_text("\n".join(names) + "\n")
    return root
