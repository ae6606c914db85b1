"""The labels of one frame: its points, its state and a note."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from irpoint.datasets.track_numbers import LARGEST_TRACK

# source: a label of the dataset; click: set or moved by a person; proposal: an accepted proposal of
# a model; track: interpolated between the clicks of a track.
Origin = Literal["source", "click", "proposal", "track"]
# open: not labelled yet; imported: labels that came with the dataset, which nobody has reviewed;
# done: the points are complete; empty: no target; unsure: needs review.
State = Literal["open", "imported", "done", "empty", "unsure"]

USABLE: tuple[State, ...] = ("done", "empty", "imported")  # exported and used for training

Coordinate = Annotated[float, Field(ge=-0.5, le=1e6, allow_inf_nan=False)]


class Point(BaseModel):
    """One target in frame pixels, pixel centres at integers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    x: Coordinate
    y: Coordinate
    origin: Origin = "click"
    track: int | None = Field(None, ge=0, le=LARGEST_TRACK, description="number of its track")


class FrameLabels(BaseModel):
    """The labels of one frame. They are always replaced together, so that they stay consistent.

    Attributes:
        state: progress of the frame.
        points: the targets.
        refused: positions (x, y) of refused proposals.
        note: free text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: State = "open"
    points: tuple[Point, ...] = Field((), max_length=10_000)
    refused: tuple[tuple[Coordinate, Coordinate], ...] = Field((), max_length=10_000)
    note: str = Field("", max_length=2_000)

    @property
    def decided(self) -> bool:
        """Whether a person has marked the labels as complete."""
        return self.state in ("done", "empty")

    @property
    def usable(self) -> bool:
        """Whether the frame is exported and used for training: it is decided, or imported."""
        return self.state in USABLE


class Summary(NamedTuple):
    """What the list of frames shows about a frame.

    Attributes:
        state: progress of the frame.
        points: number of targets.
        noted: whether it has a note.
        version: number of changes made to its labels.
    """

    state: State = "open"
    points: int = 0
    noted: bool = False
    version: int = 0

    @property
    def usable(self) -> bool:
        """See :attr:`FrameLabels.usable`."""
        return self.state in USABLE


class StoredLabels(BaseModel):
    """The labels of a frame and the number of changes made to them."""

    model_config = ConfigDict(frozen=True)

    labels: FrameLabels = FrameLabels()
    version: int = 0
