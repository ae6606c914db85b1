"""Valid exports of annotation tools, and what other programs write as COCO, YOLO and CSV."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.fuzz.frame_seeds import SHAPE, frame, image_bytes, tiff_stack
from experiments.fuzz.kind import Seed
from experiments.fuzz.label_seeds import NAMES, POINTS, coco_content, images, texts, xml

# One mask of four pixels in a frame of 40 x 48, as COCO and Label Studio write it.
_COCO_RUNS = [203, 1, 39, 2, 38, 1, 1636]
_COCO_TEXT = "[61W11OOna1"
_BRUSH = [0, 0, 30, 0, 57, 27, 255, 2, 83, 0, 183, 255, 173, 192, 35, 255, 227, 92, 96, 0]


def coco() -> Iterator[Seed]:
    """COCO with keypoints, boxes, polygons and masks."""
    content = coco_content()
    for number, segment in enumerate(
        (
            [[3, 4, 7, 4, 7, 6, 3, 6]],
            {"size": list(SHAPE), "counts": _COCO_RUNS},
            {"size": list(SHAPE), "counts": _COCO_TEXT},
        )
    ):
        content["annotations"].append(
            {"id": 900 + number, "image_id": 1, "category_id": 1, "segmentation": segment,
             "bbox": [3, 4, 4, 2], "area": 8, "iscrowd": int(number > 0)}
        )  # fmt: skip
    files = {
        "annotations/person_keypoints_train.json": coco_content(0.5),
        "annotations/instances_val.json": content,
    }
    for name, value in files.items():
        yield Seed.folder(images("images") | texts({name: value}), ".png")


def cvat() -> Iterator[Seed]:
    """CVAT for images and for video."""
    shapes = [
        '<points label="t" occluded="0" points="10.50,10.50;3.2,4.1"/>',
        '<box label="t" xtl="3.00" ytl="4.00" xbr="6.00" ybr="5.00" rotation="30.00"/>',
        '<ellipse label="t" cx="8.5" cy="9.0" rx="2.0" ry="1.0"/>',
        '<polygon label="t" points="3.00,4.00;7.00,4.00;7.00,6.00"/>',
        '<polyline label="t" points="1.00,1.00;5.00,1.00"/>',
        '<mask label="t" rle="1, 2, 1, 2, 2" left="5" top="8" width="4" height="2"/>',
        '<skeleton label="s"><points label="1" outside="0" points="3.50,5.50"/></skeleton>',
    ]
    height, width = SHAPE
    body = "".join(
        f'<image id="{k}" name="{name}.png" width="{width}" height="{height}" subset="train">'
        f"{''.join(shapes) if k == 0 else ''}</image>"
        for k, name in enumerate(NAMES)
    )
    yield Seed.folder(
        images("images") | texts({"annotations.xml": xml(body, "annotations")}), ".png"
    )
    keys = "".join(
        f'<points frame="{k}" outside="0" keyframe="{int(k != 1)}" points="{k + 3}.5,4.5"/>'
        for k in range(3)
    )
    size = f"<original_size><width>{width}</width><height>{height}</height></original_size>"
    meta = f"<meta><task><size>3</size><start_frame>0</start_frame>{size}</task></meta>"
    track = xml(f'{meta}<track id="0" label="t">{keys}</track>', "annotations")
    yield Seed.folder(images("images") | texts({"annotations.xml": track}), ".png")


def labelme() -> Iterator[Seed]:
    """LabelMe: a JSON file beside each image, with every kind of shape."""
    mask = image_bytes(np.array([[0, 255, 255], [0, 0, 255]], np.uint8), "PNG")
    shapes: list[dict[str, Any]] = [
        {"shape_type": "point", "points": [[10.5, 10.5]]},
        {"shape_type": "rectangle", "points": [[6, 5], [3, 4]]},
        {"shape_type": "circle", "points": [[8.5, 9.5], [10, 11]]},
        {"shape_type": "polygon", "points": [[0, 0], [6, 0], [0, 3]]},
        {"shape_type": "linestrip", "points": [[1, 1], [5, 1], [5, 1]]},
        {"shape_type": "mask", "points": [[5, 8], [7, 9]], "mask": base64.b64encode(mask).decode()},
    ]
    files: dict[str, object] = {
        f"{name}.json": {
            "version": "5.4.1", "flags": {}, "imagePath": f"{name}.png", "imageData": None,
            "imageHeight": SHAPE[0], "imageWidth": SHAPE[1],
            "shapes": [{"label": "t", "group_id": None, "flags": {}, **s} for s in shapes],
        }
        for name in NAMES
    }  # fmt: skip
    yield Seed.folder(images("") | texts(files), ".png")


def label_studio() -> Iterator[Seed]:
    """Label Studio's export "JSON"."""
    values: dict[str, dict[str, Any]] = {
        "keypoint": {"x": 35.0, "y": 52.5, "width": 0.4},
        "rectangle": {"x": 10, "y": 20, "width": 20, "height": 20, "rotation": 90},
        "ellipse": {"x": 50, "y": 50, "radiusX": 5, "radiusY": 5, "rotation": 30},
        "polygon": {"points": [[0, 0], [20, 0], [0, 15]], "closed": True},
        "brush": {"format": "rle", "rle": _BRUSH},
    }
    regions = [
        {"id": kind, "type": f"{kind}labels", "value": value, "original_width": SHAPE[1],
         "original_height": SHAPE[0], "image_rotation": 0, "to_name": "image"}
        for kind, value in values.items()
    ]  # fmt: skip
    tasks = [
        {
            "id": k,
            "data": {"image": f"/data/upload/29/0a1b2c3d-{name}.png"},
            "annotations": [
                {"id": k, "result": regions if k == 0 else [], "was_cancelled": False,
                 "updated_at": "2024-01-30T02:41:10.893578Z", "ground_truth": False}
            ],
        }
        for k, name in enumerate(NAMES)
    ]  # fmt: skip
    yield Seed.folder(images("images") | texts({"project.json": tasks}), ".png")


