"""The settings of a training run, which are saved beside its weights as ``settings.json``."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from irpoint.decoding import STRIDE
from irpoint.defaults import DEFAULT_METHOD
from irpoint.errors import IrpointWarning, first_error
from irpoint.frames.scale import InputScale
from irpoint.methods import find_method, find_target_map
from irpoint.training.losses import find_loss


def _known_method(name: str) -> str:
    return find_method(name).name


MethodName = Annotated[str, AfterValidator(_known_method)]
Side = Annotated[int, Field(ge=32, multiple_of=STRIDE)]


def _number_is_a_square(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError("write the side of a square, or shapes as [[512, 512], [320, 512]]")
    return ((value, value),) if isinstance(value, int) else value


CropShapes = Annotated[
    tuple[tuple[Side, Side], ...], Field(min_length=1), BeforeValidator(_number_is_a_square)
]
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]

# Old names of settings, accepted with a warning until version 0.3.
RENAMED = {
    "target": "target_map",
    "init_share": "initial_weight_share",
    "twin": "held_out_run",
    "emphasis": "dataset_weights",
}


class AugmentSettings(BaseModel):
    """How a training crop is augmented; lengths in network pixels, values in normalised units."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target_share: float = Field(0.5, ge=0, le=1, description="share of crops centred on a label")
    hard_share: float = Field(
        0.5, ge=0, le=1, description="share of the other crops centred on a known false alarm"
    )
    missed_share: float = Field(
        0.3, ge=0, le=1, description="share of the crops on labels that show a missed one"
    )
    warp_share: float = Field(
        0.6, ge=0, le=1, description="share of crops that are scaled and rotated freely"
    )
    scale: float = Field(1.3, ge=1, le=3, description="maximum enlargement; minimum: its inverse")
    antialias: bool = Field(
        False,
        description="smooth shrunk crops, so that no target falls between samples, and shrink no "
        "further than the frame fills the crop; for scale above 1.5",
    )
    rotation: float = Field(
        15.0, ge=0, le=180, description="maximum rotation in degrees, in addition to 90° steps"
    )
    paste: float = Field(0.3, ge=0, description="mean number of targets pasted into a crop")
    swarm_share: float = Field(
        0.03, ge=0, le=1, description="share of crops that receive a swarm of targets instead"
    )
    simulated: float = Field(
        0.25, ge=0, le=1, description="share of pasted targets that are simulated"
    )
    gain: float = Field(1.5, ge=1, le=10, description="maximum gain; minimum: its inverse")
    offset: float = Field(0.15, ge=0, description="standard deviation of the offset")
    noise: float = Field(0.03, ge=0, description="scale of the random noise level")
    bad_pixels: float = Field(0.1, ge=0, le=1, description="share of crops with a few bad pixels")
    camera_share: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of crops that look as if another camera had taken them: blurred, "
        "sharpened, striped, shaded, compressed, with text",
    )
    paste_from: Literal["any", "same"] = Field(
        "any", description="datasets of the targets that are pasted: any, or that of the frame"
    )


class Teacher(BaseModel):
    """A trained network whose responses a student learns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: MethodName
    weights: Path = Field(description="safetensors file, or the name of a shipped model")
    width: int | None = None
    sha256: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of the safetensors file; weights with another one are refused",
    )


class Stage(BaseModel):
    """A part of a run with crops of its own; what it does not name is as in the whole run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(
        gt=0, allow_inf_nan=False, description="share of the epochs, relative to other stages"
    )
    crop: CropShapes | None = None
    augment: dict[str, Any] = {}


