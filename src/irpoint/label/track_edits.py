"""What one action does to a whole track: functions from labels of a sequence to changed labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from irpoint.errors import SettingsError
from irpoint.label.interpolation import SAME_TARGET, on_path, reopened
from irpoint.label.labels import FrameLabels, Point

Labels = Mapping[str, FrameLabels]
"""Labels of every frame of a sequence, in temporal order."""


@dataclass(frozen=True)
class Place:
    """A track in one frame.

    Attributes:
        x, y: in frame pixels.
        seen: whether the model found the target there; if not, the place is between others.
    """

    x: float
    y: float
    seen: bool


@dataclass(frozen=True)
class ProposedTrack:
    """A track that the tracker proposes.

    Attributes:
        number: of the track in the sequence, from 1.
        places: the target in each frame, by index in the sequence.
    """

    number: int
    places: Mapping[int, Place]


def numbers_of(labels: Labels) -> set[int]:
    """The track numbers in use."""
    points = (point for frame in labels.values() for point in frame.points)
    return {point.track for point in points if point.track is not None}


def renumber(labels: Labels, track: int, number: int, first: int = 0) -> dict[str, FrameLabels]:
    """Give a track another number, from frame ``first`` on; one in use joins the two tracks.

    Raises:
        SettingsError: if both tracks have a point in one frame, or if there is no such track.
    """
    changed: dict[str, FrameLabels] = {}
    for name, frame in list(labels.items())[first:]:
        if not any(point.track == track for point in frame.points):
            continue
        if any(point.track == number for point in frame.points):
            raise SettingsError(
                f"tracks {track} and {number} both have a point in {name}; delete one of the two "
                "or split a track before it"
            )
        points = [p.model_copy(update={"track": number}) if p.track == track else p
                  for p in frame.points]  # fmt: skip
        changed[name] = frame.model_copy(update={"points": tuple(points)})
    if not changed:
        raise SettingsError(f"there is no track {track} here; choose one of the timeline")
    return changed


def swap(labels: Labels, one: int, other: int, first: int) -> dict[str, FrameLabels]:
    """Exchange the numbers of two tracks from frame ``first`` on, as after a crossing.

    Raises:
        SettingsError: if neither has a point there.
    """
    exchange = {one: other, other: one}
    changed: dict[str, FrameLabels] = {}
    for name, frame in list(labels.items())[first:]:
        points = tuple(
            p.model_copy(update={"track": exchange[p.track]}) if p.track in exchange else p
            for p in frame.points
        )
        if points != frame.points:
            changed[name] = frame.model_copy(update={"points": points})
    if not changed:
        raise SettingsError(f"neither track {one} nor track {other} has a point from here on")
    return changed


def remove(labels: Labels, track: int) -> dict[str, FrameLabels]:
    """Delete all points of a track."""
    return {
        name: reopened(frame, [p for p in frame.points if p.track != track])
        for name, frame in labels.items()
        if any(p.track == track for p in frame.points)
    }


def decide(labels: Labels, track: int | None) -> dict[str, FrameLabels]:
    """Mark frames as complete: all of the sequence, or those with a point of a track.

    Frames that are decided already, or unsure, stay as they are.
    """
    return {
        name: frame.model_copy(update={"state": "done" if frame.points else "empty"})
        for name, frame in labels.items()
        if frame.state in ("open", "imported")
        and (track is None or any(p.track == track for p in frame.points))
    }


def accept(labels: Labels, tracks: Iterable[ProposedTrack]) -> dict[str, FrameLabels]:
    """Add proposed tracks to the labels. A track keeps its number unless that is in use.

    A point without a number at the place of a track is its target, and gets the number.
    """
    now, names, used = dict(labels), list(labels), numbers_of(labels)
    for track in tracks:
        number = track.number if track.number not in used else max(used) + 1
        used.add(number)
        for at, place in track.places.items():
            frame = now[names[at]]
            origin = "proposal" if place.seen else "track"
            new = Point(x=place.x, y=place.y, origin=origin, track=number)
            refused = tuple(xy for xy in frame.refused if not _near(xy, place))
            points = on_path(frame.points, new)
            now[names[at]] = reopened(frame, points).model_copy(update={"refused": refused})
    return _differences(labels, now)


def reject(labels: Labels, tracks: Iterable[ProposedTrack]) -> dict[str, FrameLabels]:
    """Refuse proposed tracks: their places in every frame where no point is."""
    now, names = dict(labels), list(labels)
    for track in tracks:
        for at, place in track.places.items():
            frame = now[names[at]]
            if not _known(frame, place):
                refused = (*frame.refused, (place.x, place.y))
                now[names[at]] = frame.model_copy(update={"refused": refused})
    return _differences(labels, now)


def is_open(labels: Labels, names: Collection[str], track: ProposedTrack) -> bool:
    """Whether a proposed track is neither accepted nor rejected: most of its places are open.

    Args:
        labels: see :data:`Labels`.
        names: the names in ``labels``, as a list.
        track: the track.
    """
    listed = names if isinstance(names, list) else list(names)
    known = sum(_known(labels[listed[at]], place) for at, place in track.places.items())
    return 2 * known < len(track.places)


def _known(frame: FrameLabels, place: Place) -> bool:
    """Whether there is a point or a refused proposal at a place."""
    return any(_near((p.x, p.y), place) for p in frame.points) or any(
        _near(xy, place) for xy in frame.refused
    )


def _near(xy: tuple[float, float], place: Place) -> bool:
    return (xy[0] - place.x) ** 2 + (xy[1] - place.y) ** 2 <= SAME_TARGET**2


def _differences(before: Labels, after: Labels) -> dict[str, FrameLabels]:
    return {name: frame for name, frame in after.items() if frame != before[name]}
