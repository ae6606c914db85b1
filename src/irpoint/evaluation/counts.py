"""Counts and figures of a point protocol over a list of frames."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from irpoint.datasets.record import LabelledFrame
from irpoint.errors import EvaluationError
from irpoint.evaluation.matching import RADIUS_PX, Matcher, Matches, check_radius, matcher
from irpoint.evaluation.ratios import Ratios, ratios
from irpoint.points import Points

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EvaluatedFrame:
    """One frame with its targets and predictions.

    Attributes:
        name: name of the frame in its split.
        dataset: name of the dataset that it belongs to.
        shape: (height, width) in pixels; both above 0.
        truth: the targets, in label order.
        predicted: the predictions, in any order.

    Raises:
        EvaluationError: if the shape is not two numbers above 0.
    """

    name: str
    dataset: str
    shape: tuple[int, int]
    truth: Points
    predicted: Points

    @classmethod
    def of(cls, frame: LabelledFrame, predicted: Points) -> EvaluatedFrame:
        """A frame of a dataset, with the points that were predicted for it."""
        return cls(frame.name, frame.dataset, frame.shape, frame.points, predicted)

    def __post_init__(self) -> None:
        if len(self.shape) != 2 or min(self.shape) <= 0:
            raise EvaluationError(
                f"frame {self.name!r} has shape {self.shape}; give (height, width) above 0"
            )

    @property
    def pixels(self) -> int:
        """Number of pixels of the frame."""
        return self.shape[0] * self.shape[1]


@dataclass(frozen=True, eq=False)
class FrameCounts:
    """The counts of one frame: tp + fn = targets, tp + fp = predictions.

    Attributes:
        name: name of the frame.
        dataset: name of its dataset.
        pixels: number of pixels.
        tp: targets found, that is pairs.
        fp: predictions without a target.
        fn: targets without a prediction.
        error_xy: float64 (tp, 2) predicted minus true position of each pair, in pixels.
        false_pixels: number of pixels of false blobs under the mask protocols; else None.
    """

    name: str
    dataset: str
    pixels: int
    tp: int
    fp: int
    fn: int
    error_xy: Float64Array
    false_pixels: int | None = None

    @cached_property
    def distance(self) -> float:
        """Sum of the distances of the pairs, in pixels."""
        return float(np.hypot(self.error_xy[:, 0], self.error_xy[:, 1]).sum())


@dataclass(frozen=True)
class LocalisationError:
    """Distances of matched pairs in pixels; the biases are predicted minus true."""

    mean: float
    median: float
    p95: float
    bias_x: float
    bias_y: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Figures of a protocol, pooled over frames, including frames without targets.

    Attributes:
        frames: the counts of each frame, in the order given.
        protocol: name of the protocol.
        radius: matching radius in pixels, inclusive for points and exclusive for masks.
        threshold: minimum score of the predictions that were counted; None if all were.
        evaluated: the targets and all predictions of each frame, also those below the threshold,
            for figures over scores; empty under a mask protocol.
    """

    frames: tuple[FrameCounts, ...]
    protocol: str
    radius: float
    threshold: float | None
    evaluated: tuple[EvaluatedFrame, ...] = ()

    @cached_property
    def tp(self) -> int:
        """Targets found."""
        return sum(frame.tp for frame in self.frames)

    @cached_property
    def fp(self) -> int:
        """Predictions without a target: false alarms."""
        return sum(frame.fp for frame in self.frames)

    @cached_property
    def fn(self) -> int:
        """Targets missed."""
        return sum(frame.fn for frame in self.frames)

    @property
    def images(self) -> int:
        """Number of frames, those without targets included."""
        return len(self.frames)

    @property
    def targets(self) -> int:
        """Number of targets."""
        return self.tp + self.fn

    @cached_property
    def pixels(self) -> int:
        """Number of pixels of all frames."""
        return sum(frame.pixels for frame in self.frames)

    @cached_property
    def _ratios(self) -> Ratios:
        return ratios(self.tp, self.fp, self.fn)

    @property
    def precision(self) -> float:
        """tp / (tp + fp), 0..1; 0 without predictions, nan without targets."""
        return float(self._ratios.precision)

    @property
    def recall(self) -> float:
        """tp / (tp + fn), 0..1: the detection probability Pd; nan without targets."""
        return float(self._ratios.recall)

    @property
    def f1(self) -> float:
        """2 tp / (2 tp + fp + fn), 0..1; nan without targets."""
        return float(self._ratios.f1)

    @property
    def false_alarms_per_image(self) -> float:
        """False points per image."""
        return self.fp / self.images

    @property
    def false_alarms_per_mpx(self) -> float:
        """False points per million pixels."""
        return self.fp / self.pixels * 1e6

    @property
    def false_pixels_per_mpx(self) -> float | None:
        """Pixels of false blobs per million pixels: Fa in 1e-6; None under a point protocol."""
        counted = [frame.false_pixels for frame in self.frames]
        known = [pixels for pixels in counted if pixels is not None]
        return sum(known) / self.pixels * 1e6 if len(known) == len(counted) else None

    @cached_property
    def localisation_error(self) -> LocalisationError | None:
        """Statistics of the distances of the matched pairs; None if nothing matched."""
        error = np.concatenate([frame.error_xy for frame in self.frames])
        if not len(error):
            return None
        distance = np.hypot(error[:, 0], error[:, 1])
        return LocalisationError(
            mean=float(distance.mean()),
            median=float(np.median(distance)),
            p95=float(np.percentile(distance, 95)),
            bias_x=float(error[:, 0].mean()),
            bias_y=float(error[:, 1].mean()),
        )


