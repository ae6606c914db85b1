"""Divide the labelled frames for cross-validation, or say that there are too few."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

from irpoint.label.training.plan import PlanFrame
from irpoint.label.training.scenes import NEIGHBOURS

FOLDS = 3
# Fewer do not tell models apart: with 15 targets, an interval is about 25 points wide.
MIN_SCENES, MIN_TARGETS = 12, 15
_GAP = 10  # frames of a clip beside a judged one that are not trained on


@dataclass(frozen=True)
class Fold:
    """One fold; names of frames in the dataset.

    Attributes:
        judged: frames on which the models are compared.
        train, val: frames that the model of the fold learns, and that choose its threshold.
        half: half of ``train``, for the learning curve; empty if it would have no target.
    """

    judged: tuple[str, ...]
    train: tuple[str, ...]
    val: tuple[str, ...]
    half: tuple[str, ...]


def scene_of(frame: PlanFrame) -> str:
    """What counts as one independent observation: an image, or about a second of a clip."""
    return f"{frame.clip} {frame.index // NEIGHBOURS}"


def too_few(frames: Sequence[PlanFrame], model: str) -> str:
    """Why the frames do not suffice to compare models, with what is missing; empty if they do.

    Args:
        frames: the labelled frames.
        model: the present model, for the words.
    """
    judged = [frame for frame in frames if not frame.learned]
    scenes = {scene_of(frame) for frame in judged}
    targets = sum(frame.targets for frame in judged)
    if len(scenes) >= MIN_SCENES and targets >= MIN_TARGETS:
        return ""
    per_frame = sum(frame.targets for frame in frames) / max(len(frames), 1) or 1.0
    missing = max(MIN_SCENES - len(scenes), math.ceil((MIN_TARGETS - targets) / per_frame))
    text = (
        f"Too few frames to tell whether training makes the model better. Label {missing} more "
        f"{'frame' if missing == 1 else 'frames'} with targets"
    )
    text += f", which {model} has not learned." if len(judged) < len(frames) else "."
    if len(scenes) < len(judged) * 0.8:
        text += f" Frames of a clip that are less than {NEIGHBOURS} frames apart count as one."
    return text


def make_folds(frames: Sequence[PlanFrame]) -> list[Fold]:
    """Folds of which each has a target to judge, to learn and to validate; empty if impossible.

    A clip is in one fold. Only a clip with more than half of the targets is cut, at places where
    the frames beside the cut are not trained on.
    """
    number = _fold_numbers(frames)
    folds = []
    for fold in range(FOLDS):
        held_out = [frame for frame in frames if number[frame.name] == fold]
        judged = [frame for frame in held_out if not frame.learned]
        beside = {(f.clip, f.index + by) for f in held_out for by in range(-_GAP, _GAP + 1)}
        rest = [frame for frame in frames if (frame.clip, frame.index) not in beside]
        train, val = train_and_val(rest)
        if not all(any(frame.targets for frame in part) for part in (judged, train, val)):
            return []
        folds.append(Fold(_names(judged), _names(train), _names(val), _names(_half(train))))
    return folds


def train_and_val(
    frames: Sequence[PlanFrame],
) -> tuple[list[PlanFrame], list[PlanFrame]]:
    """The train and val frames of a part of the dataset, both with a target if two have one."""
    train = [frame for frame in frames if not frame.val]
    val = [frame for frame in frames if frame.val]
    for one, other in ((train, val), (val, train)):
        with_targets = [frame for frame in other if frame.targets]
        if not any(frame.targets for frame in one) and len(with_targets) > 1:
            moved = with_targets[-1]
            other.remove(moved)
            one.append(moved)
    return train, val


def _fold_numbers(frames: Sequence[PlanFrame]) -> dict[str, int]:
    clips: dict[str, list[PlanFrame]] = {}
    for frame in frames:
        clips.setdefault(frame.clip, []).append(frame)
    total = sum(map(_weight, frames))
    pieces: list[list[PlanFrame]] = []
    for members in clips.values():
        is_large = 2 * sum(map(_weight, members)) > total
        pieces += _cut(members) if is_large else [members]
    pieces.sort(key=lambda piece: (-sum(map(_weight, piece)), _hash(piece[0].name)))
    sums, number = [0.0] * FOLDS, {}
    for piece in pieces:
        fold = sums.index(min(sums))
        sums[fold] += sum(map(_weight, piece))
        number.update({frame.name: fold for frame in piece})
    return number


def _weight(frame: PlanFrame) -> float:
    """Judged targets count most, so that every fold has some."""
    return (0.1 if frame.learned else 1.0) * (frame.targets + 0.1)


def _cut(clip: list[PlanFrame]) -> list[list[PlanFrame]]:
    """A clip in consecutive parts of about the same number of targets."""
    ordered = sorted(clip, key=lambda frame: frame.index)
    total, before = sum(map(_weight, ordered)), 0.0
    parts: list[list[PlanFrame]] = [[] for _ in range(FOLDS)]
    for frame in ordered:
        parts[min(int(FOLDS * before / total), FOLDS - 1)].append(frame)
        before += _weight(frame)
    return [part for part in parts if part]


def _half(train: Sequence[PlanFrame]) -> list[PlanFrame]:
    """Whole scenes with about half of the frames, drawn by their names."""
    scenes: dict[str, list[PlanFrame]] = {}
    for frame in train:
        scenes.setdefault(scene_of(frame), []).append(frame)
    half: list[PlanFrame] = []
    for scene in sorted(scenes, key=_hash):
        if len(half) < len(train) / 2:
            half += scenes[scene]
    usable = any(frame.targets for frame in half) and len(half) < 0.75 * len(train)
    return half if usable else []


def _hash(text: str) -> bytes:
    return hashlib.sha1(b"fold " + text.encode()).digest()


def _names(frames: Sequence[PlanFrame]) -> tuple[str, ...]:
    return tuple(frame.name for frame in frames)
