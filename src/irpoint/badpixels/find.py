"""Find the bad pixels of a detector from a sequence of frames."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from irpoint.badpixels.judge import find_foreign_areas, judge
from irpoint.badpixels.kinds import BadPixel
from irpoint.badpixels.statistics import PixelStatistics
from irpoint.errors import FrameError, IrpointWarning
from irpoint.frames.arrays import Frame, as_frame

MIN_FRAMES = 30
ENOUGH_FRAMES = 60
_MOVES = 4.0  # pixels, from which a point target leaves the pixels that it covers
_TOO_MANY = 0.05  # fraction of bad pixels from which something else is wrong


@dataclass(frozen=True, eq=False)
class BadPixels:
    """The bad pixels of a detector.

    Attributes:
        kinds: uint8 (H, W), the :class:`BadPixel` of each pixel.
        frames: number of frames that they were found in.
        unused: number of frames that did not count, by reason: a status such as ``blank``, or
            ``repeated``.
        motion: how far the camera moved, in pixels; None if the frames do not show it.
        not_scene: number of pixels that show no scene, such as telemetry and overlays, and are
            therefore not judged.
    """

    kinds: npt.NDArray[np.uint8]
    frames: int
    unused: dict[str, int] = field(default_factory=dict)
    motion: float | None = None
    not_scene: int = 0

    @property
    def mask(self) -> npt.NDArray[np.uint8]:
        """uint8 (H, W), 255 for bad pixels and 0 for the others: an ignore mask."""
        return np.where(self.kinds != BadPixel.GOOD, 255, 0).astype(np.uint8)

    @property
    def counts(self) -> dict[str, int]:
        """Number of bad pixels of each kind, by its name in lower case."""
        bad = (kind for kind in BadPixel if kind != BadPixel.GOOD)
        return {kind.name.lower(): int((self.kinds == kind).sum()) for kind in bad}

    @property
    def still(self) -> bool:
        """Whether the camera stands still, as far as the frames show."""
        return is_still(self.motion)


def is_still(motion: float | None) -> bool:
    """Whether a motion in pixels is too small to tell a target from a hot pixel."""
    return motion is None or motion < _MOVES


class BadPixelFinder:
    """Finds bad pixels in frames that are added one by one, in a fixed amount of memory.

    A target moves over the detector, and so does the scene if the camera moves; a bad pixel stays.
    Frames of 8 bits are best without local gain control.

    About 50 bytes per pixel are kept, and no frame but the last one.
    """

    def __init__(self) -> None:
        self._seen: PixelStatistics | None = None
        self._unused: Counter[str] = Counter()

    def add(self, frame: Frame) -> None:
        """Add a frame (H, W) of any numeric type.

        Raises:
            FrameError: if it has another size than the frames before.
        """
        frame = as_frame(frame)
        if self._seen is None:
            self._seen = PixelStatistics((frame.shape[0], frame.shape[1]))
        if frame.shape != self._seen.shape:
            wide, tall = self._seen.shape[1], self._seen.shape[0]
            raise FrameError(
                f"{frame.shape[1]}x{frame.shape[0]} pixels, but the frames before have "
                f"{wide}x{tall}; give the frames of one detector"
            )
        status = self._seen.add(frame)
        if status != "ok":
            self._unused[status] += 1

    @property
    def frames(self) -> int:
        """Number of frames that count."""
        return 0 if self._seen is None else self._seen.frames

    def result(self) -> BadPixels:
        """The bad pixels in the frames so far.

        If the camera stands still, or the result is doubtful, an
        :class:`irpoint.errors.IrpointWarning` says so.

        Raises:
            FrameError: if fewer than 30 frames count.
        """
        if self._seen is None or self.frames < MIN_FRAMES:
            unused = ", ".join(f"{count} {reason}" for reason, count in self._unused.items())
            usable = f"{self.frames} usable frame{'s' * (self.frames != 1)}"
            raise FrameError(
                f"{usable}{f' ({unused})' if unused else ''}: bad pixels need at least "
                f"{MIN_FRAMES}, better 100 or more; give more frames of one detector"
            )
        motion = self._seen.motion.extent
        kinds = judge(self._seen, still=is_still(motion))
        outside = int(find_foreign_areas(self._seen).sum())
        found = BadPixels(kinds, self.frames, dict(self._unused), motion, outside)
        _warn(found)
        return found


def find_bad_pixels(frames: Iterable[Frame]) -> BadPixels:
    """Find the bad pixels of a detector from a sequence of frames.

    Args:
        frames: (H, W) each, of any numeric type, all of one size; at least 30, better 100 or more.

    Raises:
        FrameError: if there are too few frames, or their sizes differ.
    """
    finder = BadPixelFinder()
    for frame in frames:
        finder.add(frame)
    return finder.result()


def _warn(found: BadPixels) -> None:
    bad = float((found.kinds != BadPixel.GOOD).mean())
    if found.still:
        how = "stands still" if found.motion is not None else "shows no motion in these frames"
        warnings.warn(
            f"the camera {how}: a standing target cannot be told from a hot pixel, and clusters of "
            "noisy pixels are missed; give frames in which it pans or shakes by more than "
            f"{_MOVES:.0f} pixels",
            IrpointWarning,
            stacklevel=3,
        )
    if found.frames < ENOUGH_FRAMES:
        warnings.warn(
            f"{found.frames} frames: pixels that are stuck within the range of the scene, or blink "
            f"rarely, may be missed; give {ENOUGH_FRAMES} or more",
            IrpointWarning,
            stacklevel=3,
        )
    if bad > _TOO_MANY:
        warnings.warn(
            f"{100 * bad:.1f} % of the pixels look bad; check that all frames come from one "
            "detector, and are neither scaled nor stabilised",
            IrpointWarning,
            stacklevel=3,
        )
