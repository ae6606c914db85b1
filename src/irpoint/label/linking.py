"""Proposals of a sequence, linked into tracks by the tracker, in the background."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from irpoint.errors import FrameError, IrpointError
from irpoint.frames.source import Skipped
from irpoint.label.catalogue import Catalogue, FrameEntry
from irpoint.label.proposals import Proposer
from irpoint.label.store import Store
from irpoint.label.track_edits import Place, ProposedTrack
from irpoint.pipeline.tracking import track_results
from irpoint.points import FrameResult
from irpoint.runtime import Detector
from irpoint.tracking import SearchSettings

# A false track costs one key, a missed target a click in every few frames.
_SETTINGS = SearchSettings(smooth=True, false_tracks_per_hour=60.0)


@dataclass(frozen=True)
class Linking:
    """The tracks of a sequence, as far as they are known.

    Attributes:
        state: ``off`` without a model, ``running``, ``done`` or ``failed``.
        done, frames: number of frames that are linked, and of all.
        tracks: the tracks; empty until the end.
        message: why it failed.
    """

    state: Literal["off", "running", "done", "failed"]
    done: int = 0
    frames: int = 0
    tracks: tuple[ProposedTrack, ...] = ()
    message: str = ""


class _Stopped(Exception):
    """Another sequence or model is wanted."""


class Linker:
    """Links one sequence at a time, the one that was asked for last.

    Args:
        catalogue: the frames.
        store: keeps the tracks of finished sequences.
        proposer: gives the points of each frame.
    """

    def __init__(self, catalogue: Catalogue, store: Store, proposer: Proposer) -> None:
        self._catalogue, self._store, self._proposer = catalogue, store, proposer
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._wanted: tuple[str, str] | None = None  # sequence, and key of the model
        self._now = Linking("off")

    def tracks(self, sequence: str) -> Linking:
        """The tracks of a sequence. The first call starts to link it, and stops another."""
        chosen = self._proposer.chosen
        if chosen is None:
            return Linking("off")
        detector, key = chosen
        entries = self._catalogue.sequences[sequence]
        with self._lock:
            if self._wanted == (sequence, key):
                return self._now
            self._end()
            self._wanted = (sequence, key)
            stored = _parsed(self._store.tracks(sequence, key), len(entries))
            if stored is not None:
                self._now = Linking("done", len(entries), len(entries), stored)
                return self._now
            self._now = Linking("running", 0, len(entries))
            self._stop = threading.Event()
            self._thread = threading.Thread(
                target=self._link, args=(sequence, entries, detector, key, self._stop), daemon=True
            )
            self._thread.start()
            return self._now

    def close(self) -> None:
        """Stop linking."""
        with self._lock:
            self._end()
            self._wanted = None

    def _end(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _link(
        self,
        sequence: str,
        entries: Sequence[FrameEntry],
        detector: Detector,
        key: str,
        stop: threading.Event,
    ) -> None:
        self._proposer.paused.set()
        try:
            results = self._results(entries, detector, key, stop)
            tracks = _collected(track_results(results, _SETTINGS, detector))
            self._store.put_tracks(sequence, key, _text(tracks, len(entries)))
            self._now = Linking("done", len(entries), len(entries), tracks)
        except _Stopped:
            pass
        except IrpointError as error:
            self._now = Linking("failed", self._now.done, len(entries), message=str(error))
        finally:
            self._proposer.paused.clear()

    def _results(
        self, entries: Sequence[FrameEntry], detector: Detector, key: str, stop: threading.Event
    ) -> Iterator[FrameResult]:
        """What was detected in each frame, with its pixels; unreadable frames are left out."""
        for at, entry in enumerate(entries):
            self._proposer.wait_for_page(stop)
            chosen = self._proposer.chosen
            if stop.is_set() or chosen is None or chosen[1] != key:
                raise _Stopped
            self._now = Linking("running", at, len(entries))
            try:
                frame = self._catalogue.read(entry)
                points = self._proposer.candidates(detector, key, entry)
            except FrameError:
                continue  # reported when the frame is shown
            strong = points.score >= detector.threshold
            yield FrameResult(
                entry.sequence,
                at,
                None,
                (frame.shape[0], frame.shape[1]),
                points[strong],
                weak=points[~strong],
                pixels=frame,
            )


def _collected(results: Iterator[FrameResult | Skipped]) -> tuple[ProposedTrack, ...]:
    """The places of each track, without those that are guessed outside the frame."""
    found: dict[int, dict[int, Place]] = {}
    for result in results:
        if isinstance(result, Skipped):
            continue
        height, width = result.shape
        for state in result.tracks:
            inside = -0.5 <= state.x <= width - 0.5 and -0.5 <= state.y <= height - 0.5
            if inside or state.detected:
                x = min(max(state.x, -0.5), width - 0.5)
                y = min(max(state.y, -0.5), height - 0.5)
                place = Place(round(x, 3), round(y, 3), state.detected)
                found.setdefault(state.number, {})[result.index] = place
    return tuple(ProposedTrack(number, found[number]) for number in sorted(found))


def _text(tracks: Sequence[ProposedTrack], frames: int) -> str:
    rows = [
        [track.number, [(at, p.x, p.y, p.seen) for at, p in track.places.items()]]
        for track in tracks
    ]
    return json.dumps({"frames": frames, "tracks": rows})


def _parsed(text: str | None, frames: int) -> tuple[ProposedTrack, ...] | None:
    """Stored tracks; None if there are none, if they are damaged or of another number of frames."""
    try:
        content = json.loads(text or "")
        if content["frames"] != frames:
            return None
        return tuple(
            ProposedTrack(
                int(number),
                {int(at): Place(float(x), float(y), bool(seen)) for at, x, y, seen in places},
            )
            for number, places in content["tracks"]
        )
    except (ValueError, TypeError, KeyError):
        return None
