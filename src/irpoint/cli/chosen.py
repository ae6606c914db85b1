"""What the options that commands share describe: the detector, its region, the camera."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from irpoint.measuring.camera import Camera
    from irpoint.runtime import Detector, Region
    from irpoint.tracking import SearchSettings

_MAX_RATE = 1e6  # false tracks per hour


def build_detector(model: str, threads: int, **settings: Any) -> Detector:
    """The detector that the options describe; ``settings`` are those of the class."""
    from irpoint.runtime import Detector
    from irpoint.training.unfinished import model_or_run

    return Detector(model_or_run(model), threads=threads_of(threads), **settings)


def threads_of(threads: int) -> int:
    """The number of threads, if it is one."""
    if threads < 0:
        raise SettingsError(f"--threads {threads}: give 1 or more, or 0 for all cores")
    return threads


def reading(raw: str | None, cut: str | None) -> dict[str, Any]:
    """The options about how files are read, as arguments of the pipeline."""
    from irpoint.frames.cut import Cut
    from irpoint.frames.raw import RawLayout

    return {
        "raw": None if raw is None else RawLayout.parse(raw),
        "cut": None if cut is None else Cut.parse(cut),
    }


def region_of(roi: str | None, ignore_mask: Path | None) -> Region:
    """The region that the options describe."""
    from irpoint.frames import read_frame
    from irpoint.runtime import Region

    return Region(
        None if roi is None else Region.parse_roi(roi),
        None if ignore_mask is None else read_frame(ignore_mask, mask=True),
    )


def camera_of(path: str | None) -> Camera | None:
    """The camera of a calibration file, if one is given."""
    from irpoint.measuring.camera import Camera

    return None if path is None else Camera.from_file(path)


def search_settings(rate: float, smooth: bool = False) -> SearchSettings:
    """The settings of tracking with a number of false tracks per hour, if it can be one."""
    from irpoint.tracking import SearchSettings

    if not 0 < rate <= _MAX_RATE:
        raise SettingsError(
            f"--false-tracks-per-hour {rate:g}: give a number above 0, at most {_MAX_RATE:.0f}"
        )
    return SearchSettings(false_tracks_per_hour=rate, smooth=smooth)
