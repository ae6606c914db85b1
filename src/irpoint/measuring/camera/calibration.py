"""Calibration files of ROS, OpenCV and Kalibr → :class:`Calibration`."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from irpoint.errors import IrpointWarning, SettingsError
from irpoint.measuring.camera.lenses import Fisheye, Floats, Lens, Pinhole
from irpoint.measuring.camera.readout import Readout
from irpoint.measuring.camera.rotation import Rotation
from irpoint.measuring.camera.syntax import read_tree
from irpoint.system.overrides import checked

OWN = "irpoint"  # the name of irpoint's own settings in a camera file

_LONGEST_NUMBER = 40  # characters
_LARGEST = 1e9
# The names of each value, in lower case and without underscores.
_NAMES = {
    "matrix": ("cameramatrix", "k", "intrinsicmatrix", "mtx"),
    "distortion": ("distortioncoefficients", "distortioncoeffs", "distcoeffs", "dist", "d"),
    "model": ("distortionmodel", "fisheyemodel"),
    "width": ("imagewidth", "width"),
    "height": ("imageheight", "height"),
    "size": ("imagesize", "resolution"),
    "binning_x": ("binningx",),
    "binning_y": ("binningy",),
    "window": ("roi",),
    "rectification": ("rectificationmatrix", "r"),
    "projection": ("projectionmatrix", "p"),
}


@dataclass(frozen=True)
class _Model:
    """What a name of a distortion model stands for, and how many coefficients it may have."""

    lens: Callable[[tuple[float, ...]], Lens]
    counts: tuple[int, ...]


_MODELS = {
    "plumb_bob": _Model(Pinhole, (0, 4, 5)),
    "radtan": _Model(Pinhole, (4,)),
    "rational_polynomial": _Model(Pinhole, (8, 12, 14)),
    "pinhole": _Model(Pinhole, (0, 4, 5, 8, 12, 14)),
    "none": _Model(Pinhole, (0,)),
    "equidistant": _Model(Fisheye, (4,)),
    "fisheye": _Model(Fisheye, (4,)),
}
# OpenCV does not write the name of the model. Only its calibration of fisheye lenses gives four
# coefficients, but other programs write four of a pinhole camera.
_UNNAMED = _Model(Pinhole, (0, 5, 8, 12, 14))
_FLAGS = {"0": "pinhole", "false": "pinhole", "1": "fisheye", "true": "fisheye"}  # fisheye_model


@dataclass(frozen=True, eq=False)
class Calibration:
    """The content of a camera file; the attributes are those of :class:`Camera`."""

    matrix: Floats
    lens: Lens
    readout: Readout
    boresight: Rotation | None
    attitude: Rotation | None
    rectification: Floats
    name: str


class OwnSettings(BaseModel):
    """irpoint's own settings in a camera file, under the name ``irpoint``.

    Attributes:
        camera: the calibration file, if it is another one; relative to this file.
        boresight: rotation of the camera on its platform.
        attitude: rotation of the platform in the world.
        binning: columns and rows that become one pixel of the frame; one number for both.
        window: x, y, width, height of the part of the calibrated image that frames show.
        rectified: whether the frames are rectified with the file's R and P, as ``image_rect`` of
            ROS.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: str | None = None
    boresight: Rotation | None = None
    attitude: Rotation | None = None
    binning: tuple[int, int] | int | None = None
    window: tuple[int, int, int, int] | None = None
    rectified: bool = False


class _Fields:
    """The values of a calibration file, whatever names the file gives them."""

    def __init__(self, path: str, tree: Mapping[str, Any]) -> None:
        self.path = path
        self._values: dict[str, tuple[str, Any]] = {}
        for name, value in tree.items():
            plain = name.lower().replace("_", "")
            for field, names in _NAMES.items():
                if plain not in names:
                    continue
                if field in self._values:
                    other = self._values[field][0]
                    raise self.error(f"has both {other} and {name}; remove one of them")
                self._values[field] = (name, value)

    def error(self, reason: str) -> SettingsError:
        """The error for this file."""
        return SettingsError(f"camera file {self.path}: {reason}")

    def name(self, field: str) -> str:
        """The file's name of a value."""
        return self._values[field][0]

    def __contains__(self, field: str) -> bool:
        return field in self._values

    def text(self, field: str) -> str:
        """A text in lower case; empty if the file has none."""
        return str(self._values.get(field, ("", ""))[1]).strip().lower()

    def numbers(self, field: str, rows: int = 0, columns: int = 0) -> Floats:
        """The numbers of a matrix or list; with ``rows``, of a matrix of this size."""
        name, value = self._values[field]
        try:
            found = _numbers(value)
        except ValueError as error:
            raise self.error(f"{name} {error}") from None
        if not rows:
            return found
        if len(found) != rows * columns:
            raise self.error(f"{name} has {len(found)} numbers, not {rows}×{columns}")
        return found.reshape(rows, columns)

    def count(self, field: str, default: int = 0) -> int:
        """A whole number >= 0."""
        if field not in self._values:
            return default
        name, value = self._values[field]
        return self._whole(name, value)

    def window(self) -> tuple[int, int, int, int] | None:
        """The ``roi`` of a camera_info; None if the frame is whole."""
        if "window" not in self._values:
            return None
        name, value = self._values["window"]
        if not isinstance(value, dict):
            raise self.error(f"{name} has no x_offset, y_offset, width and height")
        keys = ("x_offset", "y_offset", "width", "height")
        x, y, width, height = (self._whole(f"{name}.{key}", value.get(key, 0)) for key in keys)
        return (x, y, width, height) if width and height else None

    def _whole(self, name: str, value: Any) -> int:
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError):
            number = -1
        if number < 0 or number > 10**6:
            raise self.error(f"{name} is not a whole number of pixels")
        return number


