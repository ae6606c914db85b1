"""Points as keypoints of FiftyOne: stand-ins for its two classes, and the library itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from irpoint.errors import SettingsError
from irpoint.exchange import to_fiftyone
from irpoint.measurement import Flag
from irpoint.points import FrameResult, Points
from support.measured import measured_points


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    made = SimpleNamespace(Keypoint=SimpleNamespace, Keypoints=SimpleNamespace)
    monkeypatch.setitem(sys.modules, "fiftyone", made)


def attributes(keypoint: Any) -> set[str]:
    names = ("snr", "x_std", "flags", "polarity", "chi2", "network_x")
    return {name for name in names if hasattr(keypoint, name)}


@pytest.mark.usefixtures("library")
def test_points_are_keypoints_with_their_measurements() -> None:
    points = measured_points([(3, 4), (-0.5, 19.5)], snr=8.0, flags=Flag.BORDER)
    points.measured.snr[1] = np.nan
    result = FrameResult("a.png", 0, None, (20, 30), points, track_ids=[7, 9])
    first, second = to_fiftyone(result).keypoints
    assert [list(xy) for xy in first.points] == [[3.5 / 30, 4.5 / 20]]
    assert [list(xy) for xy in second.points] == [[0, 1]]
    assert (first.label, first.index, first.snr, first.flags) == ("target", 7, 8.0, "border")
    assert list(first.confidence) == [points.score[0]]
    assert attributes(first) - attributes(second) == {"snr"}


@pytest.mark.usefixtures("library")
def test_plain_points_need_a_shape() -> None:
    points = Points(np.array([[14.5, 9.5]]), np.ones(1), np.array([True]))
    (keypoint,) = to_fiftyone(points, shape=(20, 30)).keypoints
    assert [list(xy) for xy in keypoint.points] == [[0.5, 0.5]]
    assert (keypoint.index, keypoint.polarity, attributes(keypoint)) == (None, "dark", {"polarity"})
    with pytest.raises(SettingsError, match=r"shape: give \(height, width\) of the frame"):
        to_fiftyone(points)
    result = FrameResult("a.png", 0, None, (20, 30), points)
    assert len(to_fiftyone(replace(result, points=Points.empty())).keypoints) == 0


_CONVERT = """
import fiftyone as fo
from irpoint.exchange import to_fiftyone
from irpoint.points import FrameResult
from support.measured import measured_points

result = FrameResult("a.png", 0, None, (20, 30), measured_points([(3, 4)]), track_ids=[7])
sample = fo.Sample("a.png")
sample["irpoint"] = to_fiftyone(result)
print(sample["irpoint"].to_json())
"""


def test_the_library_takes_them(tmp_path: Path) -> None:
    """In a process of its own, because FiftyOne changes much when it is imported."""
    if find_spec("fiftyone") is None:
        pytest.skip("fiftyone is not installed")
    done = subprocess.run(
        [sys.executable, "-c", _CONVERT],
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (keypoint,) = json.loads(done.stdout)["keypoints"]
    assert keypoint["points"] == [[3.5 / 30, 4.5 / 20]]
    assert (keypoint["label"], keypoint["index"], keypoint["snr"]) == ("target", 7, 1.0)
    assert keypoint["polarity"] == "bright"


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fiftyone", None)
    with pytest.raises(SettingsError, match="needs fiftyone; run pip install 'fiftyone'"):
        to_fiftyone(Points.empty(), shape=(1, 1))