class TrainSettings(BaseModel):
    """One training run. All randomness derives from ``seed``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: MethodName = Field(DEFAULT_METHOD, description="method to train")
    data: tuple[Path, ...] = Field(min_length=1, description="dataset folders, any layout")
    split: str = Field("train", description="split to train on; join several by '+'")
    val_split: str = Field("val", description="split on which weights and thresholds are chosen")
    label_noise: Literal["coarse"] | float | None = Field(
        None, description="how labels are moved once before training: coarse, or pixels"
    )
    input_scale: str = Field("fit:512", description="scale at which the network sees frames")
    width: int | None = Field(
        None, ge=8, multiple_of=8, description="base width, for methods with a free width"
    )
    target_map: str = Field("default", description="target map that the network learns, by name")
    sigma: float = Field(1.5, gt=0.5, le=3, description="width of a target's response in cells")
    sigma_scales: bool = Field(
        False, description="scale sigma with the enlargement of the frame, limited to 1 to 2 cells"
    )
    loss: str = Field("default", description="loss function, by name")
    foreground: float = Field(1.0, ge=0, description="extra weight of target cells in the loss")
    teachers: tuple[Teacher, ...] = Field(
        (), description="trained networks whose mean response is learned in addition to the labels"
    )
    teachers_share: float = Field(
        0.5, ge=0, le=1, description="share of the teachers' response in the learned map"
    )
    teachers_reuse: int = Field(
        1,
        ge=1,
        description="times that a crop with the teachers' response is learned, turned anew each "
        "time; saves the teachers' time. batch and crops_per_epoch must be multiples",
    )
    init: Path | None = Field(
        None, description="initial weights: safetensors or a shipped model; random if none"
    )
    initial_weight_share: float = Field(
        0.0, ge=0, lt=1, description="share of the initial weights in the averaged network"
    )
    held_out_run: Path | None = Field(
        None,
        description="run with the same settings that did not train on the validation split; "
        "required if this run trains on it, as the source of threshold and figures",
    )
    dataset_weights: dict[str, Weight] = Field(
        {}, description="factor by which each dataset is drawn more often, by its name"
    )
    simulated_frames: int = Field(
        0, ge=0, le=100_000, description="number of simulated frames that are trained on as well"
    )
    simulated_share: float = Field(
        0.3, gt=0, lt=1, description="share of the crops that show simulated frames, if there are"
    )
    recentre: tuple[str, ...] = Field(
        (),
        description="names of datasets whose labels are moved to the nearest target, such as "
        "centres of boxes; frames with a label without a target are left out",
    )
    epochs: int = Field(100, ge=1, description="number of epochs")
    crops_per_epoch: int = Field(2040, ge=1, description="number of crops in an epoch")
    crop: CropShapes = Field(
        ((192, 192),),
        description="rows and columns of a crop in network pixels, or one number for a square; if "
        "there are several shapes, each batch uses one of them",
    )
    batch: int = Field(12, ge=1, description="number of crops per batch")
    optimizer: Literal["muon", "adamw"] = Field(
        "muon", description="muon (with AdamW for small kernels and biases), or adamw"
    )
    learning_rate: float = Field(
        0.02, gt=0, description="learning rate of muon (AdamW part: 0.15 of it); adamw: try 0.003"
    )
    weight_decay: float = Field(1e-2, ge=0, description="weight decay of kernels")
    ema_decay: float = Field(
        0.999, ge=0, lt=1, description="decay per step of the average of the weights, the result"
    )
    val_every: int = Field(10, ge=1, description="epochs between two validations")
    mine_every: int = Field(
        7, ge=0, description="epochs between two searches for errors on the training frames; 0: off"
    )
    seed: int = Field(0, ge=0, description="seed of all random numbers")
    precision: Literal["bf16", "f32"] = Field("bf16", description="bf16 or f32 arithmetic")
    compile: bool | Literal["auto"] = Field(
        "auto",
        description="compile the network: true, false, or auto, which compiles if the run is long "
        "enough to gain from it; ignored with several processes",
    )
    workers: int = Field(1, ge=0, description="extra processes that prepare crops")
    augment: AugmentSettings = AugmentSettings()
    stages: tuple[Stage, ...] = Field(
        (),
        description="parts of the run, in order, with crop shapes and augmentation of their own; "
        "learning rate and average continue",
    )

    @property
    def new_batch(self) -> int:
        """Number of crops per batch that were not learned before."""
        return self.batch // self.teachers_reuse

    @property
    def new_crops_per_epoch(self) -> int:
        """Number of crops per epoch that were not learned before."""
        return self.crops_per_epoch // self.teachers_reuse

    def in_stages(self) -> list[tuple[int, TrainSettings]]:
        """First epoch of each stage, from 0, and the settings of its crops."""
        if not self.stages:
            return [(0, self)]
        total, before, stages = sum(stage.share for stage in self.stages), 0.0, []
        for stage in self.stages:
            augment = AugmentSettings.model_validate(self.augment.model_dump() | stage.augment)
            changed = {"crop": stage.crop or self.crop, "augment": augment, "stages": ()}
            first = round(self.epochs * before / total)
            stages.append((first, self.model_copy(update=changed)))
            before += stage.share
        return stages

    @model_validator(mode="before")
    @classmethod
    def _accept_old_names(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        renamed = dict(values)
        for old, new in RENAMED.items():
            if old not in renamed:
                continue
            if new in renamed:
                raise ValueError(f"{old} is the old name of {new}: give {new} only")
            renamed[new] = renamed.pop(old)
            warnings.warn(
                f"setting {old} is now called {new}; the old name will be removed",
                IrpointWarning,
                stacklevel=2,
            )
        return renamed

    @field_validator("data", "init", "held_out_run")
    @classmethod
    def _paths_can_be_saved(cls, value: Any) -> Any:
        for path in value if isinstance(value, tuple) else (value,):
            try:
                str(path).encode()
            except UnicodeEncodeError:
                raise ValueError(f"the name {str(path)!r} is not UTF-8; rename it") from None
        return value

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

    @field_validator("compile", mode="before")
    @classmethod
    def _compile_is_a_choice(cls, value: Any) -> Any:
        if not isinstance(value, bool) and value != "auto":
            raise ValueError("write true, false or auto")
        return value

    @field_validator("input_scale")
    @classmethod
    def _scale_is_known(cls, text: str) -> str:
        return str(InputScale.parse(text))

    @model_validator(mode="after")
    def _names_are_known(self) -> TrainSettings:
        method = find_method(self.method)
        find_loss(self.loss, method)
        find_target_map(self.target_map, method)
        return self

    @model_validator(mode="after")
    def _stages_are_valid(self) -> TrainSettings:
        try:
            self.in_stages()
        except ValidationError as error:
            raise ValueError(f"stages: augment.{first_error(error)}") from None
        return self

    @model_validator(mode="after")
    def _validation_split_is_held_out(self) -> TrainSettings:
        parts = self.split.split("+")
        learns_val = self.val_split in parts and len(parts) > 1
        if learns_val and self.held_out_run is None:
            raise ValueError(
                "a run that trains on its validation split needs held_out_run: a finished run with "
                "the same settings that did not train on the split"
            )
        if self.held_out_run is not None and not learns_val:
            raise ValueError(
                "held_out_run is only for a run that trains on its validation split; "
                f"this one trains on {self.split}"
            )
        return self

    @model_validator(mode="after")
    def _reuse_divides_a_batch(self) -> TrainSettings:
        if self.teachers_reuse > 1 and not self.teachers:
            raise ValueError("teachers_reuse needs teachers")
        if self.batch % self.teachers_reuse or self.crops_per_epoch % self.teachers_reuse:
            raise ValueError(
                f"batch ({self.batch}) and crops_per_epoch ({self.crops_per_epoch}) must be "
                f"multiples of teachers_reuse ({self.teachers_reuse})"
            )
        return self

    @model_validator(mode="after")
    def _share_needs_initial_weights(self) -> TrainSettings:
        if self.initial_weight_share and self.init is None:
            raise ValueError("initial_weight_share needs init, the initial weights")
        return self
