"""Write a simulated sequence and its truth to a folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from irpoint._version import __version__
from irpoint.badpixels.kinds import BadPixel
from irpoint.errors import SettingsError, one_line
from irpoint.simulate.dataset import encode_frame
from irpoint.simulate.sequence.frame_files import (
    SEQUENCE_FORMATS,
    SequenceFormat,
    frame_files,
)
from irpoint.simulate.sequence.sequence import SimulatedSequence
from irpoint.simulate.sequence.settings import SequenceSettings
from irpoint.simulate.sequence.truth import SequenceFrame, TrackedTarget
from irpoint.system.atomic import atomic_write, check_folder

_POINTS = ("image", "frame", "x", "y", "track", "snr", "scnr", "polarity")
_TARGETS = (
    "frame",
    "track",
    "motion",
    "x",
    "y",
    "vx",
    "vy",
    "snr",
    "scnr",
    "psf_sigma",
    "electrons",
    "uncovered",
    "visible",
)
_CAMERA = ("frame", "x", "y", "roll")
_BAD = ("x", "y", "kind")


@dataclass
class _Truth:
    """The rows of the tables of a sequence."""

    points: list[tuple[object, ...]] = field(default_factory=list)
    targets: list[tuple[object, ...]] = field(default_factory=list)
    camera: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, image: str, shown: SequenceFrame) -> None:
        pose = shown.camera
        self.camera.append((shown.index, f"{pose.x:.4f}", f"{pose.y:.4f}", f"{pose.roll:.5f}"))
        self.targets += [_target_row(shown.index, target) for target in shown.targets]
        self.points += [_point_row(image, shown.index, target) for target in shown.visible] or [
            (image, shown.index, *[""] * (len(_POINTS) - 2))
        ]


def _target_row(frame: int, target: TrackedTarget) -> tuple[object, ...]:
    return (
        frame,
        target.track,
        target.motion,
        f"{target.x:.4f}",
        f"{target.y:.4f}",
        f"{target.vx:.4f}",
        f"{target.vy:.4f}",
        f"{target.snr:.3f}",
        f"{target.scnr:.3f}",
        f"{target.psf_sigma:.4f}",
        f"{target.electrons:.0f}",
        f"{target.uncovered:.3f}",
        int(target.visible),
    )


def _point_row(image: str, frame: int, target: TrackedTarget) -> tuple[object, ...]:
    polarity = "dark" if target.electrons < 0 else "bright"
    place = f"{target.x:.4f}", f"{target.y:.4f}"
    ratios = f"{target.snr:.3f}", f"{target.scnr:.3f}"
    return image, frame, *place, target.track, *ratios, polarity


def write_sequence(
    out: str | Path,
    settings: SequenceSettings,
    *,
    frames: int,
    seed: int,
    name: str = "frame",
    file_format: SequenceFormat = "png",
    on_frame: Callable[[], object] | None = None,
) -> SimulatedSequence:
    """Simulate a sequence and write it to a folder, a dataset that irpoint reads.

    These files are written to ``out``:

    * ``images/``: the frames: numbered PNG or TIFF files, one TIFF with a page per frame
      (``stack``), or one NumPy array (frames, H, W) (``npy``)
    * ``points.csv``: place and track number of each visible target; a frame without any has one row
    * ``targets.csv``: all targets inside each frame, hidden ones too, with speed, signal-to-noise
      and signal-to-clutter ratio, width and uncovered
    * ``camera.csv``: the pose of the camera at each mid-exposure, see :class:`Pose`
    * ``bad_pixels.png``: an ignore mask, 255 for bad pixels; ``bad_pixels.csv``: their kinds
    * ``simulation.json``: settings and seed

    A run that is stopped leaves a complete dataset of the frames simulated so far.

    Args:
        out: folder to write; created if missing, must be empty.
        settings: what to simulate.
        frames: number of frames, >= 1.
        seed: random seed, >= 0.
        name: file name, or start of the file names, of the frames.
        file_format: ``"png"``, ``"tiff"``, ``"stack"`` or ``"npy"``.
        on_frame: called after each frame.

    Raises:
        SettingsError: if a value is out of range, ``out`` is not empty, or a file cannot be
            written.
    """
    out = Path(out)
    _check_request(out, settings, name, file_format)
    sequence = SimulatedSequence(settings, frames, seed)
    images = frame_files(out / "images", name, frames, file_format, settings.artefacts.gdal_nodata)
    truth, kind = _Truth(), ""
    try:
        for shown in sequence:
            truth.add(images.add(shown.frame), shown)
            kind = shown.kind
            if on_frame:
                on_frame()
    except OSError as error:
        raise SettingsError(f"{out}: cannot be written ({one_line(error)})") from error
    finally:  # also if the run is interrupted
        images.close()
        if truth.camera:
            run = {"name": name, "seed": seed, "count": frames, "scene": kind}
            _write_truth(out, truth, sequence, run)
    return sequence


def _write_truth(
    out: Path, truth: _Truth, sequence: SimulatedSequence, run: dict[str, object]
) -> None:
    kinds = sequence.detector.kinds
    y, x = np.nonzero(kinds)
    bad: list[tuple[object, ...]] = [
        (column, row, BadPixel(int(kinds[row, column])).name.lower())
        for column, row in zip(x.tolist(), y.tolist(), strict=True)
    ]
    mask = np.where(kinds > 0, 255, 0).astype(np.uint8)
    settings = sequence.settings.model_dump(mode="json")
    record = {"irpoint": __version__, **run, "frames": len(truth.camera), "settings": settings}
    files: dict[str, str | bytes] = {
        "points.csv": _table(_POINTS, truth.points),
        "targets.csv": _table(_TARGETS, truth.targets),
        "camera.csv": _table(_CAMERA, truth.camera),
        "bad_pixels.csv": _table(_BAD, bad),
        "bad_pixels.png": encode_frame(mask, "png"),
        "simulation.json": json.dumps({"sequence": record}, indent=1) + "\n",
    }
    for file_name, content in files.items():
        try:
            atomic_write(out / file_name, content)
        except OSError as error:
            raise SettingsError(
                f"{out / file_name}: cannot be written ({one_line(error)})"
            ) from error


def _table(columns: Iterable[str], rows: list[tuple[object, ...]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue()


def _check_request(out: Path, settings: SequenceSettings, name: str, file_format: str) -> None:
    if file_format not in SEQUENCE_FORMATS:
        raise SettingsError(f"format {file_format}: give {', '.join(SEQUENCE_FORMATS)}")
    if settings.artefacts.kelvin_per_count and file_format == "png":
        raise SettingsError("artefacts.kelvin_per_count: PNG has no float32; give --format tiff")
    if settings.artefacts.nodata_tag and file_format not in ("tiff", "stack"):
        raise SettingsError("artefacts.nodata_tag: is a tag of TIFF; give --format tiff")
    if not name or Path(name).name != name:
        raise SettingsError(f"name {name!r}: give the start of a file name, without folders")
    check_folder(out, empty=True)
