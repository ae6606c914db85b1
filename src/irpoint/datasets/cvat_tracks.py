"""The tracks of "CVAT for video": a shape per object and frame."""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ElementTree
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from irpoint.datasets.cvat_shapes import SHAPES, shape_targets
from irpoint.datasets.entries import FRAME_NAME, Entry, LeftOut, Shape, only_video
from irpoint.datasets.images import Images
from irpoint.datasets.label_files import brief
from irpoint.datasets.shapes import Target
from irpoint.datasets.track_numbers import track_number
from irpoint.errors import DatasetError, FrameError, IrpointWarning
from irpoint.frames.numbered import count_frames

# A frame between two listed ones: how far it is from the first to the second, and both shapes.
_Step = tuple[float, ElementTree.Element, ElementTree.Element]
_Numbers = dict[int, int | None]  # the track of each shape, by the shape's Python id


def track_entries(content: ElementTree.Element, path: Path, images: Images) -> list[Entry]:
    """An entry for each image, with the shapes of its frame that are not ``outside``.

    The file numbers frames and does not name them. Images named as CVAT exports them,
    ``frame_000012.png``, have their number in their name. Others are matched in alphabetical order,
    if there are as many as the task has frames. Without images, the frames are those of the video
    beside the file.

    CVAT lists a track in every frame in which it is visible. If a frame between two listed ones is
    missing, the position is interpolated, as CVAT does on import.

    Raises:
        DatasetError: if the file has several tasks, or if the images cannot be matched to frames.
    """
    tracks = content.findall("track")
    if len({track.get("task_id", "") for track in tracks}) > 1:
        raise DatasetError(f"{path}: tracks of several tasks; export each task into its own folder")
    numbers = _frame_numbers(content, path, images)
    present = sorted(numbers.values())
    listed: dict[int, list[ElementTree.Element]] = defaultdict(list)
    between: dict[int, list[_Step]] = defaultdict(list)
    of_shape: _Numbers = {}
    for track in tracks:
        shapes = [(_number(element, path), element) for element in track if element.tag in SHAPES]
        of_shape |= {id(element): track_number(track.get("id")) for _, element in shapes}
        shapes.sort(key=lambda item: item[0])
        for number, element in shapes:
            listed[number].append(element)
        for (first, before), (last, after) in pairwise(shapes):
            if before.get("outside") != "1":
                for number in present[bisect_right(present, first) : bisect_left(present, last)]:
                    between[number].append(((number - first) / (last - first), before, after))
    _warn(path, set(present), listed, sum(map(len, between.values())))
    size = _size(content)
    return [
        Entry(
            image=name,
            source=path,
            targets=_targets(listed[number], between[number], of_shape, f"{path}: frame {number}"),
            size=size,
        )
        for name, number in numbers.items()
    ]


def _targets(
    shapes: Sequence[ElementTree.Element], steps: Sequence[_Step], of_shape: _Numbers, label: str
) -> Callable[[Shape, LeftOut], list[Target]]:
    def targets(shape: Shape, left_out: LeftOut) -> list[Target]:
        found: list[Target] = []
        for element in shapes:
            found += shape_targets(element, shape, left_out, label, of_shape[id(element)])
        for share, before, after in steps:
            start = shape_targets(before, shape, left_out, label)
            end = shape_targets(after, shape, left_out, label)
            # A shape that ends, or that has another number of points, stays where it is.
            for one, other in zip(start, end if len(end) == len(start) else start, strict=True):
                x = one.x + share * (other.x - one.x)
                y = one.y + share * (other.y - one.y)
                found.append(Target(x, y, track=of_shape[id(before)]))
        return found

    return targets


def _warn(
    path: Path,
    present: set[int],
    listed: dict[int, list[ElementTree.Element]],
    interpolated: int,
) -> None:
    lost = {
        number
        for number, elements in listed.items()
        if number not in present and any(one.get("outside") != "1" for one in elements)
    }
    if interpolated:
        warnings.warn(
            f"{path}: {interpolated} positions between two frames of a track are interpolated",
            IrpointWarning,
            stacklevel=4,
        )
    if lost:
        warnings.warn(
            f"{path}: {len(lost)} frames with labels have no image, such as frame {min(lost)}; "
            "they are not part of the dataset",
            IrpointWarning,
            stacklevel=4,
        )


def _frame_numbers(content: ElementTree.Element, path: Path, images: Images) -> dict[str, int]:
    """The frame number of each image, by the image's name."""
    video = only_video(images)
    if video is not None:
        return {f"frame_{number:06d}": number for number in _frames_of(video, content)}
    names = images.names()
    matches = [FRAME_NAME.fullmatch(name.rpartition("/")[2]) for name in names]
    found = [int(match[1]) for match in matches if match is not None]
    size = int(_meta_number(content, "size"))
    if len(found) < len(names):
        if len(names) != size:
            raise DatasetError(
                f"{path}: numbers the frames 0 to {size - 1}, but {images.folder} has {len(names)} "
                "images; name them frame_000000.png, …, or export them with the labels"
            )
        if list(names) != sorted(names):
            raise DatasetError(
                f"{path}: numbers the frames, and the order of the images in {images.folder} is "
                "not clear; export 'CVAT for images 1.1', which names them"
            )
        found = list(range(size))
    elif len(set(found)) < len(found):
        raise DatasetError(f"{images.folder}: two images have the same frame number; rename one")
    elif min(found) == 1 and len(found) == size and not _meta_number(content, "start_frame"):
        warnings.warn(
            f"{images.folder}: the images count from 1 and CVAT's frames from 0; frame_000001 is "
            "read as frame 0",
            IrpointWarning,
            stacklevel=4,
        )
        found = [number - 1 for number in found]
    return dict(zip(names, found, strict=True))


def _frames_of(video: Path, content: ElementTree.Element) -> range:
    """The frames of a video that are in the task."""
    try:
        count = count_frames(video)
    except FrameError as error:
        raise DatasetError(str(error)) from error
    stop = _meta_number(content, "stop_frame")
    step = re.search(r"step=(\d{1,6})", content.findtext(".//frame_filter") or "")
    return range(
        int(_meta_number(content, "start_frame")),
        min(count, int(stop) + 1) if stop else count,
        max(int(step[1]), 1) if step else 1,
    )


def _size(content: ElementTree.Element) -> tuple[float, float] | None:
    size = content.find(".//original_size")
    if size is None:
        return None
    width, height = _meta_number(size, "width"), _meta_number(size, "height")
    return (width, height) if width and height else None


def _meta_number(content: ElementTree.Element, name: str) -> float:
    """The first number of this name in the description of the task; 0 if there is none."""
    text = (content.findtext(f".//{name}") or "").strip()
    return float(text) if text.isdecimal() and len(text) < 10 else 0.0


def _number(element: ElementTree.Element, path: Path) -> int:
    text = element.get("frame", "")
    if not text.isdecimal() or len(text) > 9:
        raise DatasetError(f"{path}: frame '{brief(text)}' of a <{element.tag}> is not a number")
    return int(text)
