"""Small pictures of the frames."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi", reason="needs the extra label")
from fastapi.testclient import TestClient

from irpoint.errors import FrameError
from irpoint.label import LabelSession
from irpoint.label.thumbnails import reduced
from support.label_client import client_of, point, put
from support.label_scenes import STACK, TRUTH


def picture_of(client: TestClient, name: str) -> np.ndarray:
    response = client.get("/api/thumbnail", params={"frame": name})
    assert response.headers["content-type"] == "image/jpeg"
    return np.array(Image.open(io.BytesIO(response.content)))


@pytest.mark.parametrize("name", ["a.png", "deep.tif", f"{STACK}#3"])
def test_a_point_target_is_visible(client: TestClient, name: str) -> None:
    shown = picture_of(client, name)
    assert shown.shape == (64, 96)
    x, y = (26, 30) if name.startswith(STACK) else TRUTH[name][0]
    assert shown[round(y), round(x)] > 200


def test_a_target_of_one_pixel_survives_in_a_large_frame() -> None:
    frame = np.full((512, 1000), 300, np.uint16)
    frame[100, 803], frame[400, 30] = 900, 100
    bright, dark = reduced(frame), reduced(frame, dark=True)
    assert bright.shape == dark.shape == (47, 91)  # in blocks of 11 pixels
    assert bright[100 // 11, 803 // 11] == bright.max() == 900
    assert dark[400 // 11, 30 // 11] == dark.min() == 100
    assert bright.min() == dark.max() == 300


def test_pixels_that_are_not_finite_are_ignored() -> None:
    frame = np.full((4, 4), 2.0, np.float32)
    frame[0, 0], frame[1, 1] = np.nan, np.inf
    assert np.all(reduced(frame) == 2)
    with pytest.raises(FrameError, match="no finite pixel"):
        reduced(np.full((4, 4), np.nan))


def test_the_labels_come_with_the_picture(client: TestClient, session: LabelSession) -> None:
    put(client, "a.png", points=[point(40.25, 30)])
    response = client.get("/api/thumbnail", params={"frame": "a.png"})
    marks = json.loads(response.headers["x-marks"])
    assert marks == {"width": 96, "height": 64, "points": [[40.2, 30.0]]}


def test_a_frame_is_reduced_once_unless_its_file_was_modified(tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    path = tmp_path / "frames" / "a.png"
    Image.fromarray(np.tile(np.arange(60, dtype=np.uint8), (40, 1))).save(path)
    session = LabelSession(path.parent, tmp_path / "out")
    client = client_of(session)
    before = picture_of(client, "a.png")
    reads = []
    read = session.catalogue.read
    session.catalogue.read = lambda entry: reads.append(entry) or read(entry)  # type: ignore
    assert np.array_equal(picture_of(client, "a.png"), before)
    assert reads == []
    Image.fromarray(np.zeros((40, 60), np.uint8)).save(path)
    assert picture_of(client, "a.png").max() == 0
    assert len(reads) == 1
    session.close()


def test_a_damaged_frame_has_no_picture(client: TestClient) -> None:
    response = client.get("/api/thumbnail", params={"frame": "zz-damaged.png"})
    assert response.status_code == 422
