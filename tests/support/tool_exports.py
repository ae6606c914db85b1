"""Exports of annotation tools, written as the tools write them."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from PIL import Image

CVAT_META = """\
  <version>1.1</version>
  <meta>
    <task>
      <id>1204</id>
      <name>harbour &amp; sea</name>
      <size>{size}</size>
      <mode>{mode}</mode>
      <overlap>0</overlap>
      <bugtracker></bugtracker>
      <created>2024-05-13 08:11:02.412345+00:00</created>
      <updated>2024-05-13 09:40:54.000000+00:00</updated>
      <subset>default</subset>
      <start_frame>0</start_frame>
      <stop_frame>{last}</stop_frame>
      <frame_filter></frame_filter>
      <segments>
        <segment>
          <id>88</id>
          <start>0</start>
          <stop>{last}</stop>
          <url>http://localhost:8080/api/jobs/88</url>
        </segment>
      </segments>
      <owner>
        <username>anna</username>
        <email>anna@example.org</email>
      </owner>
      <assignee></assignee>
      <labels>
        <label>
          <name>target</name>
          <color>#ff355e</color>
          <type>points</type>
          <attributes>
          </attributes>
        </label>
      </labels>{original_size}
    </task>
    <dumped>2024-05-13 09:41:10.123456+00:00</dumped>
  </meta>
"""

_ORIGINAL_SIZE = """
      <original_size>
        <width>30</width>
        <height>20</height>
      </original_size>"""


def cvat_images(*images: str, attributes: str = "") -> str:
    """ "CVAT for images 1.1": each image is its name and then its shapes, on lines of their own."""
    meta = CVAT_META.format(
        size=len(images), mode="annotation", last=len(images) - 1, original_size=""
    )
    body = ""
    for number, image in enumerate(images):
        name, *shapes = image.strip().splitlines()
        size = f'{attributes} width="30" height="20"'.strip()
        body += f'  <image id="{number}" name="{name}" {size}>\n'
        body += "".join(f"    {shape.strip()}\n" for shape in shapes) + "  </image>\n"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n{meta}{body}</annotations>\n'


def cvat_video(size: int, *tracks: str) -> str:
    """ "CVAT for video 1.1" of a task of ``size`` frames, each track with its shapes."""
    meta = CVAT_META.format(
        size=size, mode="interpolation", last=size - 1, original_size=_ORIGINAL_SIZE
    )
    body = "".join(
        f'  <track id="{number}" label="target" source="manual">\n{track}\n  </track>\n'
        for number, track in enumerate(tracks)
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n{meta}{body}</annotations>\n'


def cvat_coco(
    images: Sequence[str], annotations: Sequence[dict[str, Any]], keypoints: Sequence[str] = ()
) -> str:
    """COCO as CVAT exports it; each annotation is completed by the fields that CVAT adds."""
    category: dict[str, Any] = {"id": 1, "name": "target", "supercategory": ""}
    if keypoints:
        category |= {"keypoints": list(keypoints), "skeleton": []}
    content = {
        "licenses": [{"name": "", "id": 0, "url": ""}],
        "info": {
            "contributor": "",
            "date_created": "",
            "description": "",
            "url": "",
            "version": "",
            "year": "",
        },
        "categories": [category],
        "images": [
            {
                "id": number,
                "width": 30,
                "height": 20,
                "file_name": name,
                "license": 0,
                "flickr_url": "",
                "coco_url": "",
                "date_captured": 0,
            }
            for number, name in enumerate(images, 1)
        ],
        "annotations": [
            {
                "id": number,
                "category_id": 1,
                "segmentation": [],
                "area": 0.0,
                "bbox": [0.0, 0.0, 0.0, 0.0],
                "iscrowd": 0,
                "attributes": {"occluded": False},
                **annotation,
            }
            for number, annotation in enumerate(annotations, 1)
        ],
    }
    return json.dumps(content, separators=(",", ":"))


def labelme(image: str, *shapes: dict[str, Any], **fields: Any) -> str:
    """The file of one image of 30x20 of LabelMe 5."""
    content = {
        "version": "5.4.1",
        "flags": {},
        "shapes": [
            {"label": "target", "group_id": None, "description": "", "flags": {}, "mask": None}
            | shape
            for shape in shapes
        ],
        "imagePath": image,
        "imageData": base64.b64encode(png(np.zeros((20, 30), np.uint8))).decode(),
        "imageHeight": 20,
        "imageWidth": 30,
    }
    return json.dumps(content | fields, ensure_ascii=False, indent=2)


def label_studio_task(
    number: int, image: str, *results: list[dict[str, Any]], **fields: Any
) -> dict[str, Any]:
    """A task of the export "JSON", with one annotation per list of results."""
    annotations = [
        {
            "id": 100 * number + position,
            "completed_by": position,
            "result": [_completed(region, index) for index, region in enumerate(result)],
            "was_cancelled": False,
            "ground_truth": False,
            "created_at": f"2024-01-30T02:40:{10 + position}.893565Z",
            "updated_at": f"2024-01-30T02:41:{10 + position}.893578Z",
            "lead_time": 8.65,
            "result_count": len(result),
            "task": number,
            "project": 29,
        }
        for position, result in enumerate(results, 1)
    ]
    task = {
        "id": number,
        "annotations": annotations,
        "file_upload": image.rpartition("/")[2],
        "drafts": [],
        "predictions": [],
        "data": {"image": image},
        "meta": {},
        "created_at": "2024-01-30T02:40:33.867975Z",
        "updated_at": "2024-01-30T02:40:43.923985Z",
        "inner_id": number,
        "total_annotations": len(annotations),
        "cancelled_annotations": 0,
        "total_predictions": 0,
        "project": 29,
    }
    return task | fields


def region(kind: str, **value: Any) -> dict[str, Any]:
    """A region of Label Studio; ``kind`` is its type without "labels"."""
    return {"type": f"{kind}labels", "value": {**value, f"{kind}labels": ["target"]}}


def _completed(one: dict[str, Any], index: int) -> dict[str, Any]:
    return {
        "original_width": 30,
        "original_height": 20,
        "image_rotation": 0,
        "id": f"qd1jIVAq{index}h",
        "from_name": "label",
        "to_name": "image",
        "origin": "manual",
    } | one


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def runs(values: Iterable[int]) -> list[int]:
    """The lengths of alternating runs, the first of them of zeros."""
    lengths = [(bool(value), len(list(run))) for value, run in groupby(values, bool)]
    first = [0] if lengths and lengths[0][0] else []
    return first + [length for _, length in lengths]


def packed(values: Sequence[int]) -> list[int]:
    """Values of 8 bits as Label Studio packs them, as bytes."""
    bits = f"{len(values):032b}{7:05b}{2:04b}{3:04b}{7:04b}{15:04b}"
    for value, run in groupby(values):
        left = len(list(run))
        while left:
            length = min(left, 1 << 16)
            left -= length
            index = next(i for i, size in enumerate((3, 4, 8, 16)) if length <= 1 << size)
            size = (3, 4, 8, 16)[index]
            repeated = length > 1
            bits += f"{repeated:b}{index:02b}{length - 1:0{size}b}{value:08b}"
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]
