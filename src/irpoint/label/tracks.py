"""The tracks of a session: what the timeline shows, and actions on whole tracks."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from irpoint.datasets.track_numbers import LARGEST_TRACK
from irpoint.errors import SettingsError
from irpoint.label import track_edits
from irpoint.label.catalogue import Catalogue
from irpoint.label.imported import Imported
from irpoint.label.interpolation import fill_around, interpolate
from irpoint.label.labels import FrameLabels, StoredLabels
from irpoint.label.linking import Linker
from irpoint.label.store import Conflict, Store
from irpoint.label.tabs import Tabs
from irpoint.label.track_edits import ProposedTrack

_TRIES = 3  # of an action, if another tab stores a change at the same moment
_Edit = Callable[[dict[str, FrameLabels]], dict[str, FrameLabels]]
Changed = dict[str, StoredLabels]
"""The labels of the frames that changed."""


class Refill(BaseModel):
    """How a track follows a point that was set or moved, see :func:`fill_around`."""

    model_config = ConfigDict(extra="forbid")

    track: int = Field(ge=0, le=LARGEST_TRACK)
    reach: int = Field(1, ge=1, le=10_000)
    gaps: bool = False


class Decided(NamedTuple):
    """Frames that were marked as complete.

    Attributes:
        frames: their labels.
        unsure: number of unsure frames, which stay so.
        proposed: number of proposed tracks that are neither accepted nor rejected.
    """

    frames: Changed
    unsure: int
    proposed: int


class Tracks:
    """Tracks in the sequences of a session. Each action is one step that undo reverts.

    In every method, ``name`` is a frame of the sequence, and ``tab`` the tab that acts.

    Args:
        catalogue: the frames.
        store: the labels.
        imported: the labels of frames that were never changed.
        tabs: the open tabs.
        linker: proposes tracks.
    """

    def __init__(
        self, catalogue: Catalogue, store: Store, imported: Imported, tabs: Tabs, linker: Linker
    ) -> None:
        self._catalogue, self._store, self._imported = catalogue, store, imported
        self._tabs, self._linker = tabs, linker
        self._known: dict[str, StoredLabels] = {}

    def clip(self, name: str) -> dict[str, Any]:
        """What the timeline shows: every frame of the sequence, its points, and proposed tracks."""
        sequence = self._sequence(name)
        entries = self._catalogue.sequences[sequence]
        stored = self._read(sequence)
        labels = {name: at.labels for name, at in stored.items()}
        linking = self._linker.tracks(sequence)
        numbers = [self._catalogue.number(entry.name) for entry in entries]
        names = list(labels)
        return {
            "frames": numbers,
            "is_file": entries[0].stacked,
            "states": [frame.state for frame in labels.values()],
            "points": [
                [at, point.x, point.y, point.origin, point.track]
                for at, frame in enumerate(labels.values())
                for point in frame.points
            ],
            "proposed": [
                {
                    "number": track.number,
                    "open": track_edits.is_open(labels, names, track),
                    "places": [(at, p.x, p.y, p.seen) for at, p in track.places.items()],
                }
                for track in linking.tracks
            ],
            "linking": {
                "state": linking.state,
                "done": linking.done,
                "frames": linking.frames,
                "message": linking.message,
            },
        }

    def put(
        self, name: str, labels: FrameLabels, version: int, refill: Refill, tab: str = ""
    ) -> Changed:
        """Replace the labels of a frame, and interpolate a track anew around its point in it.

        Raises:
            Conflict: if the labels are at another version by now.
        """
        shape = self._shape(name)

        def edit(now: dict[str, FrameLabels]) -> dict[str, FrameLabels]:
            now = now | {name: labels}
            filled = fill_around(
                list(now), now, refill.track, name, refill.reach, refill.gaps, shape
            )
            return filled | {name: labels}

        return self._step(name, edit, tab, version)

    def interpolate(self, name: str, track: int, tab: str = "") -> Changed:
        """Fill in a track between all its fixed points.

        Raises:
            SettingsError: if the track has fewer than two of them and no interpolated points.
        """
        shape = self._shape(name)

        def edit(labels: dict[str, FrameLabels]) -> dict[str, FrameLabels]:
            origins = [p.origin for f in labels.values() for p in f.points if p.track == track]
            fixed = sum(origin != "track" for origin in origins)
            if fixed < 2 and fixed == len(origins):
                raise SettingsError(
                    f"track {track} has {fixed} click{'' if fixed == 1 else 's'}; interpolation "
                    "needs clicks in two frames or more"
                )
            return interpolate(list(labels), labels, track, shape)

        return self._step(name, edit, tab)

    def renumber(self, name: str, track: int, number: int, tab: str = "") -> Changed:
        """Give a track another number; one in use joins the two tracks.

        Raises:
            SettingsError: if both tracks have a point in one frame.
        """
        return self._step(name, lambda now: track_edits.renumber(now, track, number), tab)

    def split(self, name: str, track: int, tab: str = "") -> tuple[int, Changed]:
        """Give the rest of a track, from this frame on, a new number, which is returned too.

        Raises:
            SettingsError: if one of the two parts would have no point.
        """
        number = 0

        def edit(labels: dict[str, FrameLabels]) -> dict[str, FrameLabels]:
            nonlocal number
            number = max(track_edits.numbers_of(labels), default=0) + 1
            first = list(labels).index(name)
            changed = track_edits.renumber(labels, track, number, first)
            before = list(labels.values())[:first]
            if not any(point.track == track for frame in before for point in frame.points):
                raise SettingsError(f"track {track} begins here; go to a later frame to split it")
            return changed

        changed = self._step(name, edit, tab)
        return number, changed

    def swap(self, name: str, one: int, other: int, tab: str = "") -> Changed:
        """Exchange the numbers of two tracks from this frame on.

        Raises:
            SettingsError: if neither has a point there.
        """

        def edit(labels: dict[str, FrameLabels]) -> dict[str, FrameLabels]:
            return track_edits.swap(labels, one, other, list(labels).index(name))

        return self._step(name, edit, tab)

    def remove(self, name: str, track: int, tab: str = "") -> Changed:
        """Delete all points of a track."""
        return self._step(name, lambda now: track_edits.remove(now, track), tab)

    def decide(self, name: str, track: int | None, tab: str = "") -> Decided:
        """Mark all open frames of the sequence, or of a track, as complete."""
        changed = self._step(name, lambda now: track_edits.decide(now, track), tab)
        sequence = self._sequence(name)
        labels = {name: at.labels for name, at in self._read(sequence).items()}
        unsure = sum(
            frame.state == "unsure"
            and (track is None or any(point.track == track for point in frame.points))
            for frame in labels.values()
        )
        return Decided(changed, unsure, len(self._open(labels, sequence)))

    def accept(self, name: str, numbers: Collection[int] | None, tab: str = "") -> Changed:
        """Add proposed tracks to the labels: those with some numbers, or all open ones."""
        return self._judge(name, numbers, tab, track_edits.accept)

    def reject(self, name: str, numbers: Collection[int] | None, tab: str = "") -> Changed:
        """Refuse proposed tracks: those with some numbers, or all open ones."""
        return self._judge(name, numbers, tab, track_edits.reject)

    def _judge(
        self,
        name: str,
        numbers: Collection[int] | None,
        tab: str,
        how: Callable[[track_edits.Labels, list[ProposedTrack]], dict[str, FrameLabels]],
    ) -> Changed:
        sequence = self._sequence(name)

        def edit(labels: dict[str, FrameLabels]) -> dict[str, FrameLabels]:
            found = self._linker.tracks(sequence).tracks
            if numbers is None:
                return how(labels, self._open(labels, sequence))
            chosen = [track for track in found if track.number in numbers]
            if len(chosen) < len(set(numbers)):
                raise SettingsError("there is no such proposed track any more; choose another")
            return how(labels, chosen)

        return self._step(name, edit, tab)

    def _open(self, labels: track_edits.Labels, sequence: str) -> list[ProposedTrack]:
        names = list(labels)
        tracks = self._linker.tracks(sequence).tracks
        return [track for track in tracks if track_edits.is_open(labels, names, track)]

    def _step(self, name: str, edit: _Edit, tab: str, version: int | None = None) -> Changed:
        """Store what an edit changes in the sequence of a frame, as one step.

        Args:
            name: the frame.
            edit: returns changed labels, given all of the sequence.
            tab: the tab that acts.
            version: version of the labels of the frame on which the edit is based; any by default.
        """
        for left in reversed(range(_TRIES)):
            stored = self._read(self._sequence(name))
            before = {k: at.labels for k, at in stored.items()}
            changed = edit(before)
            changes = {k: (labels, stored[k].version) for k, labels in changed.items()}
            if version is not None:
                changes[name] = (changed[name], version)
            try:
                initial = {k: before[k] for k in changed}
                return self._store.put(changes, initial, tab, self._tabs.others(tab))
            except Conflict:
                if not left or (version is not None and stored[name].version != version):
                    raise
        raise AssertionError  # the last try returns or raises

    def _read(self, sequence: str) -> dict[str, StoredLabels]:
        """The labels of every frame of a sequence; those that have not changed are kept."""
        entries = self._catalogue.sequences[sequence]
        known = {
            entry.name: self._known.get(entry.name)
            or StoredLabels(labels=self._imported.labels(entry))
            for entry in entries
        }
        known |= self._store.newer({name: at.version for name, at in known.items()})
        self._known |= known
        return known

    def _sequence(self, name: str) -> str:
        return self._catalogue.entry(name).sequence

    def _shape(self, name: str) -> tuple[int, int]:
        shape = self._catalogue.read(self._catalogue.entry(name)).shape
        return shape[0], shape[1]
