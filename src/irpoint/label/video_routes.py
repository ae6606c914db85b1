"""The routes of the timeline: whole tracks, and frames as they show what moves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Header, Query
from pydantic import BaseModel, ConfigDict, Field

from irpoint.datasets.track_numbers import LARGEST_TRACK
from irpoint.label.labels import StoredLabels
from irpoint.label.session import LabelSession

Name = Annotated[str, Query(alias="frame", max_length=4096)]
Tab = Annotated[str, Header(alias="X-Tab", max_length=64)]
Number = Annotated[int, Field(ge=0, le=LARGEST_TRACK)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    frame: str = Field(max_length=4096)


class Track(_Body):
    """A track in the sequence of a frame."""

    track: Number


class Renumber(Track):
    """A track, and its new number."""

    number: Number


class Swap(Track):
    """Two tracks."""

    other: Number


class Decide(_Body):
    """A track, null for all frames."""

    track: Number | None = None


class Proposed(_Body):
    """Numbers of proposed tracks, null for all that are open."""

    numbers: list[Number] | None = Field(None, max_length=10_000)


def video_routes(app: FastAPI, session: LabelSession) -> None:
    """Add the routes to the application of the page."""
    tracks = session.tracks

    @app.get("/api/clip")
    def clip(name: Name) -> dict[str, Any]:
        return tracks.clip(name)

    @app.post("/api/interpolate")
    def interpolate(given: Track, tab: Tab = "") -> dict[str, StoredLabels]:
        return tracks.interpolate(given.frame, given.track, tab)

    @app.post("/api/tracks/number")
    def renumber(given: Renumber, tab: Tab = "") -> dict[str, StoredLabels]:
        return tracks.renumber(given.frame, given.track, given.number, tab)

    @app.post("/api/tracks/split")
    def split(given: Track, tab: Tab = "") -> dict[str, Any]:
        number, frames = tracks.split(given.frame, given.track, tab)
        return {"number": number, "frames": frames}

    @app.post("/api/tracks/swap")
    def swap(given: Swap, tab: Tab = "") -> dict[str, StoredLabels]:
        return tracks.swap(given.frame, given.track, given.other, tab)

    @app.post("/api/tracks/remove")
    def remove(given: Track, tab: Tab = "") -> dict[str, StoredLabels]:
        return tracks.remove(given.frame, given.track, tab)

    @app.post("/api/tracks/decide")
    def decide(given: Decide, tab: Tab = "") -> dict[str, Any]:
        return tracks.decide(given.frame, given.track, tab)._asdict()

    @app.post("/api/tracks/accept")
    def accept(given: Proposed, tab: Tab = "") -> dict[str, StoredLabels]:
        return tracks.accept(given.frame, given.numbers, tab)

    @app.post("/api/tracks/reject")
    def reject(given: Proposed, tab: Tab = "") -> dict[str, StoredLabels]:
        return tracks.reject(given.frame, given.numbers, tab)
