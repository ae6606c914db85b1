"""The points of a request, which are those of ``irpoint detect``."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from pydantic import TypeAdapter

pytest.importorskip("fastapi", reason="needs the extra serve")
pytest.importorskip("prometheus_client", reason="needs the extra serve")

from irpoint.frames.cut import Cut
from irpoint.runtime import Region
from irpoint.runtime.detector import Detector
from irpoint.serve.app import create_app
from irpoint.serve.detection import Answer
from irpoint.serve.limits import Limits
from support.cameras import HEIGHT, WIDTH, camera
from support.detection import TRUTH, png
from support.models import draw_blobs
from support.serve_client import client_of, metric, npy
from support.waiting import wait_until

FRAME = draw_blobs(TRUTH["a"])
COUNTS = FRAME.astype(np.uint16) * 40 + 9000


def tiff(frame: np.ndarray) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, frame, compression="zlib")
    return stream.getvalue()


def of_command(
    cli: Callable[..., Any], model: Path, file: Path, *options: str
) -> list[dict[str, str]]:
    code, out, _ = cli("detect", "--model", model, *options, file)
    assert code == 0
    return list(csv.DictReader(io.StringIO(out)))


@pytest.mark.parametrize(
    ("name", "content"), [("a.png", png(COUNTS)), ("a.npy", npy(COUNTS)), ("a.tif", tiff(COUNTS))]
)
@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, ()),
        ({"threshold": 0.9, "polarity": "both"}, ("--threshold", "0.9", "--polarity", "both")),
        ({"region": Region((50, 0, 127, 95))}, ("--roi", "50,0,127,95")),
    ],
    ids=("defaults", "threshold", "roi"),
)
def test_the_points_are_those_of_the_command(
    name: str, content: bytes, settings: dict[str, Any], options: tuple[str, ...],
    cli: Callable[..., Any], model: Path, tmp_path: Path,
) -> None:  # fmt: skip
    (tmp_path / name).write_bytes(content)
    expected = of_command(cli, model, tmp_path / name, *options)
    with client_of(create_app(Detector(model, **settings))) as client:
        response = client.post("/detect", params={"source": name}, content=content)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    TypeAdapter(Answer).validate_python(answer, strict=False)
    assert (answer["source"], answer["shape"], answer["status"]) == (name, [96, 128], "ok")
    points = [{key: point[key] for key in ("x", "y", "score", "snr")} for point in answer["points"]]
    assert len(points) == (1 if "region" in settings else 2)
    assert points == [{key: float(row[key]) for key in points[0]} for row in expected]


def test_a_frame_without_contrast_says_so(detector: Detector) -> None:
    with client_of(create_app(detector)) as client:
        answer = client.post("/detect", content=npy(np.full((64, 64), 7, np.uint16))).json()
    assert (answer["status"], answer["points"]) == ("blank", [])


def test_a_camera_adds_directions_and_a_cut_shifts_points(detector: Detector) -> None:
    frame = draw_blobs([(60, 50)], (HEIGHT + 4, WIDTH))
    with client_of(create_app(detector, camera=camera(), cut=Cut(top=4))) as client:
        answer = client.post("/detect", content=npy(frame)).json()
        other = client.post("/detect", content=npy(FRAME))
    [point] = answer["points"]
    assert (point["x"], point["y"]) == pytest.approx((60, 46), abs=0.3)
    assert answer["angles"] is not None
    assert point["azimuth"] is not None
    assert other.status_code == 422
    assert "640" in other.json()["error"]


def test_a_region_that_does_not_fit_is_the_error_of_that_frame_alone(model: Path) -> None:
    detector = Detector(model, region=Region((0, 60, 127, 90)))
    with client_of(create_app(detector)) as client:
        refused = client.post("/detect", content=npy(FRAME[:50]))
        assert client.post("/detect", content=npy(FRAME)).status_code == 200
    assert refused.status_code == 422
    assert "roi 0,60,127,90 is outside the frame" in refused.json()["error"]


class Gate:
    """Holds the network until it is opened, and records the sizes of its batches."""

    def __init__(self, detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open, self.sizes = threading.Event(), list[int]()
        judge = detector.judge

        def held(frames: list[np.ndarray], **limits: float | None) -> Any:
            self.sizes.append(len(frames))
            assert self.open.wait(60)
            if any(frame.shape[0] == 13 for frame in frames):
                raise ValueError("a fault")
            return judge(frames, **limits)

        monkeypatch.setattr(detector, "judge", held)


def post_together(client: Any, bodies: list[bytes], gate: Gate) -> list[Any]:
    """The responses to requests of which all but the first wait while the network is busy."""
    with ThreadPoolExecutor(len(bodies)) as pool:
        first = pool.submit(client.post, "/detect", content=bodies[0])
        wait_until(lambda: gate.sizes == [1])
        others = [pool.submit(client.post, "/detect", content=body) for body in bodies[1:]]
        wait_until(lambda: metric(client, "irpoint_queue_length") == len(bodies) - 1)
        gate.open.set()
        return [one.result() for one in (first, *others)]


def test_waiting_frames_go_through_the_network_together(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [draw_blobs([(20 + 10 * k, 40)], seed=k) for k in range(6)]
    expected = [points.xy.round(3).tolist() for points in detector.batch(frames)]
    gate = Gate(detector, monkeypatch)
    with client_of(create_app(detector, Limits(batch=3))) as client:
        responses = post_together(client, [npy(frame) for frame in frames], gate)
        assert sorted(gate.sizes) == [1, 2, 3]
        assert metric(client, "irpoint_frames_total") == 6
        assert metric(client, "irpoint_points_total") == 6
        assert metric(client, "irpoint_batch_frames_count") == 3
    found = [[[p["x"], p["y"]] for p in response.json()["points"]] for response in responses]
    assert np.allclose(found, expected, atol=1e-3)


def test_a_fault_with_one_frame_is_not_that_of_the_others(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(detector, monkeypatch)
    with client_of(create_app(detector)) as client:
        bodies = [npy(FRAME), npy(FRAME[:13]), npy(FRAME)]
        statuses = [response.status_code for response in post_together(client, bodies, gate)]
        assert statuses == [200, 500, 200]
        assert client.get("/health").json() == {"status": "ok"}


def test_a_full_queue_refuses_at_once(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(detector, monkeypatch)
    with (
        client_of(create_app(detector, Limits(requests=2))) as client,
        ThreadPoolExecutor(2) as pool,
    ):
        taken = [pool.submit(client.post, "/detect", content=npy(FRAME)) for _ in range(2)]
        wait_until(lambda: metric(client, "irpoint_in_progress") == 2)
        refused = client.post("/detect", content=npy(FRAME))
        gate.open.set()
        assert [one.result().status_code for one in taken] == [200, 200]
        assert client.post("/detect", content=npy(FRAME)).status_code == 200
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert "2 frames are in progress" in refused.json()["error"]
