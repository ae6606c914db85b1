"""Valid datasets of every layout, and files of predictions."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from experiments.fuzz.frame_seeds import SHAPE, frame, image_bytes
from experiments.fuzz.kind import Seed

NAMES = ("a", "b", "c")
POINTS = {"a": [(25.0, 20.0)], "b": [(10.5, 30.25), (40.0, 5.0)], "c": []}
_LISTS = {"train": "a\nb\n", "val": "c\n"}


def texts(files: Mapping[str, object]) -> dict[str, bytes]:
    """The content of text files: text, or values that are written as JSON."""
    return {
        name: (content if isinstance(content, str) else json.dumps(content)).encode()
        for name, content in files.items()
    }


def images(folder: str) -> dict[str, bytes]:
    """The images of a dataset, by path."""
    return {
        f"{folder}/{name}.png".lstrip("/"): image_bytes(frame(seed=k), "PNG")
        for k, name in enumerate(NAMES)
    }


def _masks(folder: str) -> dict[str, bytes]:
    masks = {}
    for name in NAMES:
        mask = np.zeros(SHAPE, np.uint8)
        for x, y in POINTS[name]:
            mask[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2] = 255
        masks[f"{folder}/{name}.png"] = image_bytes(mask, "PNG")
    return masks


def _lists(folder: str) -> dict[str, bytes]:
    return {f"{folder}/{name}.txt": text.encode() for name, text in _LISTS.items()}


def masks() -> Iterator[Seed]:
    yield Seed.folder(images("images") | _masks("masks") | _lists("img_idx"))


def sirst_v2() -> Iterator[Seed]:
    points = {
        f"annotations/centroids/{name}.xml": xml(
            "".join(f"<object><centroid><xc>{x + 1}</xc><yc>{y + 1}</yc></centroid></object>"
                    for x, y in POINTS[name])
        )
        for name in NAMES
    }  # fmt: skip
    lists = {f"splits/{name}_full.txt": text for name, text in _LISTS.items()}
    files = images("images/targets") | _masks("annotations/masks") | texts(points | lists)
    yield Seed.folder(files, ".png")


def xml(content: str, tag: str = "annotation") -> str:
    """An XML file."""
    return f'<?xml version="1.0"?>\n<{tag}>{content}</{tag}>\n'


def voc() -> Iterator[Seed]:
    height, width = SHAPE
    size = f"<size><width>{width}</width><height>{height}</height><depth>1</depth></size>"
    boxes = {
        f"Annotations/{name}.xml": xml(
            f"<filename>{name}.png</filename>{size}" + "".join(
                f"<object><name>t</name><bndbox><xmin>{x - 1}</xmin><ymin>{y - 1}</ymin>"
                f"<xmax>{x + 2}</xmax><ymax>{y + 2}</ymax></bndbox></object>"
                for x, y in POINTS[name]
            )
        )
        for name in NAMES
    }  # fmt: skip
    yield Seed.folder(images("JPEGImages") | texts(boxes) | _lists("ImageSets/Main"), ".png")


def yolo() -> Iterator[Seed]:
    height, width = SHAPE
    boxes = {
        f"labels/train/{name}.txt": "".join(
            f"0 {(x + 0.5) / width:.6f} {(y + 0.5) / height:.6f} 0.0625 0.075\n"
            for x, y in POINTS[name]
        )
        for name in NAMES
    }
    yield Seed.folder(images("images/train") | texts(boxes), ".png")


def coco() -> Iterator[Seed]:
    yield Seed.folder(
        images("images")
        | texts({"annotations/annotations.json": coco_content()})
        | _lists("img_idx"),
        ".png",
    )


def coco_content(offset: float = 0.0) -> dict[str, Any]:
    """A COCO file of keypoints, which count from ``-offset``."""
    height, width = SHAPE
    images = [
        {"id": k, "file_name": f"{name}.png", "height": height, "width": width}
        for k, name in enumerate(NAMES, 1)
    ]
    annotations = [
        {"id": 10 * k + i, "image_id": k, "category_id": 1, "num_keypoints": 1, "score": 0.5,
         "keypoints": [x + offset, y + offset, 2], "bbox": [x, y, 1, 1], "area": 1, "iscrowd": 0}
        for k, name in enumerate(NAMES, 1) for i, (x, y) in enumerate(POINTS[name])
    ]  # fmt: skip
    categories = [{"id": 1, "name": "target", "keypoints": ["point"], "skeleton": []}]
    return {"images": images, "annotations": annotations, "categories": categories}


def csv() -> Iterator[Seed]:
    yield Seed.folder(
        images("images") | texts({"points.csv": _csv("image,x,y")}) | _lists("img_idx"), ".png"
    )


def _csv(header: str, more: str = "") -> str:
    rows = [
        row
        for name in NAMES
        for row in ([f"{name}.png,{x},{y}{more}" for x, y in POINTS[name]] or [f"{name}.png,,"])
    ]
    return "\n".join([header, *rows]) + "\n"


def predictions() -> Iterator[Seed]:
    """The points that ``irpoint evaluate --predictions`` reads."""
    frames = [
        {"source": f"{name}.png", "frame": 0,
         "points": [{"x": x, "y": y, "score": 0.5} for x, y in POINTS[name]]}
        for name in NAMES
    ]  # fmt: skip
    results = [
        {"image_id": name, "keypoints": [x, y, 2], "score": 0.5}
        for name in NAMES
        for x, y in POINTS[name]
    ]
    for name, text in texts(
        {
            "points.csv": _csv("source,x,y,score", ",0.5"),
            "frames.json": {"frames": frames},
            "list.json": frames,
            "coco.json": coco_content(),
            "results.json": results,
        }
    ).items():
        yield Seed.file(name, text)


def heat_maps() -> Iterator[Seed]:
    """A folder that ``irpoint evaluate --protocol mask`` reads, beside its dataset."""
    maps = _masks("maps")
    stream = io.BytesIO()
    np.save(stream, frame("float32") / 255)
    maps["maps/c.npy"] = stream.getvalue()
    del maps["maps/c.png"]
    data = {f"data/{k}": v for k, v in (images("images") | _masks("masks")).items()}
    yield Seed(data | maps, "", tuple(maps))
