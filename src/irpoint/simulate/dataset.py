"""A folder of simulated frames with their truth, as a COCO keypoint data set."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from irpoint._version import __version__
from irpoint.datasets import LabelledFrame
from irpoint.datasets.coco import ANNOTATIONS, coco_json
from irpoint.datasets.load import open_dataset
from irpoint.errors import DatasetError, SettingsError
from irpoint.simulate.scene import Scene, camera_rng, scene_rng, simulate_scene
from irpoint.simulate.sensor import draw_fixed_pattern
from irpoint.simulate.settings import SceneSettings
from irpoint.system.atomic import atomic_write, check_folder

FileFormat = Literal["png", "tiff"]

_RUNS = Path("simulation.json")
_TABLE = Path("targets.csv")
_COLUMNS = ("frame", "scene", "x", "y", "snr", "scnr", "psf_sigma", "electrons")


def encode_frame(frame: npt.NDArray[np.integer], file_format: FileFormat) -> bytes:
    """``frame`` (uint8 or uint16) as a PNG or TIFF file, every bit kept."""
    stream = io.BytesIO()
    if file_format == "tiff":
        tifffile.imwrite(stream, frame, compression="zlib", metadata=None)
    else:
        Image.fromarray(frame).save(stream, "PNG")
    return stream.getvalue()


def _earlier_runs(path: Path) -> list[Any]:
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text())["runs"])
    except (ValueError, KeyError, TypeError):
        raise DatasetError(f"{path}: not a list of runs; simulate into an empty folder") from None


def _earlier_frames(out: Path) -> list[tuple[str, LabelledFrame]]:
    if not (out / ANNOTATIONS).is_file():
        return []
    if not (out / _RUNS).is_file():
        raise DatasetError(f"{out / ANNOTATIONS}: not simulated; append to a simulated folder only")
    opened = open_dataset(out, "centroids")
    images = out.absolute() / "images"
    return [
        (frame.image.relative_to(images).as_posix(), frame) for frame in opened.read(opened.names)
    ]


def _rows(name: str, scene: Scene) -> list[tuple[str, ...]]:
    return [
        (
            name,
            scene.kind,
            f"{target.x:.4f}",
            f"{target.y:.4f}",
            f"{target.snr:.3f}",
            f"{target.scnr:.3f}",
            f"{target.psf_sigma:.4f}",
            f"{target.electrons:.0f}",
        )
        for target in scene.targets
    ]


def _write(path: Path, content: str | bytes) -> None:
    try:
        atomic_write(path, content)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror})") from error


def _table(path: Path, rows: list[tuple[str, ...]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if path.is_file():
        stream.write(path.read_text())
    else:
        writer.writerow(_COLUMNS)
    writer.writerows(rows)
    return stream.getvalue()


def _check_request(frames: int, seed: int, name: str, file_format: str) -> None:
    if frames < 1 or seed < 0:
        raise SettingsError("frames must be at least 1 and seed at least 0; raise them")
    if file_format not in get_args(FileFormat):
        raise SettingsError(f"format: {file_format!r} is not known; give png or tiff")
    if not name or Path(name).name != name:
        raise SettingsError(f"name: {name!r} is not the start of a file name; leave out folders")


def _check_destination(out: Path, names: list[str], append: bool) -> None:
    check_folder(out)
    if not append and out.exists() and any(out.iterdir()):
        raise SettingsError(f"{out}: not empty; give an empty folder, or append to it")
    present = {path.stem: path for path in (out / "images").glob("*")}
    taken = next((present[name] for name in names if name in present), None)
    if taken:
        raise SettingsError(f"{taken}: exists; give the new frames another name")


def simulate_dataset(
    out: str | Path,
    settings: SceneSettings,
    *,
    frames: int,
    seed: int,
    name: str = "frame",
    file_format: FileFormat = "png",
    append: bool = False,
    on_frame: Callable[[], object] | None = None,
) -> None:
    """Simulate a data set that any reader of COCO keypoints can load.

    Writes ``images/<name>_<index>.<format>``, ``annotations/annotations.json`` (one annotation a
    target; an empty frame is an image without annotations), ``targets.csv`` (the ratios and the
    width of each target) and ``simulation.json`` (settings and seed of each run). Frame ``index``
    depends on settings, seed and index alone, and all frames come from one detector array. A run
    that is stopped leaves a whole data set of the frames made so far.

    Args:
        out: folder, made where missing.
        settings: what to simulate.
        frames: number of frames, >= 1.
        seed: >= 0; the same seed gives the same frames.
        name: start of the frames' file names.
        file_format: ``png`` or ``tiff``.
        append: add to what ``out`` holds already.
        on_frame: called after each frame.

    Raises:
        SettingsError: where ``out`` is not empty and ``append`` is not set, or a frame exists.
        DatasetError: where the truth to append to cannot be read.
    """
    _check_request(frames, seed, name, file_format)
    out = Path(out)
    names = [f"{name}_{index:05d}" for index in range(frames)]
    _check_destination(out, names, append)
    labelled, runs = _earlier_frames(out), _earlier_runs(out / _RUNS)
    rows: list[tuple[str, ...]] = []
    pattern = draw_fixed_pattern(settings, camera_rng(seed))
    done = 0
    try:
        for index, stem in enumerate(names):
            scene = simulate_scene(settings, scene_rng(seed, index), pattern)
            image = out / "images" / f"{stem}.{file_format}"
            _write(image, encode_frame(scene.frame, file_format))
            frame = LabelledFrame(stem, image, settings.shape, scene.points, out.name)
            labelled.append((image.name, frame))
            rows += _rows(image.name, scene)
            done += 1
            if on_frame:
                on_frame()
    finally:
        if done:
            run = {"irpoint": __version__, "name": name, "seed": seed, "frames": done}
            runs.append(run | {"settings": settings.model_dump()})
            _write(out / ANNOTATIONS, coco_json(labelled))
            _write(out / _TABLE, _table(out / _TABLE, rows))
            _write(out / _RUNS, json.dumps({"runs": runs}, indent=1) + "\n")
