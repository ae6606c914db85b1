"""Frame → points: the public face of irpoint."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.decoding.peaks import decode
from irpoint.decoding.published import decode_published, published_rule
from irpoint.errors import FrameError, IrpointWarning, ModelError, SettingsError
from irpoint.frames import as_frame, find_frames, open_source
from irpoint.frames.levels import clip_to_levels, levels
from irpoint.frames.scale import InputScale, Placement, to_network
from irpoint.frames.source import Skipped
from irpoint.points import FrameResult, Points
from irpoint.runtime.backends.open import open_session
from irpoint.runtime.region import Region
from irpoint.runtime.tiling import WHOLE, respond_in_tiles
from irpoint.zoo import Model, ModelCard, find_model

# Peaks below are never targets: `candidates` stops here, so that a sweep stays small.
CANDIDATE_SCORE = 0.05
_MOST_SHRUNK = 2.0  # times, before a user is told


@dataclass(frozen=True)
class Prepared:
    """A frame as the network takes it: (h, w) float32 in counts, its two levels, its place."""

    image: npt.NDArray[np.float32]
    levels: tuple[float, float]
    placement: Placement
    shape: tuple[int, int]


class Detector:
    """Finds point targets in frames of any size and type.

    >>> detector = Detector("spire")
    >>> points = detector(np.zeros((240, 320), np.uint16))
    >>> len(points)
    0

    Args:
        model: name of a shipped model; path of an ONNX file with its card, or of a run; or a
            loaded model.
        threshold: least score; the card's default where None.
        false_alarms_per_mpx: take the card's threshold for this rate instead.
        scale: input scale in place of the card's, ``native`` or ``fit:N``; warns, since the
            thresholds belong to the stated scale.
        region: where points are wanted.
        published_decoder: peaks as the method's publication takes them, with its threshold unless
            another is given; for comparisons.
        backend: ``onnxruntime``, ``openvino``, or ``auto``, the fastest that is installed.
        threads: CPU threads; all cores where 0.

    Attributes:
        card: the model's card.
        threshold: least score of a point.
        scale: the input scale in use.
        backend, precision: what the network runs in.

    Raises:
        ModelError: where the model cannot be found or loaded.
        SettingsError: where a setting is out of range, or the backend not installed.
    """

    def __init__(
        self,
        model: str | Path | Model = "spire",
        *,
        threshold: float | None = None,
        false_alarms_per_mpx: float | None = None,
        scale: str | None = None,
        region: Region | None = None,
        published_decoder: bool = False,
        backend: str = "auto",
        threads: int = 0,
    ) -> None:
        loaded = model if isinstance(model, Model) else find_model(model)
        self.card = loaded.card
        self._rule = published_rule(self.card.method) if published_decoder else None
        if self._rule and threshold is None and false_alarms_per_mpx is None:
            threshold = self._rule.threshold
        self.threshold = _threshold(self.card, threshold, false_alarms_per_mpx)
        self.region = region or Region()
        self._scale = InputScale.parse(scale or self.card.input_scale)
        self.scale = str(self._scale)
        if self.scale != self.card.input_scale:
            warnings.warn(
                f"scale {self._scale} instead of {self.card.input_scale}: the thresholds of "
                f"{self.card.name!r} belong to the latter",
                IrpointWarning,
                stacklevel=2,
            )
        self._told = False
        self._session = open_session(loaded, backend, threads)
        self.backend, self.precision = self._session.backend, self._session.precision

    def __call__(self, frame: npt.NDArray[Any], threshold: float | None = None) -> Points:
        """Points of one frame, best first.

        Args:
            frame: (H, W) or colour (H, W, 3 or 4), any integer or float type.
            threshold: least score in place of the detector's.

        Raises:
            FrameError: where the array is no frame.
        """
        return self.batch([frame], threshold)[0]

    def candidates(self, frame: npt.NDArray[Any]) -> Points:
        """Every peak worth a look (score 0.05 and up), for choosing thresholds."""
        return self(frame, CANDIDATE_SCORE)

    def batch(
        self, frames: Sequence[npt.NDArray[Any]], threshold: float | None = None
    ) -> list[Points]:
        """Points of several frames; those of one size at the network go through it together."""
        prepared = [self.prepare(frame) for frame in frames]
        results: list[Points] = [Points.empty()] * len(frames)
        for size in dict.fromkeys(item.image.shape for item in prepared):
            chosen = [i for i, item in enumerate(prepared) if item.image.shape == size]
            responses = self.respond([prepared[i] for i in chosen])
            for index, response in zip(chosen, responses, strict=True):
                results[index] = self.locate(response, prepared[index], threshold)
        return results

    def stream(self, source: str | Path | Sequence[str]) -> Iterator[FrameResult]:
        """Results of every frame of a file, folder, pattern, video, stream, or several of them.

        Raises:
            FrameError: at the first frame that cannot be read.
        """
        sources = [str(source)] if isinstance(source, str | Path) else list(source)
        for path in find_frames(sources):
            for item in open_source(path).frames():
                if isinstance(item, Skipped):
                    raise FrameError(item.reason)
                yield FrameResult(item.index, item.time_s, item.source, self(item.frame))

    def prepare(self, frame: npt.NDArray[Any]) -> Prepared:
        """Step 1: read a frame's levels and bring it to the network's scale."""
        plain = as_frame(frame)
        low, high = levels(plain, self.card.normalisation)
        image, placement = to_network(
            clip_to_levels(plain, low, high), self._scale, self.card.resize, self.card.stride, low
        )
        self._tell_of_shrinking(placement.factor[0])
        return Prepared(image, (low, high), placement, (plain.shape[0], plain.shape[1]))

    def _tell_of_shrinking(self, times: float) -> None:
        """Once a detector, where frames are shrunk so much that small targets may vanish."""
        if times > _MOST_SHRUNK and not self._told:
            self._told = True
            warnings.warn(
                f"frames are shrunk {times:.1f} times for {self.card.name!r} ({self._scale}), and "
                "small targets with them; scale native keeps them",
                IrpointWarning,
                stacklevel=3,
            )

    def respond(self, prepared: Sequence[Prepared]) -> npt.NDArray[np.float32]:
        """Step 2: the network, (B, h, w) responses for frames of one size; large ones in tiles."""
        levels = np.array([item.levels for item in prepared], np.float32)
        if prepared[0].image.size <= WHOLE or self.card.is_filter:
            return self._session.run(np.stack([item.image for item in prepared])[:, None], levels)
        pairs = zip(prepared, levels, strict=True)
        return np.stack([self._in_tiles(item.image, own) for item, own in pairs])

    def _in_tiles(
        self, frame: npt.NDArray[np.float32], levels: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        return respond_in_tiles(
            lambda part: self._session.run(part[None, None], levels[None])[0],
            frame,
            self.card.stride,
            self.card.halo,
        )

    def locate(
        self, response: npt.NDArray[np.float32], prepared: Prepared, threshold: float | None = None
    ) -> Points:
        """Step 3: the peaks of a response, in frame pixels, inside the frame and the region."""
        least = self.threshold if threshold is None else _positive(threshold)
        found = self._peaks(response, least)
        limit = np.array(prepared.shape[::-1]) - 0.5
        xy = prepared.placement.to_frame(found.xy)
        # A peak up to a cell outside belongs to a target at the border; one beyond, to the padding.
        slack = self.card.stride * np.array(prepared.placement.factor)
        within = ((xy >= -0.5 - slack) & (xy <= limit + slack)).all(axis=1)
        points = Points(np.clip(xy, -0.5, limit)[within].astype(np.float32), found.score[within])
        return self.region.select(points, prepared.shape)

    def _peaks(self, response: npt.NDArray[np.float32], threshold: float) -> Points:
        card = self.card
        if self._rule is None:
            return decode(response, threshold, stride=card.stride, map_offset=card.map_offset)
        rule = dataclasses.replace(self._rule, threshold=threshold)
        return decode_published(response, rule, stride=card.stride, map_offset=card.map_offset)


def _threshold(card: ModelCard, threshold: float | None, rate: float | None) -> float:
    if threshold is not None and rate is not None:
        raise SettingsError("give a threshold or a false-alarm rate, not both")
    if threshold is not None:
        return _positive(threshold)
    if rate is None:
        return card.thresholds.default
    known = {float(k): v for k, v in card.thresholds.false_alarms_per_mpx.items()}
    chosen = known.get(rate)
    if chosen is None:
        rates = ", ".join(f"{r:g}" for r, v in sorted(known.items()) if v is not None) or "none"
        raise ModelError(
            f"model {card.name!r} has no threshold for {rate:g} false alarms per Mpx; "
            f"its card has {rates}"
        )
    return chosen


def _positive(threshold: float) -> float:
    if not threshold > 0:
        raise SettingsError(f"threshold {threshold}: must be positive")
    return threshold