def read_calibration(name: str | Path) -> Calibration:
    """Read a file as :meth:`Camera.from_file` does."""
    path, chosen = _split(name)
    tree = read_tree(path)
    own = checked(OwnSettings, _named(tree.pop(OWN, {}), path), f"camera file {path}: {OWN}.")
    if own.camera is not None:
        path, chosen = _split(path.parent / own.camera)
        tree = read_tree(path)
        if OWN in tree:
            raise SettingsError(
                f"camera file {path}: has settings of irpoint, and so has {name}; remove one"
            )
    fields = _Fields(str(path), _chosen(tree, chosen, path))
    rectified = own.rectified
    matrix = _rectified_matrix(fields) if rectified else _matrix(fields)
    return Calibration(
        matrix,
        Pinhole() if rectified else _lens(fields),
        _readout(fields, own),
        own.boresight,
        own.attitude,
        _rotation(fields).T if rectified else np.eye(3),
        name=f"camera file {name}",
    )


def _split(name: str | Path) -> tuple[Path, str]:
    """A file, and the name of a camera in it: ``chain.yaml:cam1``."""
    whole = Path(name)
    first, colon, last = str(name).rpartition(":")
    if colon and not whole.exists() and Path(first).exists():
        return Path(first), last
    return whole, ""


def _named(value: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"camera file {path}: {OWN} has no names with values")
    return value


def _chosen(tree: dict[str, Any], chosen: str, path: Path) -> Mapping[str, Any]:
    """The values of a file of one camera, or of the chosen camera of a chain of Kalibr."""
    chain = {
        name: value
        for name, value in tree.items()
        if re.fullmatch(r"cam\d+", name) and isinstance(value, dict)
    }
    if chosen and chosen not in chain:
        known = ", ".join(chain) or "none"
        raise SettingsError(f"camera file {path}: has no camera {chosen!r}; it has {known}")
    if not chain:
        return tree
    if len(chain) > 1 and not chosen:
        raise SettingsError(
            f"camera file {path}: has {len(chain)} cameras; give one, such as "
            f"{path}:{next(iter(chain))}"
        )
    return _of_kalibr(chain[chosen or next(iter(chain))], path)


def _of_kalibr(camera: dict[str, Any], path: Path) -> dict[str, Any]:
    """A camera of Kalibr in the names of OpenCV."""
    model = camera.get("camera_model")
    if model != "pinhole":
        raise SettingsError(f"camera file {path}: camera_model {model} is not known; use pinhole")
    fields = _Fields(str(path), {"k": camera.get("intrinsics")})
    fx, fy, cx, cy = fields.numbers("matrix", 1, 4)[0]
    matrix = [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]
    kept = {name: camera[name] for name in camera if name not in ("intrinsics", "camera_model")}
    return {**kept, "camera_matrix": matrix}


def _matrix(fields: _Fields) -> Floats:
    if "matrix" not in fields:
        raise fields.error(
            "has no camera matrix (camera_matrix, K, …); give a camera_info of ROS, or a "
            "calibration of OpenCV or Kalibr"
        )
    return _checked(fields.numbers("matrix", 3, 3), fields, fields.name("matrix"))


