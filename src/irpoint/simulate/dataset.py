"""Write a dataset of simulated frames with COCO keypoints."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy.typing as npt
import tifffile
from PIL import Image

from irpoint._version import __version__
from irpoint.datasets import LabelledFrame
from irpoint.datasets.coco import ANNOTATIONS, coco_json
from irpoint.datasets.load import open_dataset
from irpoint.errors import DatasetError, SettingsError, one_line
from irpoint.simulate.scene import Scene, camera_rng, scene_rng, simulate_scene
from irpoint.simulate.sensor import draw_fixed_pattern
from irpoint.simulate.settings import SceneSettings
from irpoint.system.atomic import atomic_write, check_folder

FileFormat = Literal["png", "tiff"]
FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)

_GDAL_NODATA = 42113
_RUNS = Path("simulation.json")
_TABLE = Path("targets.csv")
_COLUMNS = ("frame", "scene", "x", "y", "snr", "scnr", "psf_sigma", "electrons")


def encode_frame(
    frame: npt.NDArray[Any], file_format: FileFormat, nodata: str | None = None
) -> bytes:
    """Encode ``frame`` as a lossless PNG or TIFF file.

    Args:
        frame: (H, W) uint8 or uint16, in TIFF also float32.
        file_format: ``"png"`` or ``"tiff"``.
        nodata: text of the tag GDAL_NODATA of TIFF.
    """
    stream = io.BytesIO()
    if file_format == "tiff":
        tags = [] if nodata is None else [(_GDAL_NODATA, "s", 0, nodata, True)]
        tifffile.imwrite(stream, frame, compression="zlib", metadata=None, extratags=tags)
    else:
        Image.fromarray(frame).save(stream, "PNG")
    return stream.getvalue()


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
        raise SettingsError(f"{path}: cannot be written ({one_line(error)})") from error


def _table(earlier: str, rows: list[tuple[str, ...]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    if earlier:
        stream.write(earlier)
    else:
        writer.writerow(_COLUMNS)
    writer.writerows(rows)
    return stream.getvalue()


def _earlier_table(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{path}: cannot be read ({one_line(error)}); remove it, or give an empty folder"
        ) from error


@dataclass
class _Truth:
    """The truth of the dataset in ``out``: frames of earlier runs, and those that this run adds.

    ``table`` is the text of the table of earlier runs.
    """

    out: Path
    frames: list[tuple[str, LabelledFrame]]
    runs: list[Any]
    table: str
    rows: list[tuple[str, ...]] = field(default_factory=list)
    hidden: int = 0

    @classmethod
    def read(cls, out: Path) -> _Truth:
        """Read the truth that exists; empty if ``out`` is a new folder."""
        return cls(
            out, _earlier_frames(out), _earlier_runs(out / _RUNS), _earlier_table(out / _TABLE)
        )

    def add(self, image: Path, scene: Scene) -> None:
        shape = scene.background.shape
        frame = LabelledFrame(image.stem, image, (shape[0], shape[1]), scene.points, self.out.name)
        self.frames.append((image.name, frame))
        self.rows += _rows(image.name, scene)
        self.hidden += len(scene.hidden)

    def write(self, run: dict[str, Any]) -> None:
        _write(self.out / ANNOTATIONS, coco_json(self.frames))
        _write(self.out / _TABLE, _table(self.table, self.rows))
        runs = [*self.runs, {"irpoint": __version__} | run]
        _write(self.out / _RUNS, json.dumps({"runs": runs}, indent=1) + "\n")


def _earlier_runs(path: Path) -> list[Any]:
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text())["runs"])
    except (ValueError, KeyError, TypeError):
        raise DatasetError(
            f"{path}: not written by irpoint simulate; give an empty folder"
        ) from None


def _earlier_frames(out: Path) -> list[tuple[str, LabelledFrame]]:
    if not (out / ANNOTATIONS).is_file():
        return []
    if not (out / _RUNS).is_file():
        raise DatasetError(
            f"{out / ANNOTATIONS}: not written by irpoint simulate; give a simulated dataset"
        )
    opened = open_dataset(out, "centroids")
    images = out.absolute() / "images"
    return [
        (frame.image.relative_to(images).as_posix(), frame) for frame in opened.read(opened.names)
    ]


def _check_request(
    frames: int, seed: int, name: str, file_format: str, settings: SceneSettings
) -> None:
    if frames < 1 or seed < 0:
        raise SettingsError(f"frames {frames}, seed {seed}: give frames >= 1 and seed >= 0")
    if file_format not in FILE_FORMATS:
        raise SettingsError(f"format {file_format}: give png or tiff")
    for setting, reason in (("kelvin_per_count", "float32"), ("nodata_tag", "tag for no data")):
        if file_format == "png" and getattr(settings.artefacts, setting):
            raise SettingsError(f"artefacts.{setting}: PNG has no {reason}; give --format tiff")
    if not name or Path(name).name != name:
        raise SettingsError(f"name {name!r}: give the start of a file name, without folders")


def _check_destination(out: Path, names: list[str], append: bool) -> None:
    check_folder(out)
    if not append and out.exists() and any(out.iterdir()):
        raise SettingsError(f"{out}: not empty; give an empty folder, or use --append")
    present = {path.stem: path for path in (out / "images").glob("*")}
    existing = next((present[name] for name in names if name in present), None)
    if existing:
        raise SettingsError(f"{existing}: already exists; give the new frames another --name")


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
    """Simulate a dataset that any reader of COCO keypoints can load.

    These files are written to ``out``:

    * ``images/<name>_<index>.<format>``
    * ``annotations/annotations.json``: one annotation per target. A frame without targets is an
      image without annotations.
    * ``targets.csv``: position, signal-to-noise ratio and width of each target
    * ``simulation.json``: settings and seed of each run, and how many targets artefacts hide

    A frame depends only on settings, seed and index. All frames have the fixed pattern of one
    detector array. A run that is stopped leaves a complete dataset of the frames simulated so far.

    Args:
        out: folder to write; created if missing.
        settings: what to simulate.
        frames: number of frames, >= 1.
        seed: random seed, >= 0. The same seed gives the same frames.
        name: start of the file name of each frame.
        file_format: ``"png"`` or ``"tiff"``.
        append: add frames to the dataset in ``out``.
        on_frame: called after each frame.

    Raises:
        SettingsError: if a value is out of range, ``out`` is not empty and ``append`` is False, or
            a frame exists already.
        DatasetError: if the dataset to append to cannot be read.
    """
    _check_request(frames, seed, name, file_format, settings)
    out = Path(out)
    names = [f"{name}_{index:05d}" for index in range(frames)]
    _check_destination(out, names, append)
    truth = _Truth.read(out)
    pattern = draw_fixed_pattern(settings, camera_rng(seed))
    done = 0
    try:
        for index, stem in enumerate(names):
            scene = simulate_scene(settings, scene_rng(seed, index), pattern)
            image = out / "images" / f"{stem}.{file_format}"
            _write(image, encode_frame(scene.frame, file_format, settings.artefacts.gdal_nodata))
            truth.add(image, scene)
            done += 1
            if on_frame:
                on_frame()
    finally:  # also if the run is interrupted
        if done:
            run = {"name": name, "seed": seed, "frames": done, "hidden_targets": truth.hidden}
            truth.write(run | {"settings": settings.model_dump(mode="json")})
