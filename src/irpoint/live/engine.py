"""The thread that detects: newest frame → detector → tracker → :class:`Shown`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from irpoint.errors import SettingsError, one_line
from irpoint.frames.source import Skipped, SourceFrame
from irpoint.live.events import EventLog
from irpoint.live.newest import Newest, NewestSource
from irpoint.measuring.camera import Camera
from irpoint.pipeline import SearchSettings, detect_frames, track_results
from irpoint.pipeline.directions import with_angles
from irpoint.points import FrameResult, Points
from irpoint.runtime.detector import Detector
from irpoint.tracking import LOWEST_SCORE

_PAUSE_S = 1.0  # after an error that ended the detection


@dataclass(frozen=True, eq=False)
class Shown:
    """A frame and all that was found in it.

    Attributes:
        number: from 1, of all frames of this run.
        result: with the points of confirmed tracks, their tracks, and the pixels.
        points: all points above the threshold, those of no track included.
        network_ms, track_ms: duration of detection and of tracking.
    """

    number: int
    result: FrameResult
    points: Points
    network_ms: float
    track_ms: float


class Engine:
    """Detects and tracks the newest frame again and again.

    Args:
        detector: finds the points; its threshold and region may change at any time.
        newest: where the frames come from.
        log: where faults are reported.
        settings: of the tracker; may be replaced at any time.
        camera: for the direction of each point.
        fit: called with each frame before it is detected.
        publish: called with each result; must not wait.

    Attributes:
        settings: of the tracker, for the next frame.
        frames: number of frames that were detected.
        failed: number of frames, or parts of the source, in which detection failed.
    """

    def __init__(
        self,
        detector: Detector,
        newest: Newest,
        log: EventLog,
        *,
        settings: SearchSettings,
        camera: Camera | None,
        fit: Callable[[SourceFrame], None],
        publish: Callable[[Shown], None],
    ) -> None:
        self.settings = settings
        self.frames = self.failed = 0
        self._detector, self._newest, self._log, self._camera = detector, newest, log, camera
        self._fit, self._publish = fit, publish
        self._taken = self._detected = 0.0
        self._points = Points.empty()
        self._source = NewestSource(newest, self._begin)
        self._unfit: tuple[int, int] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-engine", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the frame that it is detecting."""
        self._stop.set()
        self._newest.close()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                for item in self._results():
                    if isinstance(item, Skipped):
                        self.failed += 1
                        self._log.add(item.reason)
                    else:
                        self._show(item)
            except Exception as error:  # whatever it is, the next frame may be good
                self.failed += 1
                self._log.add(f"detection failed: {one_line(error)}")
                self._stop.wait(_PAUSE_S)

    def _results(self) -> Iterable[FrameResult | Skipped]:
        """The results until the size of the frames changes; then, tracking starts again."""
        found = detect_frames(
            self._detector, [self._source], batch=1, ahead=0, weak_from=LOWEST_SCORE
        )
        tracked = track_results(self._noted(found), lambda: self.settings, self._detector)
        return tracked if self._camera is None else map(self._directed, tracked)

    def _directed(self, result: FrameResult | Skipped) -> FrameResult | Skipped:
        """A result with directions, if the calibration of the camera is for frames of its size."""
        if isinstance(result, Skipped) or self._camera is None or result.shape == self._unfit:
            return result
        try:
            return with_angles(result, self._camera)
        except SettingsError as error:
            self._unfit = result.shape
            self._log.add(f"no directions: {error}")
            return result

    def _begin(self, frame: SourceFrame) -> None:
        self._fit(frame)
        self._taken = time.perf_counter()

    def _noted(self, results: Iterable[FrameResult | Skipped]) -> Iterator[FrameResult | Skipped]:
        for item in results:
            self._detected = time.perf_counter()
            if isinstance(item, FrameResult):
                self._points = item.points
            yield item

    def _show(self, result: FrameResult) -> None:
        self.frames += 1
        now = time.perf_counter()
        network, track = self._detected - self._taken, now - self._detected
        self._publish(Shown(self.frames, result, self._points, 1000 * network, 1000 * track))