def evaluate(
    frames: Iterable[EvaluatedFrame],
    protocol: str = "point",
    radius: float = RADIUS_PX,
    threshold: float | None = None,
) -> Evaluation:
    """Match and count every frame.

    Args:
        frames: the frames; at least one.
        protocol: ``point`` (optimal assignment) or ``point-greedy`` (the published rule).
        radius: matching radius in pixels of the frame, inclusive; above 0.
        threshold: minimum score of a prediction that counts; None counts all.

    Raises:
        EvaluationError: if there is no frame, if the protocol is unknown, or if the radius or the
            threshold is out of range.
    """
    check_settings(protocol, radius, threshold)
    rule = matcher(protocol)
    evaluated = tuple(frames)
    if not evaluated:
        raise EvaluationError("there is no frame to evaluate; choose another split")
    counts = tuple(_count(frame, rule, radius, threshold) for frame in evaluated)
    return Evaluation(counts, protocol, radius, threshold, evaluated)


def check_settings(protocol: str, radius: float, threshold: float | None) -> None:
    """Check the settings of :func:`evaluate` before any long work.

    Raises:
        EvaluationError: if the protocol is unknown, or if the radius or the threshold is out of
            range.
    """
    matcher(protocol)
    check_radius(radius)
    if threshold is not None and not math.isfinite(threshold):
        raise EvaluationError(f"threshold {threshold} must be a finite number")


def _count(
    frame: EvaluatedFrame, rule: Matcher, radius: float, threshold: float | None
) -> FrameCounts:
    predicted = frame.predicted if threshold is None else frame.predicted.above(threshold)
    pairs = rule(frame.truth.xy, predicted.xy, radius)
    return frame_counts(frame, predicted, pairs, len(predicted))


def frame_counts(
    frame: EvaluatedFrame, predicted: Points, pairs: Matches, number: int
) -> FrameCounts:
    """The counts of a frame.

    Args:
        frame: the frame.
        predicted: the predictions that ``pairs`` refers to.
        pairs: which prediction belongs to which target.
        number: number of predictions that count.
    """
    error = predicted.xy[pairs.predicted_index].astype(np.float64) - frame.truth.xy[
        pairs.truth_index
    ].astype(np.float64)
    return FrameCounts(
        name=frame.name,
        dataset=frame.dataset,
        pixels=frame.pixels,
        tp=len(pairs),
        fp=number - len(pairs),
        fn=len(frame.truth) - len(pairs),
        error_xy=error,
    )
