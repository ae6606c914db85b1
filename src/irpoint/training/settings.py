"""Everything that a training run depends on, saved beside its weights."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from irpoint.frames.scale import InputScale

MethodName = Literal["spire", "sshd", "p2p-lite"]
Side = Annotated[int, Field(ge=32, multiple_of=4)]


class AugmentSettings(BaseModel):
    """How a training crop is varied; distances in network pixels, values in normalised units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target_share: float = Field(0.5, ge=0, le=1, description="share of crops placed on a label")
    hard_share: float = Field(
        0.5, ge=0, le=1, description="share of the other crops put on false alarms"
    )
    missed_share: float = Field(
        0.3, ge=0, le=1, description="share of the crops on labels put on those overlooked"
    )
    warp_share: float = Field(
        0.6, ge=0, le=1, description="share of crops scaled and rotated freely"
    )
    scale: float = Field(1.3, ge=1, le=3, description="largest enlargement, and its inverse")
    rotation: float = Field(
        15.0, ge=0, le=180, description="largest rotation in degrees, on top of 90° steps"
    )
    paste: float = Field(0.3, ge=0, description="mean number of targets pasted into a crop")
    swarm_share: float = Field(
        0.03, ge=0, le=1, description="share of crops with a swarm of pasted targets instead"
    )
    simulated: float = Field(
        0.25, ge=0, le=1, description="share of pasted targets that are simulated"
    )
    gain: float = Field(1.5, ge=1, le=10, description="largest gain, and its inverse")
    offset: float = Field(0.15, ge=0, description="standard deviation of the offset")
    noise: float = Field(0.03, ge=0, description="standard deviation of the noise's own deviation")
    bad_pixels: float = Field(0.1, ge=0, le=1, description="share of crops with a few bad pixels")


class Teacher(BaseModel):
    """A trained network whose answers a student learns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: MethodName
    weights: Path = Field(description="safetensors, or the name of a shipped model")
    width: int | None = None


class TrainSettings(BaseModel):
    """One training run. Randomness derives from ``seed`` alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: MethodName = "spire"
    data: tuple[Path, ...] = Field(min_length=1, description="data set folders, any layout")
    split: str = Field("train", description="split to train on; several joined by '+'")
    val_split: str = Field("val", description="split on which everything is chosen")
    label_noise: Literal["coarse"] | float | None = Field(
        None, description="how clicks differ from centroids: coarse, or pixels"
    )
    input_scale: str = Field("fit:512", description="scale at which the network sees frames")
    width: int | None = Field(None, ge=8, multiple_of=8, description="base width, where free")
    target: str = Field("default", description="what the network is to answer: a target's name")
    sigma: float = Field(1.5, gt=0.5, le=3, description="width of the response in cells")
    sigma_scales: bool = Field(
        False,
        description="sigma grows with the frame's enlargement, within 1 to 2 cells",
    )
    foreground: float = Field(1.0, ge=0, description="extra weight of target cells in the loss")
    teachers: tuple[Teacher, ...] = Field(
        (), description="trained networks whose mean answer is learned beside the labels"
    )
    teachers_share: float = Field(
        0.5, ge=0, le=1, description="share of their answer in what the network is to give"
    )
    init: Path | None = Field(
        None, description="safetensors or shipped model to start from; random if none"
    )
    init_share: float = Field(
        0.0, ge=0, lt=1, description="share of the weights started from in the mean that is kept"
    )
    twin: Path | None = Field(
        None,
        description="run that differs in having left the validation split out: gives threshold and "
        "figures where the split trained on holds it",
    )
    emphasis: dict[str, Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        {}, description="how many times as often as otherwise a data set is drawn, by its name"
    )
    epochs: int = Field(100, ge=1)
    crops_per_epoch: int = Field(2040, ge=1)
    crop: tuple[tuple[Side, Side], ...] = Field(
        ((192, 192),),
        min_length=1,
        description="rows and columns of a crop in network pixels; of several shapes each batch "
        "draws one; a single number is a square",
    )
    batch: int = Field(12, ge=1)
    optimizer: Literal["muon", "adamw"] = "muon"
    learning_rate: float = Field(
        0.02, gt=0, description="of Muon, which moves the rest at 0.15 of it; adamw likes 0.003"
    )
    weight_decay: float = Field(1e-2, ge=0)
    ema_decay: float = Field(0.999, ge=0, lt=1)
    val_every: int = Field(10, ge=1, description="epochs from one validation to the next")
    mine_every: int = Field(
        7, ge=0, description="epochs from one search for false alarms to the next; 0 is off"
    )
    seed: int = Field(0, ge=0)
    precision: Literal["bf16", "f32"] = "bf16"
    compile: bool = True
    workers: int = Field(1, ge=0)
    augment: AugmentSettings = AugmentSettings()

    @field_validator("crop", mode="before")
    @classmethod
    def _number_is_a_square(cls, value: Any) -> Any:
        if isinstance(value, str):
            raise ValueError("write the side of a square, or shapes as [[512, 512], [320, 512]]")
        return ((value, value),) if isinstance(value, int) else value

    @field_validator("label_noise", mode="before")
    @classmethod
    def _noise_is_known(cls, value: Any) -> Any:
        if value in (None, "coarse"):
            return value
        try:
            pixels = float(value)
        except (TypeError, ValueError):
            pixels = math.nan
        if not (math.isfinite(pixels) and pixels > 0):
            raise ValueError("write coarse, or a number of pixels above 0")
        return pixels

    @model_validator(mode="after")
    def _val_is_held_out_or_has_a_twin(self) -> TrainSettings:
        parts = self.split.split("+")
        if (self.val_split in parts and len(parts) > 1) != (self.twin is not None):
            raise ValueError(
                "a run trained on its validation split too needs twin, the run that left it out; "
                "others have none"
            )
        return self

    @model_validator(mode="after")
    def _a_share_is_of_given_weights(self) -> TrainSettings:
        if self.init_share and self.init is None:
            raise ValueError("init_share is of the weights of init, which is not given")
        return self

    @field_validator("input_scale")
    @classmethod
    def _scale_is_known(cls, text: str) -> str:
        return str(InputScale.parse(text))
