"""The share of simulated targets that a model finds, by scene, by signal and by clutter."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Recall(BaseModel):
    """Targets, and how many of them were found.

    Attributes:
        targets: number of targets.
        found: number of those that were found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    targets: int = Field(ge=0)
    found: int = Field(ge=0)

    @property
    def share(self) -> float | None:
        """Detection probability Pd in 0..1; None without targets."""
        return self.found / self.targets if self.targets else None

    @model_validator(mode="after")
    def _found_are_targets(self) -> Self:
        if self.found > self.targets:
            raise ValueError(f"{self.found} found of {self.targets} targets")
        return self


class SceneRecall(Recall):
    """Recall in one kind of scene.

    Attributes:
        frames: number of simulated frames.
        seed: seed of the simulation, as for ``irpoint simulate --seed``.
        threshold: the lowest score at which the scene has at most the wanted rate of false alarms.
        false_alarms_per_mpx: false alarms per million pixels at this threshold.
    """

    frames: int = Field(ge=1)
    seed: int
    threshold: float
    false_alarms_per_mpx: float = Field(ge=0)


class RecallBin(Recall):
    """Recall of the targets whose ratio is in a range; of all scenes, at their thresholds.

    Attributes:
        low, high: the range of the ratio.
    """

    low: float = Field(ge=0)
    high: float

    @model_validator(mode="after")
    def _has_width(self) -> Self:
        if self.high <= self.low:
            raise ValueError(f"bin from {self.low:g} to {self.high:g}")
        return self


class SimulatedRecall(BaseModel):
    """Recall on simulated frames at a fixed rate of false alarms.

    The frames are those of ``irpoint simulate`` with these settings, and its defaults otherwise.

    Attributes:
        rate_per_mpx: wanted false alarms per million pixels of each scene.
        radius_px: how near to a target a point must be to find it, in pixels.
        width, height: size of the frames in pixels.
        bits: bits per pixel.
        snr: range of the signal-to-noise ratio of the targets.
        scenes: recall by kind of scene.
        by_snr: recall by signal-to-noise ratio: signal of the peak pixel over temporal noise.
        by_scnr: recall by the ratio of the same signal to temporal noise, fixed pattern and local
            clutter together.
        version: version of irpoint that simulated the frames.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate_per_mpx: float = Field(gt=0)
    radius_px: float = Field(gt=0)
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    bits: int = Field(ge=1)
    snr: tuple[float, float]
    scenes: dict[str, SceneRecall] = Field(min_length=1)
    by_snr: tuple[RecallBin, ...]
    by_scnr: tuple[RecallBin, ...]
    version: str

    @property
    def all(self) -> Recall:
        """Recall of all scenes together."""
        scenes = self.scenes.values()
        return Recall(
            targets=sum(scene.targets for scene in scenes),
            found=sum(scene.found for scene in scenes),
        )