def via() -> Iterator[Seed]:
    """VGG Image Annotator: its project file, with every kind of shape."""
    shapes: list[dict[str, Any]] = [
        {"name": "point", "cx": 10, "cy": 5},
        {"name": "rect", "x": 3, "y": 4, "width": 3, "height": 1},
        {"name": "circle", "cx": 10, "cy": 5, "r": 2.5},
        {"name": "ellipse", "cx": 10, "cy": 5, "rx": 2, "ry": 1, "theta": 0.3},
        {"name": "polygon", "all_points_x": [0, 6, 0], "all_points_y": [0, 0, 3]},
        {"name": "polyline", "all_points_x": [1, 5], "all_points_y": [1, 1]},
    ]
    listed = {
        f"{name}.png81": {
            "filename": f"{name}.png", "size": 81, "file_attributes": {},
            "regions": [{"shape_attributes": shape, "region_attributes": {}} for shape in shapes],
        }
        for name in NAMES
    }  # fmt: skip
    project = {"_via_settings": {}, "_via_img_metadata": listed, "_via_attributes": {}}
    yield Seed.folder(images("images") | texts({"via_project.json": project}), ".png")


def fiftyone() -> Iterator[Seed]:
    """An export of FiftyOne with keypoints, detections and polylines."""
    labels: list[dict[str, Any]] = [
        {"_cls": "Keypoints", "keypoints": [{"points": [[0.3, 0.4], [0.5, 0.5]], "index": 3}]},
        {"_cls": "Detections", "detections": [{"bounding_box": [0.1, 0.2, 0.1, 0.1]}]},
        {
            "_cls": "Polylines",
            "polylines": [
                {"_cls": "Polyline", "points": [[[0, 0], [0.5, 0], [0.5, 0.5]]], "closed": closed}
                for closed in (True, False)
            ],
        },
    ]
    samples = [
        {
            "filepath": f"data/{name}.png",
            "tags": ["train"],
            "metadata": {"_cls": "ImageMetadata", "width": SHAPE[1], "height": SHAPE[0]},
            "ground_truth": one,
        }
        for name, one in zip(NAMES, labels, strict=True)
    ]
    yield Seed.folder(images("data") | texts({"samples.json": {"samples": samples}}), ".png")


_YAML = "path: .\ntrain: images/train\nval: [images/train]\nnc: 1\nnames: ['t']\n"


def yolo() -> Iterator[Seed]:
    """YOLO-pose and YOLO-seg with their data.yaml."""
    for mark, line in (
        ("kpt_shape: [1, 3]\n", "0 0.5 0.5 0.1 0.1 0.52 0.51 2\n"),
        ("", "0 0.1 0.1 0.2 0.1 0.2 0.3 0.1 0.3\n"),
    ):
        files = {f"labels/train/{name}.txt": line for name in NAMES}
        labels = texts({"data.yaml": _YAML + mark} | files)
        yield Seed.folder(images("images/train") | labels, ".png")


def yolo_beside() -> Iterator[Seed]:
    """YOLO label files beside the images."""
    lines = texts({f"{name}.txt": "0 0.5 0.5 0.1 0.1\n" for name in NAMES})
    yield Seed.folder(images("") | lines, ".png")


def csv() -> Iterator[Seed]:
    """CSV files of spreadsheets, Roboflow, napari and trackpy; of images and of a stack."""
    rows = [(f"{name}.png", x, y) for name in NAMES for x, y in POINTS[name]]
    comma = "".join(f"{name};{x};{y}\n".replace(".", ",") for name, x, y in rows)
    comma = "image;x;y\n" + comma.replace(",png", ".png")
    boxes = "filename,width,height,class,xmin,ymin,xmax,ymax\n" + "".join(
        f"{name},{SHAPE[1]},{SHAPE[0]},t,{int(x) - 1},{int(y) - 1},{int(x) + 1},{int(y) + 1}\n"
        for name, x, y in rows
    )
    for name, content in (
        ("points.csv", comma.encode("utf-16")),
        ("points.csv", comma.encode("utf-8-sig")),
        ("_annotations.csv", boxes.encode()),
    ):
        yield Seed.folder(images("images") | {name: content}, ".png")
    stack = {"stack.tif": tiff_stack([frame("uint16", seed) for seed in range(3)])}
    for header in ("index,axis-0,axis-1,axis-2", "index,frame,y,x"):
        table = f"{header}\n0,0,3.5,4.5\n1,2,10,20\n"
        yield Seed.folder(stack | {"stack.csv": table.encode()})
