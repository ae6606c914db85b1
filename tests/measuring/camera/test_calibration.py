"""Calibration files of ROS, OpenCV and Kalibr, and damaged ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irpoint import Camera
from irpoint.errors import IrpointWarning, SettingsError
from irpoint.measuring.camera.lenses import Fisheye, Pinhole
from support.cameras import CAMERA_INFO, MATRIX

BARREL = Pinhole((-0.3, 0.1, 0.001, -0.002, 0.02))

OPENCV_4_YAML = """\
%YAML:1.0
---
calibration_time: "Fri 27 Nov 2026 10:00:00"
image_width: 640
image_height: 512
flags: 0
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 800., 0., 330., 0., 810., 250., 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 5
   cols: 1
   dt: d
   data: [ -3.0000000000000000e-01, 1.0000000000000001e-01, 1e-3,
       -2.0000000000000000e-03, 2.0000000000000000e-02 ]
avg_reprojection_error: 1.9e-01
"""
OPENCV_XML = """\
<?xml version="1.0"?>
<opencv_storage>
<calibration_time>"Fri 27 Nov 2026"</calibration_time>
<imageSize>640 512</imageSize>
<cameraMatrix type_id="opencv-matrix">
  <rows>3</rows>
  <cols>3</cols>
  <dt>d</dt>
  <data>
    800. 0. 330. 0. 810. 250. 0. 0. 1.</data></cameraMatrix>
<distCoeffs type_id="opencv-matrix">
  <rows>1</rows>
  <cols>5</cols>
  <dt>d</dt>
  <data>
    -0.3 0.1 0.001 -0.002 0.02</data></distCoeffs>
</opencv_storage>
"""
PLAIN = {
    "K": MATRIX.tolist(),
    "D": [[-0.3, 0.1, 0.001, -0.002, 0.02]],
    "image_size": [640, 512],
}
ECHO = """\
header:
  stamp: {sec: 1, nanosec: 2}
  frame_id: lwir
height: 512
width: 640
distortion_model: plumb_bob
d: [-0.3, 0.1, 0.001, -0.002, 0.02]
k: [800.0, 0.0, 330.0, 0.0, 810.0, 250.0, 0.0, 0.0, 1.0]
r: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
p: [780.0, 0.0, 325.0, 0.0, 0.0, 790.0, 245.0, 0.0, 0.0, 0.0, 1.0, 0.0]
binning_x: 2
binning_y: 0
roi: {x_offset: 100, y_offset: 20, height: 256, width: 320, do_rectify: true}
---
height: 512
"""
KALIBR = """\
cam0:
  camera_model: pinhole
  distortion_coeffs: [0.01, -0.02, 0.003, -0.001]
  distortion_model: equidistant
  intrinsics: [800, 810, 330, 250]
  resolution: [640, 512]
  rostopic: /lwir/image_raw
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str | dict[str, Any], name: str = "cal.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return path

    return write


def check(camera: Camera) -> None:
    assert camera.matrix.tolist() == MATRIX.tolist()
    assert camera.lens == BARREL
    assert camera.readout.size == (640, 512)
    assert camera.reference == "camera"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CAMERA_INFO, id="camera_info"),
        pytest.param(OPENCV_4_YAML, id="opencv 3 and 4"),
        pytest.param(OPENCV_4_YAML.replace("---\n", ""), id="opencv 2"),
        pytest.param(OPENCV_4_YAML.replace("%YAML:1.0", "%YAML 1.2"), id="opencv 5"),
        pytest.param(OPENCV_XML, id="xml"),
        pytest.param(json.dumps(PLAIN), id="json"),
        pytest.param("\ufeff" + json.dumps(PLAIN, indent=1), id="json with a mark"),
        pytest.param("\r\n".join(CAMERA_INFO.split("\n")), id="line ends of Windows"),
    ],
)
def test_files_of_every_syntax(write: Any, text: str) -> None:
    check(Camera.from_file(write(text)))


@pytest.mark.parametrize("suffix", ["yml", "xml", "json"])
@pytest.mark.parametrize("fisheye", [0, 1])
def test_files_that_opencv_writes(tmp_path: Path, suffix: str, fisheye: int) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed")
    path = tmp_path / f"cal.{suffix}"
    storage = cv2.FileStorage(str(path), cv2.FILE_STORAGE_WRITE)
    storage.write("image_width", 640)
    storage.write("image_height", 512)
    storage.write("fisheye_model", fisheye)
    storage.write("camera_matrix", MATRIX)
    values = BARREL.distortion[: 4 if fisheye else 5]
    storage.write("distortion_coefficients", np.array([values]))
    storage.release()
    camera = Camera.from_file(path)
    if fisheye:
        assert camera.lens == Fisheye(values)
    else:
        check(camera)


