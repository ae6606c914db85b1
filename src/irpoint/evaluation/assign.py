"""Find the image of a split that a name in a file of predictions refers to."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath, PureWindowsPath

from irpoint.datasets.record import LabelledFrame
from irpoint.errors import EvaluationError, IrpointWarning
from irpoint.frames.numbered import split_number
from irpoint.points import Points


def assign_predictions(
    predictions: Mapping[str, Points],
    frames: Iterable[LabelledFrame],
    pooled: Iterable[LabelledFrame],
) -> dict[Path, Points]:
    """The points of each frame, by its image file; a frame that no name refers to has no points.

    A name refers to the images with the same file name or, if there are none, to those with the
    same stem: ``a/000024.png``, ``000024.png`` and ``000024`` all refer to ``000024.png``. If
    several images match, the folders in the name decide. The remaining images must be copies of one
    image, of which the pool keeps one; otherwise the name is ambiguous.

    Args:
        predictions: points by image name, from :func:`read_predictions`.
        frames: all frames of the datasets that are evaluated.
        pooled: the frames that the pool keeps.

    Raises:
        EvaluationError: if no name matches, if a name is ambiguous, or if two names refer to one
            image.

    Warns:
        IrpointWarning: if some names match no image; their points are ignored.
    """
    listed = list(frames)
    kept = {frame.image for frame in pooled}
    index = _index(listed)
    points = {frame.image: Points.empty() for frame in listed}
    named_by: dict[Path, str] = {}
    unknown: list[str] = []
    for name, predicted in predictions.items():
        images = _images(name, index)
        if not images:
            unknown.append(name)
        if sum(image in kept for image in images) > 1:
            raise EvaluationError(
                f"prediction name {name!r} matches {' and '.join(str(image) for image in images)}; "
                "add the folders to the name, or evaluate one dataset at a time"
            )
        for image in images:
            if image in named_by:
                raise EvaluationError(
                    f"prediction names {named_by[image]!r} and {name!r} both match {image}; "
                    "keep one of them"
                )
            named_by[image] = name
            points[image] = predicted
    _report_unknown(unknown, len(predictions), listed)
    return points


def _index(frames: Iterable[LabelledFrame]) -> dict[str, list[Path]]:
    """The images that each file name, stem or split name refers to."""
    index: dict[str, list[Path]] = defaultdict(list)
    for frame in frames:
        keys = {frame.image.name, PurePath(frame.name).name}
        if split_number(frame.image)[1] is None:  # the frames of a stack share its stem
            keys.add(frame.image.stem)
        for key in keys:
            index[key].append(frame.image)
    return dict(index)


def _images(name: str, index: Mapping[str, list[Path]]) -> list[Path]:
    # A Windows path accepts both kinds of slash.
    path = PureWindowsPath(name)
    candidates = index.get(path.name) or index.get(path.stem) or []
    if len(candidates) < 2:
        return candidates
    folders = path.parts[:-1]
    shared = [_common_tail(folders, image.parts[:-1]) for image in candidates]
    return [image for image, tail in zip(candidates, shared, strict=True) if tail == max(shared)]


def _common_tail(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """Number of parts that two paths share, counted from the last one."""
    count = 0
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if one != other:
            break
        count += 1
    return count


def _report_unknown(unknown: list[str], total: int, frames: list[LabelledFrame]) -> None:
    if not unknown:
        return
    if len(unknown) == total:
        example = f" (such as {frames[0].image.name!r})" if frames else ""
        raise EvaluationError(
            f"none of the {total} prediction names (first: {unknown[0]!r}) matches an image of the "
            f"split{example}; name images by file name or stem, and check the name of the split"
        )
    warnings.warn(
        f"{len(unknown)} of {total} prediction names match no image of the split and are ignored "
        f"(first: {unknown[0]!r})",
        IrpointWarning,
        stacklevel=3,
    )
