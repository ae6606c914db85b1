"""The footage on which ``irpoint calibrate`` chose a threshold, as the model card states it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

RateUnit = Literal["mpx", "frame", "hour"]
Interval = tuple[float, float]


class Footage(BaseModel):
    """Target-free frames, and the false alarms that a detector gave in them.

    Attributes:
        sources: names of the sources, as they were given.
        frames: number of frames that were searched.
        not_judged: number of frames that were left out because nothing can be found in them, by
            status.
        unreadable: number of sources, or parts of them, that could not be read.
        megapixels: number of pixels that were searched, in millions.
        wanted: wanted rate of false alarms.
        unit: what the wanted rate is counted per.
        fps: frames per second, for rates per hour; null if not known.
        false_alarms: number of points that score at least the threshold.
        events: number of independent events that these points belong to.
        effective_events: number of independent events of one point each that would give an equally
            certain rate; at most ``false_alarms``.
        rate, interval_95: rate of false alarms in the wanted unit at the threshold, and the 95 %
            interval of its mean.
        rate_per_mpx, interval_95_per_mpx: the same per million pixels.
        lowest_score: lowest score of a candidate; the threshold is not below it.
        candidates_per_mpx: candidates per million pixels.
        earlier_threshold, earlier_rate_per_mpx: default threshold of the model before, and its
            false alarms per million pixels in this footage.
        scale, polarity, backend: settings of the detector.
        roi: region of interest, x0, y0, x1, y1; null if it was the whole frame.
        ignore_mask: sha256 of the ignore mask; null if there was none.
        raw, cut: how files were read; null by default.
        version: version of irpoint.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sources: tuple[str, ...]
    frames: int = Field(ge=1)
    not_judged: dict[str, int] = {}
    unreadable: int = 0
    megapixels: float = Field(gt=0)
    wanted: float = Field(gt=0)
    unit: RateUnit
    fps: float | None = None
    false_alarms: int
    events: int
    effective_events: float
    rate: float
    interval_95: Interval
    rate_per_mpx: float
    interval_95_per_mpx: Interval
    lowest_score: float
    candidates_per_mpx: float
    earlier_threshold: float
    earlier_rate_per_mpx: float
    scale: str
    polarity: str
    backend: str
    roi: tuple[float, float, float, float] | None = None
    ignore_mask: str | None = None
    raw: str | None = None
    cut: str | None = None
    version: str