def test_the_message_that_ros_prints(write: Any) -> None:
    camera = Camera.from_file(write(ECHO))
    assert camera.lens == BARREL
    assert camera.readout.binning == (2, 1)
    assert camera.readout.window == (100, 20, 320, 256)
    assert camera.readout.frame_size == (160, 256)


def test_a_chain_of_kalibr(write: Any) -> None:
    fisheye = Fisheye((0.01, -0.02, 0.003, -0.001))
    camera = Camera.from_file(write(KALIBR))
    assert (camera.lens, camera.readout.size) == (fisheye, (640, 512))
    assert camera.matrix.tolist() == MATRIX.tolist()
    other = KALIBR.replace("cam0", "cam1").replace("equidistant", "radtan")
    path = write(KALIBR + other)
    assert Camera.from_file(f"{path}:cam1").lens == Pinhole((0.01, -0.02, 0.003, -0.001))
    with pytest.raises(SettingsError, match=r"has 2 cameras; give one, such as .*:cam0"):
        Camera.from_file(path)
    with pytest.raises(SettingsError, match=r"no camera 'cam7'; it has cam0, cam1"):
        Camera.from_file(f"{path}:cam7")


@pytest.mark.parametrize(
    ("model", "count", "lens"),
    [
        ("plumb_bob", 5, Pinhole),
        ("plumb_bob", 0, Pinhole),
        ("rational_polynomial", 8, Pinhole),
        ("rational_polynomial", 14, Pinhole),
        ("equidistant", 4, Fisheye),
        ("Fisheye", 4, Fisheye),
        ("", 5, Pinhole),
        ("pinhole", 4, Pinhole),
        (None, 12, Pinhole),
        ("none", 0, Pinhole),
    ],
)
def test_models_of_ros(write: Any, model: str | None, count: int, lens: type) -> None:
    values = [round(0.01 * n, 2) for n in range(count)]
    tree = PLAIN | {"D": values} | ({} if model is None else {"distortion_model": model})
    assert Camera.from_file(write(tree)).lens == lens(tuple(values))


def test_boresight_attitude_and_readout_of_irpoint(write: Any) -> None:
    own = """\
irpoint:
  boresight: {yaw: 0.5, pitch: -12, roll: 0}
  attitude: {yaw: 143, pitch: 1, roll: -2}
  binning: 2
  window: [0, 2, 640, 510]
"""
    camera = Camera.from_file(write(CAMERA_INFO + own))
    assert camera.boresight is not None
    assert (camera.boresight.yaw, camera.boresight.pitch) == (0.5, -12)
    assert camera.attitude is not None
    assert camera.attitude.roll == -2
    assert camera.readout.frame_size == (320, 255)
    # The same in a file of its own, beside the calibration.
    write(CAMERA_INFO, "lwir.yaml")
    beside = Camera.from_file(write(own + "  camera: lwir.yaml\n", "mount.yaml"))
    assert (beside.attitude, beside.readout, beside.lens) == (
        camera.attitude,
        camera.readout,
        camera.lens,
    )


def test_rectified_frames_use_the_projection(write: Any) -> None:
    """R turns the axes of the camera into those of the rectified frames."""
    quarter = "data: [0, 0, -1, 0, 1, 0, 1, 0, 0]"
    turned = CAMERA_INFO.replace("data: [1, 0, 0, 0, 1, 0, 0, 0, 1]", quarter)
    own = "irpoint: {rectified: true}\n"
    camera = Camera.from_file(write(turned + own))
    assert camera.lens == Pinhole()
    # The rectified axis z is the third row of R: the camera's x, to the right.
    angles = camera.angles(np.array([[325.0, 245.0]]))
    assert (angles.azimuth[0], angles.elevation[0]) == pytest.approx((90, 0))
    assert Camera.from_file(write(turned)).angles(np.array([[330.0, 250.0]])).azimuth[0] == 0
    with pytest.raises(SettingsError, match="projection"):
        Camera.from_file(write(PLAIN | {"irpoint": {"rectified": True}}))
    with pytest.raises(SettingsError, match="rectification_matrix is not a rotation"):
        Camera.from_file(write(turned.replace("[0, 0, -1,", "[0, 0, -2,") + own))


