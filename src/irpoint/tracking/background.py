"""What stands still in the scene: the mean of earlier frames, moved along with the camera.

Frames join the mean ten frames late, so that a slow target does not hide itself; of what comes into
view as the camera turns, the first ones join after three. Planes of the size of a frame are used
again: new memory costs more than what is done with it.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Step = tuple[int, int]
Part = tuple[slice, slice]

_LAG = 10  # frames before a frame joins the mean
_EARLY, _FEW = 3, 8  # frames before a frame joins where the mean has fewer frames
_MEMORY = 25.0  # frames over which the mean extends
_ENOUGH = 4  # frames in the mean from which it is known
_STRIP = 64  # rows
_UNMOVED_PX = 0.05  # shifts that are not worth an interpolation


class Background:
    """The mean of earlier frames, frame by frame.

    Attributes:
        scrolled: (rows, columns) by which the scene moved over whole pixels in the latest frame.
        known: (H, W) where the background of the latest frame is; None if everywhere.
    """

    def __init__(self) -> None:
        self.scrolled: Step = (0, 0)
        self.known: Mask | None = None
        # Frames, by how far they moved over whole pixels since then, and their place between those.
        self._waiting: deque[tuple[Plane, Step, Floats]] = deque()
        self._mean: Plane | None = None
        self._count = np.empty((0, 0), np.float32)  # frames in the mean
        self._least = 0.0  # the smallest count
        self._place = np.zeros(2)  # (y, x) of the scene against the grid of the mean
        self._number = 0
        self._spare: list[Plane] = []
        self._difference = np.empty((0, 0), np.float32)
        self._between = _BetweenPixels()

    def subtract(self, frame: npt.NDArray[Any], shift: tuple[float, float]) -> Plane | None:
        """The next frame (H, W) minus the background; None if nothing is known of it yet.

        Args:
            frame: of any integer or float type.
            shift: of its content, (x, y) in pixels.

        Returns:
            A plane that is overwritten in the next call.
        """
        pixels = self._spare.pop() if self._spare else np.empty(frame.shape, np.float32)
        pixels[...] = frame
        self._place += shift[::-1]
        whole = np.rint(self._place)
        self._place -= whole
        self.scrolled = (int(whole[0]), int(whole[1]))
        known = self._mean is not None and self._compare(pixels, self._mean)
        self._learn(pixels)
        return self._difference if known else None

    def _compare(self, pixels: Plane, mean: Plane) -> bool:
        """Fill the difference. Returns whether the background is known anywhere."""
        if any(self.scrolled):
            self._mean = mean = _continued(moved(mean, self.scrolled), self.scrolled)
            self._count = moved(self._count, self.scrolled)
            self._least = 0.0
        self.known = None
        if self._least < _ENOUGH:
            self._least = float(self._count.min())
        if self._least < _ENOUGH:
            self.known = self._count >= _ENOUGH
            if not self.known.any():
                return False
        self._between.subtract(pixels, mean, self._place, self._difference)
        if self.known is not None:
            self._difference *= self.known
        return True

    def _learn(self, pixels: Plane) -> None:
        down, across = self.scrolled
        self._waiting = deque(
            (old, (r + down, c + across), at) for old, (r, c), at in self._waiting
        )
        self._waiting.append((pixels, (0, 0), self._place.copy()))
        self._number += 1
        if self.known is not None and len(self._waiting) > _EARLY:
            self._join_early(*self._waiting[-1 - _EARLY])
        if len(self._waiting) <= min(_LAG, max(self._number // 2, 2)):
            return
        old, step, place = self._waiting.popleft()
        self._spare.append(old)
        if self._mean is None:
            # Beside what is known, something like it must lie, because means are interpolated.
            self._mean, self._count = old.copy(), np.zeros_like(old)
            self._difference = np.empty_like(old)
            place = np.zeros(2)
        there, here = overlap(old.shape, step)
        mean, count, change = self._mean[there], self._count[there], old[here]
        self._between.subtract(change, mean, place, change)
        if self._least >= _MEMORY:
            change *= np.float32(1 / _MEMORY)
        else:
            count += 1
            np.minimum(count, np.float32(_MEMORY), out=count)
            change /= count
            self._least = float(self._count.min())
        mean += change

    def _join_early(self, old: Plane, step: Step, place: Floats) -> None:
        """Let an earlier frame join where the mean has few frames."""
        assert self._mean is not None
        there, here = overlap(old.shape, step)
        few = np.asarray(self._count[there] < _FEW)
        rows, columns = (_extent(np.any(few, axis=axis)) for axis in (1, 0))
        few, old = few[rows, columns], old[here][rows, columns]
        if min(few.shape) < 2:
            return
        mean, count = (plane[there][rows, columns] for plane in (self._mean, self._count))
        change = np.empty(few.shape, np.float32)
        self._between.subtract(old, mean, place, change)
        count += few
        change *= few
        change /= np.maximum(count, 1)
        mean += change


class _BetweenPixels:
    """Subtracts planes that are moved by parts of a pixel, in strips that fit a processor's cache.

    The interpolation takes a parabola through three pixels along each axis.
    """

    def __init__(self) -> None:
        self._work = np.empty((3, 0), np.float32)

    def subtract(self, pixels: Plane, mean: Plane, step: Floats, out: Plane) -> None:
        """``pixels`` minus ``mean`` (H, W), whose content is moved by ``step``, (y, x) pixels."""
        y, x = (0.0 if abs(by) < _UNMOVED_PX else by for by in step.tolist())
        if not (y or x):
            np.subtract(pixels, mean, out=out)
            return
        height, width = mean.shape
        if self._work.shape[1] < _STRIP * width:
            self._work = np.empty((3, _STRIP * width), np.float32)
        for top in range(0, height, _STRIP):
            rows = slice(top, min(top + _STRIP, height))
            np.subtract(pixels[rows], self._moved(mean, rows, y, x), out=out[rows])

    def _moved(self, mean: Plane, rows: slice, y: float, x: float) -> Plane:
        """Rows of the moved mean; the outermost lines stay."""
        width, count = mean.shape[1], rows.stop - rows.start
        one, two, work = (line[: count * width].reshape(count, width) for line in self._work)
        first, last = max(rows.start, 1), min(rows.stop, len(mean) - 1)
        one[0], one[-1] = mean[rows.start], mean[rows.stop - 1]
        inner = slice(first - rows.start, last - rows.start)
        if y:
            above, here = mean[first - 1 : last - 1], mean[first:last]
            below = mean[first + 1 : last + 1]
            _parabola(above, here, below, y, one[inner], work[inner])
        else:
            one[inner] = mean[first:last]
        if not x:
            return one
        flat = one.ravel()
        size = flat.size - 2
        _parabola(flat[:-2], flat[1:-1], flat[2:], x, two.ravel()[1:-1], work.ravel()[:size])
        two[:, 0], two[:, -1] = one[:, 0], one[:, -1]
        return two


def _parabola(before: Plane, here: Plane, after: Plane, by: float, out: Plane, work: Plane) -> None:
    np.multiply(here, np.float32(1 - by * by), out=out)
    out += np.multiply(before, np.float32(by * (by + 1) / 2), out=work)
    out += np.multiply(after, np.float32(by * (by - 1) / 2), out=work)


def overlap(shape: tuple[int, ...], step: Step) -> tuple[Part, Part]:
    """The part to which ``step`` (rows, columns) moves a plane's content, and whence it came."""
    to, of = zip(*(_side(n, by) for n, by in zip(shape, step, strict=True)), strict=True)
    return (to[0], to[1]), (of[0], of[1])


def _side(length: int, by: int) -> tuple[slice, slice]:
    by = max(min(by, length), -length)
    if by >= 0:
        return slice(by, length), slice(0, length - by)
    return slice(0, length + by), slice(-by, length)


def _extent(marked: Mask) -> slice:
    """From the first to the last that is marked."""
    places = np.flatnonzero(marked)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 0)


def moved(plane: Plane, step: Step) -> Plane:
    """The plane with its content moved by ``step``; what comes in is 0."""
    out = np.zeros_like(plane)
    there, here = overlap(plane.shape, step)
    out[there] = plane[here]
    return out


def _continued(plane: Plane, step: Step) -> Plane:
    """What came in by ``step`` gets the values of the nearest line, beside which it is harmless."""
    rows, columns = step
    if rows:
        plane[slice(0, rows) if rows > 0 else slice(rows, None)] = plane[
            rows if rows > 0 else rows - 1
        ]
    if columns:
        line = plane[:, [columns if columns > 0 else columns - 1]]
        plane[:, slice(0, columns) if columns > 0 else slice(columns, None)] = line
    return plane
