"""What to label next: the kinds of frames in which the new model is worst, and its worst frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from irpoint.evaluation.intervals import wilson_interval
from irpoint.label.training.judging import Judged, Target, targets_of
from irpoint.label.training.plan import PlanFrame

_MIN_TARGETS = 5  # of a kind
_MAX_FRAMES = 5
_DIM = 10.0  # SNR; nobody calls a stronger target dim


@dataclass(frozen=True)
class Advice:
    """What to label next.

    Attributes:
        kinds: one sentence for each kind of frame that is clearly worse than the others.
        frames: the frames with the most errors, worst first: name on the page, and what is wrong.
    """

    kinds: tuple[str, ...]
    frames: tuple[tuple[str, str], ...]


def advice(judged: Sequence[Judged], frames: Sequence[PlanFrame]) -> Advice:
    """Advice from what the models of the folds found in frames that they had not learned."""
    by_name = {frame.name: frame for frame in frames}
    targets = targets_of(judged)
    kinds = [*_dim(targets), *_clips(targets, by_name)]
    return Advice(tuple(kinds), tuple(_worst(judged, by_name)))


def _dim(targets: Sequence[Target]) -> list[str]:
    known = sorted(target.snr for target in targets if target.snr is not None)
    if len(known) < 2 * _MIN_TARGETS:
        return []
    limit = min(float(np.quantile(known, 1 / 3)), _DIM)
    dim = [t for t in targets if t.snr is not None and t.snr <= limit]
    others = [t for t in targets if t.snr is not None and t.snr > limit]
    name = f"dim targets (SNR up to {limit:.0f})"
    return [f"{text}: label more of them." for text in _worse(dim, others, name, "the others")]


def _clips(targets: Sequence[Target], frames: Mapping[str, PlanFrame]) -> list[str]:
    """Sentences for the files and folders whose targets are found less often."""
    members: dict[str, list[Target]] = {}
    for target in targets:
        members.setdefault(_place(frames[target.frame]), []).append(target)
    found = []
    for place, those in members.items():
        others = [target for target in targets if _place(frames[target.frame]) != place]
        found += [
            f"{text}: label more frames there."
            for text in _worse(those, others, f"targets in {place}", "those elsewhere")
        ]
    return found


def _place(frame: PlanFrame) -> str:
    """The file or folder of a frame."""
    file, mark, _ = frame.frame.rpartition("#")
    return file if mark else frame.frame.rpartition("/")[0] or "the folder itself"


def _worse(those: Sequence[Target], others: Sequence[Target], name: str, rest: str) -> list[str]:
    """A sentence if ``those`` are found less often than ``others``, beyond chance."""
    if min(len(those), len(others)) < _MIN_TARGETS:
        return []
    found, elsewhere = (sum(target.found for target in part) for part in (those, others))
    if wilson_interval(found, len(those))[1] >= wilson_interval(elsewhere, len(others))[0]:
        return []
    share = 100 * elsewhere / len(others)
    return [f"It finds {found} of {len(those)} {name}, but {share:.0f} % of {rest}"]


def _worst(judged: Sequence[Judged], frames: Mapping[str, PlanFrame]) -> list[tuple[str, str]]:
    counts = [frame for part in judged for frame in part.counts() if frame.fp + frame.fn]
    counts.sort(key=lambda frame: (-(frame.fp + frame.fn), frame.name))
    return [
        (frames[frame.name].frame, _errors(frame.fn, frame.fp)) for frame in counts[:_MAX_FRAMES]
    ]


def _errors(missed: int, false: int) -> str:
    parts = [f"{missed} missed" * (missed > 0), f"{false} false" * (false > 0)]
    return ", ".join(filter(None, parts))