def test_a_file_without_the_size_of_its_image_is_reported(write: Any) -> None:
    tree = {name: value for name, value in PLAIN.items() if name != "image_size"}
    with pytest.warns(IrpointWarning, match="states no size of its image"):
        camera = Camera.from_file(write(tree))
    assert camera.readout.frame_size is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"K": None}, "K has no list of numbers"),
        ({"K": [1, 2, 3]}, "K has 3 numbers, not 3×3"),
        ({"K": np.zeros((3, 3)).tolist()}, "all zeros: the camera is not calibrated"),
        ({"K": [[800, 0, 330], [0, 0, 250], [0, 0, 1]]}, "K is not a camera matrix"),
        ({"K": [[800, 0, 330], [0, 810, 250], [0, 0, 0]]}, "K is not a camera matrix"),
        ({"K": [[800, 0, 330], [0, -810, 250], [0, 0, 1]]}, "K is not a camera matrix"),
        ({"K": [[float("nan"), 0, 330], [0, 810, 250], [0, 0, 1]]}, "not finite"),
        ({"K": "x" * 80}, "Base64"),
        ({"K": {"rows": 3, "cols": 3, "data": [1, 2]}}, "K has 2 numbers, not 3×3"),
        ({"camera_matrix": MATRIX.tolist()}, "has both K and camera_matrix"),
        ({"D": [0.1] * 6}, "D has 6 coefficients, not 0, 5, 8, 12 or 14"),
        ({"D": [0.1] * 4}, "pinhole or a fisheye lens; add 'distortion_model: pinhole' or"),
        ({"D": [0.1] * 5, "distortion_model": "fisheye"}, "5 coefficients of fisheye, not 4"),
        ({"D": ["a", "b"]}, "D is not a list of numbers"),
        ({"D": [1e300] * 5}, "absurdly large"),
        ({"distortion_model": "omni"}, "'omni' is not known; irpoint knows plumb_bob"),
        ({"image_size": [640]}, "image_size has 1 numbers, not 1×2"),
        ({"binning_x": "two"}, "binning_x is not a whole number"),
        ({"roi": 3}, "roi has no x_offset"),
        (
            {"roi": {"x_offset": 600, "y_offset": 0, "width": 100, "height": 100}},
            "not inside the 640×512 image",
        ),
        ({"irpoint": {"boresight": {"yaw": 1}}}, r"irpoint\.boresight\.pitch: Field required"),
        ({"irpoint": {"yaw": 1}}, r"irpoint\.yaw: unknown name"),
        ({"irpoint": {"binning": 0}}, "must be positive"),
        ({"irpoint": 3}, "irpoint has no names"),
        ({"irpoint": {"camera": "nowhere.yaml"}}, r"nowhere\.yaml: cannot be read"),
    ],
)
def test_wrong_values_are_one_line(write: Any, changes: dict[str, Any], reason: str) -> None:
    path = write(PLAIN | changes, "cal.json")
    with pytest.raises(SettingsError, match=reason) as caught:
        Camera.from_file(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("camera file ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no names with values"),
        ("- 1\n- 2\n", "has no names with values"),
        ("a: [1, 2\nb: 3\n", "line 2 is not YAML"),
        ("a: &x [*x]\n", "is not YAML"),
        ("%YAML:1.0\n---\na: 1\n", "has no camera matrix"),
        ('{"K": [1, 2}', "line 1 is not JSON"),
        ("<opencv_storage><a>1</opencv_storage>", "is not well-formed XML"),
        ("[" * 100_000, "nested too deeply"),
        ("x" * 2**21, "larger than 1 MiB"),
        (KALIBR.replace("pinhole", "omni"), "camera_model omni is not known"),
        (KALIBR.replace("[800, 810, 330, 250]", "[800]"), "has 1 numbers, not 1×4"),
        (CAMERA_INFO.split("distortion_model")[0], "has no distortion coefficients"),
    ],
)
def test_wrong_files_are_one_line(write: Any, text: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as caught:
        Camera.from_file(write(text))
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml: cannot be read \(No such file"):
        Camera.from_file(tmp_path / "nowhere.yaml")
    with pytest.raises(SettingsError, match="cannot be read"):
        Camera.from_file(tmp_path)
    (tmp_path / "cal.yaml").write_bytes(b"\x89PNG\xff\xfe\x00")
    with pytest.raises(SettingsError, match="is not text"):
        Camera.from_file(tmp_path / "cal.yaml")


def test_yaml_needs_its_extra_but_json_does_not(write: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    check(Camera.from_file(write(PLAIN)))
    with pytest.raises(SettingsError, match=r"irpoint\[camera\]"):
        Camera.from_file(write(CAMERA_INFO))


@given(
    text=st.sampled_from([CAMERA_INFO, OPENCV_4_YAML, OPENCV_XML, json.dumps(PLAIN), ECHO, KALIBR]),
    start=st.floats(0, 1),
    length=st.integers(0, 30),
    piece=st.sampled_from(
        ["", "-", "[", "{", ":", "nan", "1e400", "&a", "*a", "|", "\n", "</", "é"]
    ),
)
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore:camera file")
def test_a_damaged_file_gives_a_camera_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, text: str, start: float, length: int, piece: str
) -> None:
    first = int(start * len(text))
    path = tmp_path_factory.getbasetemp() / "damaged.yaml"
    path.write_text(text[:first] + piece + text[first + length :], encoding="utf-8")
    try:
        found = str(Camera.from_file(path).angles(np.array([[330.0, 250.0]])).reference)
    except SettingsError as error:
        found = str(error)
    assert "\n" not in found
