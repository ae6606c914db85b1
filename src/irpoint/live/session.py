"""A live session: it connects reader, detector, tracker, viewers, zones and recorder."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irpoint.errors import FrameWarning, SettingsError, one_line
from irpoint.frames.source import Source, SourceFrame
from irpoint.live.engine import Engine, Shown
from irpoint.live.events import EventLog
from irpoint.live.health import Health
from irpoint.live.hub import Hub
from irpoint.live.labelling import LabelPages
from irpoint.live.message import Messages
from irpoint.live.newest import Newest
from irpoint.live.pace import Pace
from irpoint.live.reader import Reader
from irpoint.live.recorder import Recorder, new_folder, write_frame
from irpoint.live.sliders import Sliders
from irpoint.live.zones import Zones
from irpoint.measuring.camera import Camera
from irpoint.pipeline import SearchSettings
from irpoint.runtime.detector import Detector
from irpoint.runtime.region import Region
from irpoint.sinks.drawing import draw_overlay
from irpoint.system.atomic import atomic_write

_WATCH_S = 0.5
KEEP_FREE = 500 * 2**20  # bytes of the disk that recordings leave free


@dataclass(frozen=True)
class LiveSettings:
    """How a session runs.

    Attributes:
        out: folder of recordings, snapshots and ignore zones; created when it is needed.
        track: settings of the tracker.
        camera: for the direction of each point.
        fps: frames per second at which files are played; None as their times say.
        loop: whether files start again at their end.
        keep_free: bytes of the disk that recordings leave free.
    """

    out: Path
    track: SearchSettings = dataclasses.field(default_factory=SearchSettings)
    camera: Camera | None = None
    fps: float | None = None
    loop: bool = False
    keep_free: int = KEEP_FREE


class LiveSession:
    """Detects and tracks the frames of sources as they come, for any number of viewers.

    Args:
        detector: finds the points; the session changes its threshold and region.
        sources: as :func:`irpoint.pipeline.find_sources` lists them.
        settings: see :class:`LiveSettings`.
        write: prints a line about a fault.
        pages: starts labelling pages.
        watch: called with each result, such as an output; must not wait.

    Raises:
        SettingsError: if one of several sources is live, since a live source never ends.

    Attributes:
        hub: hands pictures to viewers.
        log: the faults.
        watch: as given; may be replaced at any time.
    """

    def __init__(
        self,
        detector: Detector,
        sources: Sequence[Source],
        settings: LiveSettings,
        write: Callable[[str], object] = lambda line: None,
        pages: LabelPages | None = None,
        watch: Callable[[Shown], None] | None = None,
    ) -> None:
        if len(sources) > 1 and (live := next((s.name for s in sources if s.live), None)):
            raise SettingsError(f"{live}: is live and never ends; give it alone")
        self.log = EventLog(write)
        self._detector, self._settings, self.watch = detector, settings, watch
        self._pages = pages or LabelPages("127.0.0.1", [])
        self._name = sources[0].name if len(sources) == 1 else f"{len(sources)} sources"
        self._messages = Messages(detector, lambda: self._health.fps())
        self.hub = Hub(self._messages, lambda e: self.log.add(f"cannot be shown: {one_line(e)}"))
        self._zones = Zones(settings.out, detector.region.ignored, self.log)
        self._region_lock = threading.Lock()
        self._set_region()
        self._recorder = Recorder(settings.out, settings.keep_free, self.log)
        newest, self._pace = Newest(), Pace(settings.fps)
        self._reader = Reader(sources, newest, self.log, self._pace, settings.loop)
        self._engine = Engine(
            detector, newest, self.log, settings=settings.track, camera=settings.camera,
            fit=self._fit, publish=self._publish,
        )  # fmt: skip
        self._sliders = Sliders(detector, self._engine)
        self._health = Health(self._reader, newest, self._engine, self.hub)
        self._last_snapshot: Path | None = None
        self._ended = threading.Event()

    def start(self) -> None:
        """Start to read and to detect."""
        self.hub.start()
        self._engine.start()
        self._reader.start()
        threading.Thread(target=self._watch_reader, name="live-watch", daemon=True).start()

    def close(self) -> None:
        """Stop everything; a recording is finished first."""
        self._ended.set()
        self._reader.stop()
        self._engine.stop()
        self._recorder.stop()
        self.hub.stop()
        self._pages.close()

    def state(self) -> dict[str, Any]:
        """All that the page shows beside the frames."""
        recording, newest = self._recorder.last, self.hub.newest
        return {
            "source": self._name,
            "model": self._detector.card.name,
            "live": self._reader.live,
            "paused": self._pace.paused,
            "finished": self._reader.reading.finished,
            "down": self._reader.down,
            "status": None if newest is None else newest.result.status,
            "sliders": self._sliders.state(),
            "zones": self._zones.version,
            "recording": None if recording is None else recording.state(),
            "can_label": recording is not None or self._last_snapshot is not None,
            "health": self._health.figures(),
            "events": [dataclasses.asdict(event) for event in self.log.latest()],
        }

    def warn(self, warning: Warning | str) -> None:
        """Report a warning of irpoint; a jump of the source's clock is counted."""
        if isinstance(warning, FrameWarning) and warning.kind == "clock":
            self._reader.reading.jumps += 1
            self.log.add(str(warning))
        else:
            self.log.add(f"warning: {warning}")

    def set(self, name: str, value: float) -> None:
        """Change a setting, see :class:`Sliders`."""
        self._sliders.change(name, value)

    def pause(self, paused: bool) -> None:
        """Pause the source, or resume it.

        Raises:
            SettingsError: if it is live.
        """
        self._check_playable()
        self._pace.pause(paused)

    def step(self) -> None:
        """Detect one more frame, and pause.

        Raises:
            SettingsError: if the source is live.
        """
        self._check_playable()
        self._pace.step()

    def paint(self, stroke: Sequence[tuple[float, float]], radius: float, erase: bool) -> None:
        """Paint or erase ignore zones, see :class:`Zones`."""
        self._zones.paint(stroke, radius, erase)
        self._set_region()

    def clear_zones(self) -> None:
        """Erase all ignore zones."""
        self._zones.clear()
        self._set_region()

    def zones_png(self) -> bytes:
        """The ignore zones as a picture."""
        return self._zones.png()

    def record(self, wanted: bool) -> None:
        """Start or end a recording.

        Raises:
            SettingsError: if its folder cannot be created.
        """
        if wanted:
            self._recorder.start()
        else:
            self._recorder.stop()

    def snapshot(self) -> Path:
        """Store the newest frame, its record, and a picture with its points; returns the folder.

        Raises:
            SettingsError: if there is no frame yet, or the files cannot be written.
        """
        shown = self.hub.newest
        if shown is None or shown.result.pixels is None:
            raise SettingsError("there is no frame yet")
        folder, result = new_folder(self._settings.out, "snapshot"), shown.result
        record = json.dumps(self._messages.record(shown), allow_nan=False) + "\n"
        tails, numbers = result.tails, result.track_ids
        try:
            write_frame(folder / "frame.tif", shown.result.pixels)
            atomic_write(folder / "points.jsonl", record)
            picture = draw_overlay(shown.result.pixels, result.points, tracks=numbers, tails=tails)
            # A subfolder, because the labelling page shows the pictures of a folder as frames.
            (folder / "overlay").mkdir()
            picture.save(folder / "overlay" / "overlay.png")
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)  # a part of a snapshot is worse than none
            raise SettingsError(f"{folder}: cannot be written ({one_line(error)})") from error
        self._last_snapshot = folder
        self.log.add(f"snapshot in {folder}")
        return folder

    def label(self) -> str:
        """The address of a labelling page of the last recording; without one, of the snapshot.

        Raises:
            SettingsError: if there is neither, or the page does not start.
        """
        recording = self._recorder.last
        folder = self._last_snapshot if recording is None else recording.folder
        if folder is None:
            raise SettingsError("nothing is recorded yet; record, or take a snapshot, first")
        return self._pages.open(folder)

    def _check_playable(self) -> None:
        if self._reader.live:
            raise SettingsError(f"{self._name}: is live and cannot be paused")

    def _fit(self, frame: SourceFrame) -> None:
        """Use the ignore zones of the size of a frame."""
        if self._zones.fit((frame.frame.shape[0], frame.frame.shape[1])):
            self._set_region()

    def _set_region(self) -> None:
        with self._region_lock:
            self._detector.region = Region(self._detector.region.roi, self._zones.mask())

    def _publish(self, shown: Shown) -> None:
        self._health.add(shown)
        self.hub.publish(shown)
        if shown.result.pixels is not None:
            self._recorder.add(shown.result.pixels, lambda: self._messages.record(shown))
        if self.watch is not None:
            self.watch(shown)

    def _watch_reader(self) -> None:
        while not self._ended.wait(_WATCH_S):
            self._reader.watch()
