"""Labels of every annotation tool, converted to every format, and scored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from irpoint.datasets import convert, load_dataset
from irpoint.datasets.convert import POINT_FORMATS
from support.dataset_folders import write
from support.tool_exports import (
    cvat_coco,
    cvat_images,
    cvat_video,
    label_studio_task,
    labelme,
    region,
)

# One target each in a and b, none in c, as seen from the corner of the image.
A, B = (10.5, 4.75), (29.5, 0.25)


def _points(xy: tuple[float, float], fields: str = "") -> str:
    place = f'points="{xy[0]:.2f},{xy[1]:.2f}"'
    return f'<points label="target" {fields} occluded="0" {place}>\n</points>'


def _cvat(root: Path) -> None:
    text = cvat_images(f"a.png\n{_points(A)}", f"b.png\n{_points(B)}", "c.png")
    write(root, "annotations.xml", text)


def _cvat_video(root: Path) -> None:
    tracks = [
        "\n".join(
            _points(xy, f'frame="{frame + past}" outside="{past}" keyframe="1"') for past in (0, 1)
        )
        for frame, xy in enumerate((A, B))
    ]
    write(root, "annotations.xml", cvat_video(3, *tracks))


def _coco(root: Path) -> None:
    annotations = [
        {"image_id": number, "keypoints": [*xy, 2], "num_keypoints": 1}
        for number, xy in enumerate((A, B), 1)
    ]
    text = cvat_coco(["a.png", "b.png", "c.png"], annotations, ["point"])
    write(root, "annotations/person_keypoints_default.json", text)


def _labelme(root: Path) -> None:
    for name, xy in (("a", [A]), ("b", [B]), ("c", [])):
        shapes = [{"shape_type": "point", "points": [list(point)]} for point in xy]
        write(root, f"images/{name}.json", labelme(f"{name}.png", *shapes))


def _label_studio(root: Path) -> None:
    tasks = [
        label_studio_task(
            number,
            f"/data/upload/1/0a1b2c3d-{name}.png",
            [region("keypoint", x=x / 0.3, y=y / 0.2, width=0.4) for x, y in xy],
        )
        for number, (name, xy) in enumerate((("a", [A]), ("b", [B]), ("c", [])), 1)
    ]
    write(root, "project-1.json", json.dumps(tasks))


TOOLS = [_cvat, _cvat_video, _coco, _labelme, _label_studio]


@pytest.mark.parametrize("to", POINT_FORMATS)
@pytest.mark.parametrize("tool", TOOLS)
def test_labels_of_tools_are_converted(
    root: Path, tmp_path: Path, tool: Callable[[Path], None], to: str
) -> None:
    tool(root)
    convert(root, tmp_path / "out", to)
    for split, names in (("all", ["a", "b", "c"]), ("train", ["a", "b"])):
        dataset = load_dataset(tmp_path / "out", split)
        assert [frame.name for frame in dataset] == names
        found = np.concatenate([frame.points.xy for frame in dataset])
        np.testing.assert_allclose(found, np.array([A, B]) - 0.5, atol=1e-5)


@pytest.mark.parametrize("tool", TOOLS)
def test_predictions_are_scored_against_the_labels_of_tools(
    cli: Callable[..., Any], root: Path, tool: Callable[[Path], None]
) -> None:
    tool(root)
    predictions = root / "predictions.json"
    predictions.write_text(
        json.dumps(
            [
                {"source": f"{name}.png", "points": [{"x": x - 0.5, "y": y - 0.5, "score": 0.9}]}
                for name, (x, y) in (("a", A), ("b", B))
            ]
        )
    )
    code, out, error = cli(
        "evaluate", "--data", root, "--split", "all", "--predictions", predictions, "--json", "-"
    )
    assert code == 0, error
    result = json.loads(out)
    result = result.get("total", result)
    assert (result["f1"], result["tp"], result["fn"]) == (1.0, 2, 0)
    assert result["localisation_error_px"]["mean"] == pytest.approx(0, abs=1e-5)
