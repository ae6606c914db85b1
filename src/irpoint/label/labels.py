"""What a person says of one frame: its points, whether that is all, and a note."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# source: as the data set came; click: set or moved by a person; proposal: a model's, accepted;
# track: interpolated between clicks of one track.
Origin = Literal["source", "click", "proposal", "track"]
# open: not looked at; done: these points are all; empty: no target; unsure: to be asked about.
State = Literal["open", "done", "empty", "unsure"]

Coordinate = Annotated[float, Field(ge=-0.5, le=1e6, allow_inf_nan=False)]


class Point(BaseModel):
    """One target, in frame pixels, pixel centres at integers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: Coordinate
    y: Coordinate
    origin: Origin = "click"
    track: int | None = Field(None, ge=0, le=1_000_000, description="number of its track")


class FrameLabels(BaseModel):
    """The whole answer for one frame; replaced as a whole, so that no half of it is ever stored.

    Attributes:
        state: how far the person is with it.
        points: the targets.
        refused: places (x, y) of proposals that were refused.
        note: free text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: State = "open"
    points: tuple[Point, ...] = Field((), max_length=10_000)
    refused: tuple[tuple[Coordinate, Coordinate], ...] = Field((), max_length=10_000)
    note: str = Field("", max_length=2_000)

    @property
    def decided(self) -> bool:
        """Whether the frame can be trained on: its points, or their absence, are all there is."""
        return self.state in ("done", "empty")


class Stored(BaseModel):
    """The labels of a frame and how often they were changed."""

    model_config = ConfigDict(frozen=True)

    labels: FrameLabels = FrameLabels()
    version: int = 0
