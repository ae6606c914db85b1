"""Frame → measured points: the detector, the main class of irpoint."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.decoding.peaks import decode
from irpoint.decoding.published import PublishedRule, decode_published
from irpoint.defaults import DEFAULT_MODEL
from irpoint.errors import FrameError, IrpointWarning, ModelError
from irpoint.frames import as_frame, find_frames, open_source
from irpoint.frames.scale import InputScale, to_network
from irpoint.frames.scene import read_scene
from irpoint.frames.source import Skipped
from irpoint.points import STATUS_REASONS, FrameResult, Points, Status
from irpoint.runtime.backends.open import open_backend
from irpoint.runtime.card_settings import choose_odds, warn_of_polarity, warn_of_scale
from irpoint.runtime.distinct import measure_distinct, unmeasured
from irpoint.runtime.one_frame import AnyFrame, read_one
from irpoint.runtime.polarity import merge, passes
from irpoint.runtime.prepared import Prepared
from irpoint.runtime.region import Region, at_pixels
from irpoint.runtime.thresholds import choose_threshold, positive
from irpoint.runtime.tiling import WHOLE, respond_in_tiles
from irpoint.zoo import Model, ModelCard, find_model

# `candidates` leaves out weaker peaks, which are never targets, to keep threshold sweeps small.
CANDIDATE_SCORE = 0.05
_MAX_SHRINK = 2.0  # a larger factor causes a warning
# Deviation of the network's place along each axis in network pixels, for cards that lack it.
_FALLBACK_STD = 0.5


class Detector:
    """Finds point targets in frames of any size and type. Threads may share a detector.

    By default, it finds targets that are brighter than their surroundings. For cold targets, and
    for black-hot cameras, which show hot targets dark, give ``polarity="dark"`` or ``"both"``.

    Examples:
        >>> detector = Detector("spire")
        >>> points = detector(np.zeros((240, 320), np.uint16))
        >>> len(points)
        0

    Args:
        model: name of a shipped model; path of an ONNX file that has a card, or of a training run;
            or a loaded model.
        threshold: minimum score, > 0; None is the card's default.
        false_alarms_per_mpx: use the threshold for this false-alarm rate instead; any rate between
            those on the card.
        scale: input scale instead of the card's, ``native`` or ``fit:N``. Warns, since the
            card's thresholds are valid at the card's scale.
        region: region of interest; None is the whole frame.
        published_decoder: decode as the publication of the method does, for comparisons. Its
            threshold is the default, and points are not measured.
        backend: name of a backend, see :data:`irpoint.runtime.BACKENDS`; ``auto`` is the fastest
            that is installed.
        threads: CPU threads; 0 is all cores.
        polarity: ``bright`` for targets brighter than their surroundings; ``dark`` for darker ones,
            which are found in the inverted frame; ``both`` for both, in twice the time.
        measure: measure each point on the frame's own pixels, which gives ``Points.measured`` and
            more accurate positions; False keeps the positions of the network.
        prior: share of the candidates that are real, 0..1, for :meth:`probability`; None is that of
            the card. See :meth:`irpoint.zoo.ScoreOdds.at_prior`.

    Attributes:
        card: the model's card.
        threshold: minimum score of a point.
        scale: the input scale in use.
        region: region of interest.
        score_odds: what a score means; None if the card does not know it at these settings.
        as_measured: whether figures of the card hold, because scale and decoder are those of the
            card.
        polarity: which targets are found.
        measures: whether points are measured.
        backend, precision: name of the backend, and precision of its arithmetic.
        model, settings: ``Detector(model, **settings)`` builds an equal detector.

    Raises:
        ModelError: if the model cannot be found or loaded.
        SettingsError: if a setting is out of range, or the backend is not installed.
    """

    def __init__(
        self,
        model: str | Path | Model = DEFAULT_MODEL,
        *,
        threshold: float | None = None,
        false_alarms_per_mpx: float | None = None,
        scale: str | None = None,
        region: Region | None = None,
        published_decoder: bool = False,
        backend: str = "auto",
        threads: int = 0,
        polarity: str = "bright",
        measure: bool = True,
        prior: float | None = None,
    ) -> None:
        self.model = model if isinstance(model, Model) else find_model(model)
        self.settings: dict[str, Any] = {
            "threshold": threshold,
            "false_alarms_per_mpx": false_alarms_per_mpx,
            "scale": scale,
            "region": region,
            "published_decoder": published_decoder,
            "backend": backend,
            "threads": threads,
            "polarity": polarity,
            "measure": measure,
            "prior": prior,
        }
        self.polarity, self._passes = polarity, passes(polarity)
        self.card = self.model.card
        self._rule = _published_rule(self.card) if published_decoder else None
        self.measures = measure and self._rule is None
        if self._rule and threshold is None and false_alarms_per_mpx is None:
            threshold = self._rule.threshold
        self.threshold = choose_threshold(self.card, threshold, false_alarms_per_mpx)
        if threshold is None:
            warn_of_polarity(self.card, polarity)
        self.region = region or Region()
        self._scale = InputScale.parse(scale or self.card.input_scale)
        self.scale = str(self._scale)
        self.as_measured = self.scale == self.card.input_scale and self._rule is None
        self.score_odds = choose_odds(self.card, self.as_measured, prior)
        warn_of_scale(self.card, self.scale)
        self._shrinking_reported = False
        self._network = open_backend(self.model, backend, threads)
        self.backend, self.precision = self._network.backend, self._network.precision

    def __reduce__(self) -> tuple[Callable[..., Detector], tuple[Model]]:
        return partial(Detector, **self.settings), (self.model,)

    def __call__(self, frame: AnyFrame, threshold: float | None = None) -> Points:
        """Points of one frame, highest score first.

        Args:
            frame: (H, W) or colour (H, W, 3 or 4), any integer or float type; or the path of a file
                with one frame. :meth:`stream` reads videos, folders and files of several frames.
            threshold: minimum score instead of the detector's.

        Raises:
            FrameError: if the array is not a frame, or the file cannot be read or has several.
            SettingsError: if the region does not fit the frame.
        """
        return self.batch([frame], threshold)[0]

    def probability(
        self, points: Points, prior: float | None = None
    ) -> npt.NDArray[np.float64] | None:
        """Probability that each of the points (N,) that this detector found is real, 0..1.

        None if the card does not know it.

        Args:
            points: points of frames like those that the detector is used on.
            prior: share of the candidates that are real, instead of the detector's; see
                :meth:`irpoint.zoo.ScoreOdds.at_prior`.

        Raises:
            SettingsError: if the prior is not between 0 and 1.
        """
        odds = self.score_odds
        return None if odds is None else odds.probability(points.score, prior)

    def candidates(self, frame: AnyFrame, measured_from: float | None = None) -> Points:
        """Every peak with a score of at least 0.05, for choosing thresholds.

        Args:
            frame: as :meth:`__call__` takes it.
            measured_from: measure the points that score at least this, as a detector with this
                threshold does, even those that score less than 0.05. The others keep the positions
                of the network, with the flag ``UNMEASURED``. None measures no point.
        """
        lowest = CANDIDATE_SCORE if measured_from is None else min(measured_from, CANDIDATE_SCORE)
        [(points, status)] = self._find([frame], lowest, measured_from)
        _warn_of([status])
        return points

    def batch(self, frames: Sequence[AnyFrame], threshold: float | None = None) -> list[Points]:
        """Points of several frames; those of one size at network scale are processed together.

        Warns about frames in which nothing can be found, such as blank ones.
        """
        judged = self.judge(frames, threshold)
        _warn_of([status for _, status in judged])
        return [points for points, _ in judged]

    def judge(
        self,
        frames: Sequence[AnyFrame],
        threshold: float | None = None,
        lowest: float | None = None,
    ) -> list[tuple[Points, Status]]:
        """As :meth:`batch`, with the status of each frame in place of warnings.

        Args:
            frames: as :meth:`__call__` takes them.
            threshold: minimum score instead of the detector's.
            lowest: also return weaker points from this score, > 0. They are not measured: they keep
                the positions of the network, with the flag ``UNMEASURED``.
        """
        least = self.threshold if threshold is None else threshold
        if lowest is None or lowest >= least:
            return self._find(frames, least)
        return self._find(frames, lowest, least)

    def _find(
        self, frames: Sequence[AnyFrame], threshold: float, measured_from: float | None = 0.0
    ) -> list[tuple[Points, Status]]:
        """Points and status of each frame; points that score ``measured_from`` are measured."""
        pixels = [read_one(frame) for frame in frames]
        prepared = [self.prepare(frame, dark) for frame in pixels for dark in self._passes]
        results: list[Points] = [Points.empty()] * len(prepared)
        for size in dict.fromkeys(item.image.shape for item in prepared):
            chosen = [i for i, item in enumerate(prepared) if item.image.shape == size]
            responses = self.respond([prepared[i] for i in chosen])
            for index, response in zip(chosen, responses, strict=True):
                results[index] = self.locate(response, prepared[index], threshold)
        found = []
        for first in range(0, len(prepared), len(self._passes)):
            points = merge(results[first : first + len(self._passes)])
            if measured_from is None:
                points = self.region.select(points, prepared[first].shape)
            else:
                points = self.measure(points, prepared[first], measured_from)
            found.append((points, prepared[first].status))
        return found

    def stream(self, source: str | Path | Sequence[str]) -> Iterator[FrameResult]:
        """Results of every frame of files, folders, patterns, videos or streams, one by one.

        :func:`irpoint.pipeline.detect_frames` does the same in batches, prefetches frames, and
        skips those that cannot be read.

        Raises:
            FrameError: at the first frame that cannot be read.
        """
        sources = [str(source)] if isinstance(source, str | Path) else list(source)
        for path in find_frames(sources):
            for item in open_source(path).frames():
                if isinstance(item, Skipped):
                    raise FrameError(item.reason)
                shape = (item.frame.shape[0], item.frame.shape[1])
                points, status = self.judge([item.frame])[0]
                yield FrameResult(
                    item.source,
                    item.index,
                    item.time_s,
                    shape,
                    points,
                    status=status,
                    received=item.received,
                )

    def prepare(self, frame: npt.NDArray[Any], dark: bool | None = None) -> Prepared:
        """Step 1: measure a frame's levels and resize it to the network's scale.

        Args:
            frame: as :meth:`__call__` takes it.
            dark: whether to invert the frame; None as the first pass of the detector does.
        """
        dark = self._passes[0] if dark is None else dark
        plain = as_frame(frame)
        shape = (plain.shape[0], plain.shape[1])
        self.region.check(shape)  # before the network runs for nothing
        scene = read_scene(
            plain,
            self.card.normalisation,
            ignored=self.region.ignored,
            within=self.region.surroundings(shape),
            dark=dark,
        )
        image, placement = to_network(
            scene.counts, self._scale, self.card.resize, self.card.stride, scene.levels[0]
        )
        self._report_shrinking(placement.factor[0])
        return Prepared(
            plain, image, scene.levels, placement, shape, dark, scene.foreign, scene.status
        )

    def _report_shrinking(self, factor: float) -> None:
        """Warn once per detector if frames are shrunk so much that small targets may vanish."""
        if factor > _MAX_SHRINK and not self._shrinking_reported:
            self._shrinking_reported = True
            warnings.warn(
                f"frames are shrunk {factor:.1f} times for {self.card.name!r} ({self._scale}), so "
                "small targets may be missed; scale native keeps them",
                IrpointWarning,
                stacklevel=3,
            )

    def respond(self, prepared: Sequence[Prepared]) -> npt.NDArray[np.float32]:
        """Step 2: run the network on frames of one size; large frames are split into tiles.

        Returns:
            Response maps, float32 (B, h, w).
        """
        levels = np.array([item.levels for item in prepared], np.float32)
        if prepared[0].image.size <= WHOLE or self.card.is_filter:
            return self._network.run(np.stack([item.image for item in prepared])[:, None], levels)
        pairs = zip(prepared, levels, strict=True)
        return np.stack([self._in_tiles(item.image, low_high) for item, low_high in pairs])

    def _in_tiles(
        self, frame: npt.NDArray[np.float32], levels: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        return respond_in_tiles(
            lambda part: self._network.run(part[None, None], levels[None])[0],
            frame,
            self.card.stride,
            self.card.halo,
        )

    def locate(
        self, response: npt.NDArray[np.float32], prepared: Prepared, threshold: float | None = None
    ) -> Points:
        """Step 3: decode a response map to points in frame pixels, inside the frame and region.

        Before measuring, points up to one cell outside of the region of interest count as inside.
        """
        found = self._peaks(response, self.threshold if threshold is None else positive(threshold))
        limit = np.array(prepared.shape[::-1]) - 0.5
        xy = prepared.placement.to_frame(found.xy)
        # A peak up to one cell outside the frame is a target at the border; beyond that, padding.
        slack = self.card.stride * np.array(prepared.placement.factor)
        within = ((xy >= -0.5 - slack) & (xy <= limit + slack)).all(axis=1)
        inside = np.clip(xy, -0.5, limit)[within].astype(np.float32)
        points = Points(inside, found.score[within], np.full(len(inside), prepared.dark))
        points = self.region.select(points, prepared.shape, slack.max() if self.measures else 0.0)
        return points if prepared.foreign is None else points[~at_pixels(prepared.foreign, points)]

    def measure(self, points: Points, prepared: Prepared, measured_from: float = 0.0) -> Points:
        """Step 4: measure points on the frame itself; drop those that are then outside the region.

        Args:
            points: highest score first, at the positions of the network.
            prepared: the frame.
            measured_from: minimum score of a point that is measured; others keep their positions,
                with the flag ``UNMEASURED``.

        Returns:
            The points as they are if the detector does not measure.
        """
        if not self.measures:
            return points
        ignored = self.region.ignored
        hidden = prepared.foreign
        if hidden is None and ignored is not None:
            hidden = ignored != 0
        std = (self.card.fallback_std or _FALLBACK_STD) * max(prepared.placement.factor)
        strong = points.score >= measured_from
        weak = unmeasured(points[~strong], std)
        measured = measure_distinct(prepared.frame, points[strong], hidden, std)
        return self.region.select(Points.joined([measured, weak]), prepared.shape)

    def _peaks(self, response: npt.NDArray[np.float32], threshold: float) -> Points:
        card = self.card
        if self._rule is None:
            return decode(response, threshold, stride=card.stride, map_offset=card.map_offset)
        rule = dataclasses.replace(self._rule, threshold=threshold)
        return decode_published(response, rule, stride=card.stride, map_offset=card.map_offset)


def _published_rule(card: ModelCard) -> PublishedRule:
    if card.published_decoder is None:
        raise ModelError(
            f"model {card.name!r} has no published decoder on its card: the publication of method "
            f"{card.method!r} has none, or an older irpoint wrote the card; if so, export the run "
            "or import the weights again"
        )
    return card.published_decoder


def _warn_of(statuses: Iterable[Status]) -> None:
    """Warn, in the name of the caller's caller, about frames in which nothing can be found."""
    for reason in {STATUS_REASONS[status] for status in statuses if status != "ok"}:
        warnings.warn(f"nothing can be found in a frame: {reason}", IrpointWarning, 4)
