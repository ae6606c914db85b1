"""Records frames in full depth, with their points beside them, in a thread of its own."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Any

import tifffile

from irpoint.emit.schema import FrameRecord
from irpoint.errors import SettingsError, one_line
from irpoint.frames.arrays import Frame
from irpoint.live.events import EventLog
from irpoint.system.atomic import write_all

POINTS = "points.jsonl"
_BEHIND = 64  # frames that wait for the disk: two seconds of 30 Hz
_POLL_S = 0.2
_MIB = 2**20


@dataclass(frozen=True)
class Recording:
    """The state of a recording.

    Attributes:
        folder: where the frames are.
        frames: number of written frames.
        lost: number of frames that were not written, because the disk was too slow or full.
        bytes: size of the written frames.
        active: whether it goes on.
    """

    folder: Path
    frames: int = 0
    lost: int = 0
    bytes: int = 0
    active: bool = True

    def state(self) -> dict[str, Any]:
        """The attributes as JSON values."""
        return asdict(self) | {"folder": str(self.folder)}


class Recorder:
    """Writes recordings to subfolders of a folder, one after the other.

    A recording has one TIFF per frame, in the type of its pixels, and ``points.jsonl`` with one
    record per frame, see :func:`irpoint.emit.record.frame_record`. A full disk, or one that stays
    too slow, ends the recording but nothing else.

    Args:
        out: folder of the recordings; created when the first one starts.
        keep_free: bytes of the disk that recordings leave free.
        log: where faults are reported.

    Attributes:
        last: the recording that goes on or was the last; None if there was none.
    """

    def __init__(self, out: Path, keep_free: int, log: EventLog) -> None:
        self.last: Recording | None = None
        self._out, self._keep_free, self._log = out, keep_free, log
        self._queue: Queue[tuple[Frame, FrameRecord]] = Queue(_BEHIND)
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._counting = threading.Lock()

    def start(self) -> Recording:
        """Start a recording; returns the one that goes on, if there is one.

        Raises:
            SettingsError: if its folder cannot be created.
        """
        with self._lock:
            if self.last is not None and self.last.active:
                return self.last
            self._join()
            folder = new_folder(self._out, "recording")
            self._queue, self._ending = Queue(_BEHIND), threading.Event()
            self.last = Recording(folder)
            self._thread = threading.Thread(target=self._run, name="live-recorder", daemon=True)
            self._thread.start()
            self._log.add(f"recording to {folder}")
            return self.last

    def stop(self) -> None:
        """End the recording after the frames that wait for the disk."""
        with self._lock:
            self._join()

    def add(self, frame: Frame, record: Callable[[], FrameRecord]) -> None:
        """Record a frame, if a recording goes on; never waits for the disk."""
        if self.last is None or not self.last.active or self._ending.is_set():
            return
        try:
            self._queue.put_nowait((frame, record()))
        except Full:
            if not self.last.lost:
                self._log.add(f"{self.last.folder}: the disk is too slow; some frames are lost")
            self._count(lost=1)

    def _join(self) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        assert self.last is not None
        folder = self.last.folder
        try:
            with (folder / POINTS).open("wb", buffering=0) as points:
                while (item := self._next()) is not None:
                    self._write(folder, points, *item)
            self._log.add(f"recorded to {folder}; frames: {self.last.frames}")
        except OSError as error:
            self._count(lost=1 + self._queue.qsize())
            self._log.add(f"recording stopped after {self.last.frames} frames: {_reason(error)}")
        self._ending.set()
        with self._counting:
            self.last = replace(self.last, active=False)

    def _next(self) -> tuple[Frame, FrameRecord] | None:
        while True:
            try:
                return self._queue.get(timeout=_POLL_S)
            except Empty:
                if self._ending.is_set():
                    return None

    def _write(self, folder: Path, points: FileIO, frame: Frame, record: FrameRecord) -> None:
        assert self.last is not None
        free = shutil.disk_usage(folder).free
        if free < self._keep_free + frame.nbytes:
            raise OSError(None, f"only {free // _MIB} MiB are free", str(folder))
        path, end = folder / f"frame-{self.last.frames:06d}.tif", points.tell()
        line = json.dumps({"file": path.name, **record}, allow_nan=False) + "\n"
        try:
            write_frame(path, frame)
            write_all(points, line.encode())
        except OSError:  # a part of a frame is worse than none
            path.unlink(missing_ok=True)
            points.truncate(end)
            raise
        self._count(frames=1, bytes=frame.nbytes)

    def _count(self, **more: int) -> None:
        """Add to the numbers of the recording."""
        with self._counting:
            assert self.last is not None
            now = {name: getattr(self.last, name) + number for name, number in more.items()}
            self.last = replace(self.last, **now)


def new_folder(out: Path, kind: str) -> Path:
    """Create a folder named after the kind and the present time.

    Raises:
        SettingsError: if it cannot be created.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    number, folder = 1, out / f"{kind}-{stamp}"
    while folder.exists():
        number += 1
        folder = out / f"{kind}-{stamp}-{number}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise SettingsError(f"{folder}: cannot be created ({one_line(error)})") from error
    return folder


def write_frame(path: Path, frame: Frame) -> None:
    """Write a frame (H, W) of any type as TIFF, uncompressed, for speed."""
    tifffile.imwrite(path, frame, metadata=None)


def _reason(error: OSError) -> str:
    return f"{error.filename}: {one_line(error)}" if error.filename else one_line(error)
