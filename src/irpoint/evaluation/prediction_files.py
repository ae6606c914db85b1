"""Read the predicted points of any program from CSV, JSON or COCO keypoints."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PureWindowsPath
from typing import Annotated, Any, TypeVar

import numpy as np
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from irpoint.errors import EvaluationError, first_error
from irpoint.evaluation.records import Number
from irpoint.points import Points
from irpoint.sinks.coco import read_keypoints

_Name = Annotated[str, Field(min_length=1)]
_Read = TypeVar("_Read")


class _Point(BaseModel):
    x: Number
    y: Number
    score: Number = 1.0


class _NoTarget(BaseModel):
    source: _Name
    frame: int = 0


class _Row(_Point, _NoTarget):
    pass


class _Frame(BaseModel):
    source: _Name
    frame: int = 0
    points: list[_Point]


class _CocoImage(BaseModel):
    id: int | str
    file_name: _Name
    frame: int = 0


class _CocoResult(BaseModel):
    image_id: int | str
    keypoints: list[Number]
    score: Number = 1.0


# Source, frame number, and one point; None if the frame is listed without points.
_Predicted = tuple[str, int, _Point | None]


def read_predictions(path: str | Path, stacks: Collection[str] = ()) -> dict[str, Points]:
    """The points of each image that a file of predictions names.

    * ``.csv``: a header with ``source`` (or ``image``), ``x``, ``y`` and optionally ``score``.
      Other columns are ignored. A row with x and y empty is a frame without points.
      ``irpoint detect`` and ``irpoint convert`` write this format.
    * ``.json``: ``{"frames": [{"source": …, "frame": 0, "points": [{"x", "y", "score"}]}]}`` or
      that list alone; or COCO keypoint results, ``[{"image_id", "keypoints": [x, y, v, …],
      "score"}]``, whose ``image_id`` is the image's name; or a COCO dictionary of ``images``
      (``id``, ``file_name``) and ``annotations``, from which names are looked up.

    Positions are frame pixels, x right and y down, with the centre of the top-left pixel at (0, 0).
    A point without a score has the score 1.

    Args:
        path: the file.
        stacks: names of files with several frames; frame 12 of such a source is an image of its
            own, named ``night.tif#12``.

    Returns:
        The points by image name, in the order of the file.

    Raises:
        EvaluationError: if the file cannot be read, if a value is missing or not finite, or if a
            source that is not in ``stacks`` has several frames.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise EvaluationError(
            f"{file}: cannot be read ({reason}); give a CSV or JSON file"
        ) from error
    if file.suffix.lower() == ".csv":
        return _collect(file, _csv_points(file, text), stacks)
    if file.suffix.lower() == ".json":
        return _collect(file, _json_points(file, text), stacks)
    raise EvaluationError(f"{file}: predictions are read from .csv or .json files; rename it")


def _collect(
    file: Path, predicted: Iterable[_Predicted], stacks: Collection[str]
) -> dict[str, Points]:
    points: dict[str, list[_Point]] = defaultdict(list)
    numbers: dict[str, int] = {}
    for source, number, point in predicted:
        # A Windows path accepts both kinds of slash.
        name = f"{source}#{number}" if PureWindowsPath(source).name in stacks else source
        if numbers.setdefault(name, number) != number:
            raise EvaluationError(
                f"{file}: {name} has frames {numbers[name]} and {number}; "
                "predictions must have one frame per source: write the frames as images"
            )
        points[name].extend([] if point is None else [point])
    return {
        name: Points(
            np.array([(point.x, point.y) for point in listed], dtype=np.float32),
            np.array([point.score for point in listed], dtype=np.float32),
        )
        for name, listed in points.items()
    }


def _csv_points(file: Path, text: str) -> Iterator[_Predicted]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [title.strip().lower() for title in next(reader, [])]
    name = "source" if "source" in header else "image"
    for title in (name, "x", "y"):
        if title not in header:
            raise EvaluationError(
                f"{file}: line 1: no column {title!r}; the header must name "
                "source (or image), x, y and optionally score"
            )
    wanted = {
        field: header.index(title)
        for field, title in {"source": name}.items()
        | {(t, t) for t in ("frame", "x", "y", "score")}
        if title in header
    }
    adapter, empty = TypeAdapter(_Row), TypeAdapter(_NoTarget)
    try:
        for cells in reader:
            values = {
                field: cells[column].strip()
                for field, column in wanted.items()
                if column < len(cells)
            }
            if not any(values.values()):
                continue
            if values.get("source") and not (values.get("x") or values.get("y")):
                frame = _read(empty, values, file, f"line {reader.line_num}")
                yield frame.source, frame.frame, None
                continue
            row = _read(adapter, values, file, f"line {reader.line_num}")
            yield row.source, row.frame, row
    except csv.Error as error:
        raise EvaluationError(f"{file}: line {reader.line_num}: not CSV ({error})") from error


def _json_points(file: Path, text: str) -> Iterator[_Predicted]:
    try:
        content: Any = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise EvaluationError(f"{file}: is not JSON ({error}); write the file again") from error
    if isinstance(content, dict) and "annotations" in content:
        return _coco_points(file, content["annotations"], content.get("images", []))
    listed = content.get("frames") if isinstance(content, dict) else content
    if not isinstance(listed, list):
        raise EvaluationError(
            f"{file}: has neither a list nor a key 'frames' or 'annotations'; "
            'write {"frames": [{"source": …, "points": [{"x": …, "y": …, "score": …}]}]}'
        )
    if listed and isinstance(listed[0], dict) and "image_id" in listed[0]:
        return _coco_points(file, listed, [])
    return _frame_points(file, listed)


def _frame_points(file: Path, listed: list[Any]) -> Iterator[_Predicted]:
    for frame in _read(TypeAdapter(list[_Frame]), listed, file, "frames"):
        yield frame.source, frame.frame, None
        for point in frame.points:
            yield frame.source, frame.frame, point


def _coco_points(file: Path, listed: Any, images: Any) -> Iterator[_Predicted]:
    described = _read(TypeAdapter(list[_CocoImage]), images, file, "images")
    names = {image.id: (image.file_name, image.frame) for image in described}
    for name, number in names.values():
        yield name, number, None
    results = _read(TypeAdapter(list[_CocoResult]), listed, file, "annotations")
    for index, result in enumerate(results):
        try:
            keypoints = read_keypoints(result.keypoints)
        except ValueError as error:
            raise EvaluationError(
                f"{file}: annotations.{index}.keypoints is {error}; fix it"
            ) from error
        if names and result.image_id not in names:
            raise EvaluationError(
                f"{file}: annotations.{index}.image_id: images has no id {result.image_id!r}; "
                "add that image"
            )
        name, number = names.get(result.image_id, (str(result.image_id), 0))
        for x, y, visibility in keypoints:
            # COCO writes a missing point as three zeros.
            if x or y or visibility:
                yield name, number, _Point(x=x, y=y, score=result.score)


def _read(adapter: TypeAdapter[_Read], value: Any, file: Path, prefix: str) -> _Read:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise EvaluationError(f"{file}: {first_error(error, prefix)}; fix that value") from error
