"""The card that lies beside every weight file and says what it needs and what it is worth."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from irpoint.errors import ModelError, first_error, one_line
from irpoint.frames.levels import Normalisation
from irpoint.frames.scale import InputScale, Resize


class Thresholds(BaseModel):
    """Scores from which a peak is called a target.

    Attributes:
        default: used where the user states none.
        chosen: how the default was chosen.
        false_alarms_per_mpx: for a stated rate the threshold that keeps to it on the validation
            frames; null where too few false points support it.
        interval_95: for the same rates what the threshold's own rate may be, given the number of
            false points that were counted there (Poisson); null likewise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: float = Field(gt=0)
    chosen: str
    false_alarms_per_mpx: dict[str, float | None] = {}
    interval_95: dict[str, tuple[float, float] | None] = {}


class ClickFigures(BaseModel):
    """One data set's figures on its validation split, learned from centroids and from clicks.

    Attributes:
        click_error_px: mean distance of the clicks from the centroids, in frame px.
        f1_centroids, f1_clicks: 0..1, each at its run's own threshold.
        error_centroids_px, error_clicks_px: mean distance of found points from the centroids; null
            where none was found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    click_error_px: float
    f1_centroids: float
    f1_clicks: float
    error_centroids_px: float | None
    error_clicks_px: float | None


class Clicks(BaseModel):
    """What the method keeps where its labels are off as people's clicks are.

    Attributes:
        label_noise: how the labels were moved, as ``irpoint train --label-noise`` takes it.
        recipe: of the two runs that were compared; the model itself may have been trained longer.
        datasets: figures by data set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label_noise: Literal["coarse"] | float
    recipe: str
    datasets: dict[str, ClickFigures]


class ModelCard(BaseModel):
    """Everything a runtime needs to know of a model, and everything a user ought to.

    Attributes:
        name: the model's name in the zoo.
        method: the published method it follows.
        width: base width of the network, where the method leaves it free; else null.
        data: names of the data sets it was trained on; ``split`` of each.
        seed: of the training run; null for imported weights.
        version: of irpoint, that wrote the weights.
        commit: of its sources; null where they lie in no repository. A + marks changes on top.
        licence: of the weights.
        parameters: number of trainable parameters.
        gmac_512: 10⁹ multiply-adds for one 512 × 512 frame.
        normalisation: how frame values become 0..1, see :mod:`irpoint.frames.levels`.
        input_scale: scale at which the model sees frames, ``native`` or ``fit:N``.
        resize: ``half-pixel`` (ours) or ``corner`` (published weights).
        stride: network pixels a response cell.
        map_offset: network pixel of cell 0.
        halo: network pixels around a cell that its response depends on, but for global pooling.
        thresholds: see :class:`Thresholds`.
        metrics: figures on the validation split, by data set and pooled, as ``irpoint evaluate
            --json`` prints them; empty where none were measured.
        clicks: what is left of F1 and places where labels are clicks; null where not measured.
        sha256: of the ONNX file.
        note: anything else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    method: str
    width: int | None = None
    data: tuple[str, ...]
    split: str
    seed: int | None
    version: str
    commit: str | None = None
    licence: str
    parameters: int
    gmac_512: float
    normalisation: Normalisation
    input_scale: str
    resize: Resize
    stride: int = Field(ge=1)
    map_offset: float
    halo: int = Field(64, ge=0)
    thresholds: Thresholds
    metrics: dict[str, Any]
    clicks: Clicks | None = None
    sha256: str
    note: str = ""

    @property
    def is_filter(self) -> bool:
        """Whether it is a filter without weights."""
        return self.parameters == 0

    @field_validator("input_scale")
    @classmethod
    def _scale_is_known(cls, text: str) -> str:
        return str(InputScale.parse(text))


def digest(data: bytes) -> str:
    """The sha256 of a weight file, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Raises:
        ModelError: where it is missing or a field is wrong; the message names the field.
    """
    try:
        return ModelCard.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ModelError(
            f"{path}: no model card ({one_line(error)}); it lies beside the weights"
        ) from error
    except ValidationError as error:
        raise ModelError(f"{path}: model card: {first_error(error)}") from error
