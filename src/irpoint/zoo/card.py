"""The model card: a JSON file beside every weight file, with its properties and figures."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from irpoint.decoding.published import PublishedRule
from irpoint.errors import ModelError, SettingsError, first_error, one_line
from irpoint.frames.levels import Normalisation
from irpoint.frames.scale import InputScale, Resize
from irpoint.zoo.footage import Footage
from irpoint.zoo.score_odds import ScoreOdds
from irpoint.zoo.simulated_recall import SimulatedRecall

SCHEMA_VERSION = 3
_FROM_FILE = {"file": True}  # context of the validation of a file, which may lack a version


class Thresholds(BaseModel):
    """Score thresholds of a model.

    Attributes:
        default: threshold that is used unless the user gives one.
        chosen: how the default was chosen.
        false_alarms_per_mpx: threshold that keeps a false-alarm rate on the validation frames, by
            rate; null if too few false points support it.
        interval_95: 95 % interval (Poisson) of the true rate at that threshold, by rate; null as
            above.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: float = Field(gt=0, le=1e6)
    chosen: str
    false_alarms_per_mpx: dict[str, float | None] = {}
    interval_95: dict[str, tuple[float, float] | None] = {}


class ClickFigures(BaseModel):
    """Figures of one dataset's validation split after training on centroids and on clicks.

    Attributes:
        click_error_px: mean distance of the clicks from the centroids, in frame pixels.
        f1_centroids, f1_clicks: F1 in 0..1, each at the threshold of its run.
        error_centroids_px, error_clicks_px: mean distance of found points from the centroids in
            frame pixels; null if none was found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    click_error_px: float
    f1_centroids: float
    f1_clicks: float
    error_centroids_px: float | None
    error_clicks_px: float | None


class Clicks(BaseModel):
    """Comparison of training on centroids with training on imprecise clicks.

    Attributes:
        label_noise: label noise of the clicks, as for ``irpoint train --label-noise``.
        recipe: training of the two compared runs; the model itself may have been trained longer.
        datasets: figures by dataset.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label_noise: Literal["coarse"] | float
    recipe: str
    datasets: dict[str, ClickFigures]


class ModelCard(BaseModel):
    """What a runtime and a user need to know about a model.

    Attributes:
        schema_version: version of these fields; 1 if missing.
        name: name of the model.
        method: method of the network, or the filter's name.
        width: base width of the network; null if the method has a fixed width.
        data: names of the datasets that the model was trained on.
        split: split of each dataset that the model was trained on.
        seed: seed of the training run; null for imported weights.
        version: version of irpoint that wrote the weights.
        commit: commit of these sources, with a + if files were modified; null outside a repository.
        licence: licence of the weights.
        parameters: number of trainable parameters; 0 for a filter.
        gmac_512: 10⁹ multiply-adds for one frame of 512 × 512 pixels.
        normalisation: how frame values become 0..1, see :mod:`irpoint.frames.levels`.
        input_scale: scale at which the model sees frames, ``native`` or ``fit:N``.
        resize: ``half-pixel`` (irpoint) or ``corner`` (published weights).
        stride: network pixels per response cell.
        map_offset: network pixel of cell 0.
        halo: network pixels around a cell that influence its response, except by global pooling.
        published_decoder: decoding rule of the method's publication; null if it has none.
        thresholds: see :class:`Thresholds`.
        score_odds: what a score means; null if not measured.
        footage: target-free footage on which ``irpoint calibrate`` chose the thresholds; null if
            they were chosen on a validation split.
        fallback_std: standard deviation of the network's place along each axis on the validation
            split, in network pixels; null if not measured.
        metrics: figures on the validation split, pooled and by dataset, in the form of
            ``irpoint evaluate --json``; empty if not measured.
        simulated_recall: recall on simulated frames by scene, signal and clutter, at a fixed rate
            of false alarms; null if not measured.
        clicks: comparison with training on imprecise clicks; null if not measured.
        sha256: sha256 of the graph, together with its weights if they are in a second file.
        note: remarks.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION
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
    stride: int = Field(ge=1, le=1024)
    map_offset: float = Field(ge=-1024, le=1024)
    halo: int = Field(64, ge=0, le=65_536)
    published_decoder: PublishedRule | None = None
    thresholds: Thresholds
    score_odds: ScoreOdds | None = None
    footage: Footage | None = None
    fallback_std: float | None = Field(None, gt=0, le=1024)
    metrics: dict[str, Any]
    simulated_recall: SimulatedRecall | None = None
    clicks: Clicks | None = None
    sha256: str
    note: str = ""

    @property
    def is_filter(self) -> bool:
        """Whether the model is a filter without weights."""
        return self.parameters == 0

    def probability(
        self, scores: npt.ArrayLike, prior: float | None = None
    ) -> npt.NDArray[np.float64] | None:
        """Probability that points with these scores (N,) are real targets, 0..1.

        None if the card does not know it. See :meth:`ScoreOdds.at_prior` for the prior.

        Raises:
            SettingsError: if the prior is not between 0 and 1.
        """
        return None if self.score_odds is None else self.score_odds.probability(scores, prior)

    @model_validator(mode="before")
    @classmethod
    def _schema_is_known(cls, values: Any, info: ValidationInfo) -> Any:
        if not isinstance(values, dict):
            return values
        if info.context == _FROM_FILE:
            values = {"schema_version": 1} | values
        version = values.get("schema_version", SCHEMA_VERSION)
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise ValueError(
                f"schema version {version} was written by a newer irpoint; this one reads up to "
                f"{SCHEMA_VERSION}; upgrade irpoint"
            )
        return values

    @field_validator("published_decoder")
    @classmethod
    def _rule_is_in_range(cls, rule: PublishedRule | None) -> PublishedRule | None:
        if rule and not (rule.threshold > 0 and 0 <= rule.relative_gate <= 1 <= rule.max_points):
            raise ValueError("needs threshold > 0, relative_gate in 0..1 and max_points ≥ 1")
        return rule

    @field_validator("input_scale")
    @classmethod
    def _scale_is_known(cls, text: str) -> str:
        try:
            return str(InputScale.parse(text))
        except SettingsError as error:
            raise ValueError(str(error)) from error


def digest(data: bytes) -> str:
    """The sha256 of a weight file, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def read_card(path: Path) -> ModelCard:
    """Read a card.

    Raises:
        ModelError: if it is missing, a field is wrong, or a newer irpoint wrote it.
    """
    try:
        return ModelCard.model_validate_json(path.read_bytes(), context=_FROM_FILE)
    except OSError as error:
        raise ModelError(
            f"{path}: no model card ({one_line(error)}); put the card beside the weights"
        ) from error
    except ValidationError as error:
        raise ModelError(f"{path}: model card: {first_error(error)}") from error