def _checked(matrix: Floats, fields: _Fields, name: str) -> Floats:
    if not matrix.any():
        raise fields.error(f"{name} is all zeros: the camera is not calibrated")
    upper = not (matrix[1, 0] or matrix[2, 0] or matrix[2, 1])
    if not upper or abs(matrix[2, 2] - 1) > 1e-9 or min(matrix[0, 0], matrix[1, 1]) <= 0:
        raise fields.error(f"{name} is not a camera matrix, [fx 0 cx; 0 fy cy; 0 0 1] in pixels")
    return matrix


def _rectified_matrix(fields: _Fields) -> Floats:
    if not ("projection" in fields and "rectification" in fields):
        raise fields.error("rectified frames need its projection and rectification matrices")
    projection = fields.numbers("projection", 3, 4)
    return _checked(projection[:, :3], fields, fields.name("projection"))


def _rotation(fields: _Fields) -> Floats:
    rotation = fields.numbers("rectification", 3, 3)
    if not (np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-4) and _det(rotation) > 0):
        raise fields.error(f"{fields.name('rectification')} is not a rotation matrix")
    return rotation


def _det(matrix: Floats) -> float:
    return float(np.linalg.det(matrix))


def _lens(fields: _Fields) -> Lens:
    text = fields.text("model")
    text = _FLAGS.get(text, text)
    if text and text not in _MODELS:
        raise fields.error(
            f"{fields.name('model')} {text!r} is not known; irpoint knows {', '.join(_MODELS)}"
        )
    model = _MODELS[text] if text else _UNNAMED
    if "distortion" not in fields:
        if text == "none":
            return Pinhole()
        raise fields.error(
            "has no distortion coefficients (distortion_coefficients, D, …); if there is no "
            "distortion, add 'distortion_coefficients: [0, 0, 0, 0, 0]'"
        )
    values = tuple(fields.numbers("distortion").tolist())
    if not text and len(values) == 4:
        raise fields.error(
            f"the 4 coefficients in {fields.name('distortion')} may be of a pinhole or a fisheye "
            "lens; add 'distortion_model: pinhole' or 'distortion_model: fisheye'"
        )
    if len(values) not in model.counts:
        *most, last = map(str, model.counts)
        counts = f"{', '.join(most)} or {last}" if most else last
        what = f" of {text}" if text else ""
        raise fields.error(
            f"{fields.name('distortion')} has {len(values)} coefficients{what}, not {counts}"
        )
    return model.lens(values)


def _readout(fields: _Fields, own: OwnSettings) -> Readout:
    size = None
    if "size" in fields:
        width, height = fields.numbers("size", 1, 2)[0]
        size = (int(width), int(height))
    elif "width" in fields and "height" in fields:
        size = (fields.count("width"), fields.count("height"))
    if size is None or min(size) < 1:
        size = None
        warnings.warn(
            f"camera file {fields.path}: states no size of its image, so frames of another size "
            "are not noticed; add image_width and image_height",
            IrpointWarning,
            stacklevel=4,
        )
    binning = own.binning
    if binning is None:  # 0 stands for 1 in a camera_info
        binning = (fields.count("binning_x", 1) or 1, fields.count("binning_y", 1) or 1)
    elif isinstance(binning, int):
        binning = (binning, binning)
    window = own.window or fields.window()
    if min(binning) < 1 or (window and (min(window[:2]) < 0 or min(window[2:]) < 1)):
        raise fields.error(f"binning {binning} and window {window} must be positive")
    if size and window and (window[0] + window[2] > size[0] or window[1] + window[3] > size[1]):
        raise fields.error(f"the window {[*window]} is not inside the {size[0]}×{size[1]} image")
    return Readout(size, window, binning)


def _numbers(value: Any) -> Floats:
    """The numbers of a matrix of OpenCV or ROS (rows, cols, data), or of a list of them or of rows.

    Raises:
        ValueError: if they are not finite numbers, or not as many as stated.
    """
    if isinstance(value, dict):
        found = _numbers(value.get("data"))
        stated = [str(value[name]) for name in ("rows", "cols") if name in value]
        if all(text.isdecimal() for text in stated) and math.prod(map(int, stated)) != len(found):
            raise ValueError(f"has {len(found)} numbers, not {'×'.join(stated)}")
        return found
    if isinstance(value, str) and len(value) > _LONGEST_NUMBER:
        raise ValueError("may be stored as Base64; write the file without FileStorage::BASE64")
    if isinstance(value, str | int | float):
        value = [value] if str(value) else []
    if not isinstance(value, list):
        raise ValueError("has no list of numbers")
    flat = [one for row in value for one in (row if isinstance(row, list) else [row])]
    try:
        found = np.array([float(one) for one in flat], float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("is not a list of numbers") from None
    if not (np.abs(found) < _LARGEST).all():
        raise ValueError("has numbers that are not finite, or absurdly large")
    return found
