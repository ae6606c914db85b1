"""CVAT's XML, "CVAT for images 1.1" and "CVAT for video 1.1".

CVAT counts from the outer corner of the top-left pixel: the centre of the pixel (10, 10) is
(10.5, 10.5). irpoint counts from the centre of that pixel, so half a pixel is subtracted.

A target is each point of ``points``, each point of a skeleton that is not ``outside``, the centre
of a ``box`` or an ``ellipse``, the centroid of a ``polygon``, a ``polyline`` or a ``mask``.
The number of its track is an attribute ``track`` or ``track_id`` or, of CVAT for video, the ``id``
of its track. Occluded shapes count. Tags have no position; cuboids are left out with a warning.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from irpoint.datasets.cvat_shapes import SHAPES, shape_targets
from irpoint.datasets.cvat_tracks import track_entries
from irpoint.datasets.entries import Entry, LeftOut, Shape, open_entries, tool_images
from irpoint.datasets.label_files import brief, read_xml, root_tag, visible_files
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.shapes import Target
from irpoint.errors import DatasetError

CVAT_FILE = "annotations.xml"
_LABEL = "target"
_SAMPLE = 20


def open_cvat(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder with XML files of CVAT, in ``root`` or ``annotations/``; None if it has none.

    Subsets of a project are splits. A frame without shapes is a frame without targets. A frame that
    was deleted in CVAT is not in the file, so it is not part of the dataset.
    """
    files = cvat_files(root)
    if not files:
        return None
    images = tool_images(root)
    entries: list[Entry] = []
    for path in files:
        content = read_xml(path)
        elements = content.findall("image")
        if elements:
            entries += [_entry(element, path) for element in elements]
        else:
            entries += track_entries(content, path, images)
    return open_entries(root, images, entries)


def cvat_files(root: Path) -> list[Path]:
    """The XML files of CVAT in a dataset folder."""
    for folder in (root, root / "annotations"):
        files = visible_files(folder, "*.xml")
        # If the first ones are another tool's, so are the others, and there may be thousands.
        if any(root_tag(path) == "annotations" for path in files[:_SAMPLE]):
            return [path for path in files if root_tag(path) == "annotations"]
    return []


def cvat_xml(frames: Iterable[tuple[str, LabelledFrame]]) -> str:
    """Labelled frames as "CVAT for images 1.1", one ``points`` element with one point per target.

    CVAT imports it into a task with the same images and a label ``target``. A target of a track has
    the attribute ``track``; a label without this attribute loses it on import.

    Args:
        frames: each with its file name under ``images/``.

    Raises:
        DatasetError: if a file name has a character that XML cannot hold.
    """
    listed = list(frames)
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    task = ElementTree.SubElement(ElementTree.SubElement(root, "meta"), "task")
    ElementTree.SubElement(task, "size").text = str(len(listed))
    ElementTree.SubElement(task, "mode").text = "annotation"
    label = ElementTree.SubElement(ElementTree.SubElement(task, "labels"), "label")
    ElementTree.SubElement(label, "name").text = _LABEL
    ElementTree.SubElement(label, "type").text = "points"
    attributes = ElementTree.SubElement(label, "attributes")
    if any(frame.tracks for _, frame in listed):
        _declare_track(attributes)
    for number, (file_name, frame) in enumerate(listed):
        if any(ord(character) < 32 for character in file_name):
            raise DatasetError(f"{file_name!r}: XML cannot hold this file name; rename the image")
        height, width = frame.shape
        size = {"width": str(width), "height": str(height)}
        image = ElementTree.SubElement(
            root, "image", {"id": str(number), "name": file_name, **size}
        )
        xy = frame.points.xy.tolist()
        for (x, y), track in zip(xy, frame.tracks or (None,) * len(xy), strict=True):
            fields = {"label": _LABEL, "source": "manual", "occluded": "0"}
            fields |= {"points": f"{x + 0.5!r},{y + 0.5!r}", "z_order": "0"}
            point = ElementTree.SubElement(image, "points", fields)
            if track is not None:
                ElementTree.SubElement(point, "attribute", {"name": "track"}).text = str(track)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, "unicode", short_empty_elements=False)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _declare_track(attributes: ElementTree.Element) -> None:
    """Declare the attribute ``track``, which a label in CVAT needs to keep the track numbers."""
    attribute = ElementTree.SubElement(attributes, "attribute")
    fields = {"name": "track", "mutable": "False", "input_type": "text"}
    for name, text in (fields | {"default_value": "", "values": ""}).items():
        ElementTree.SubElement(attribute, name).text = text


def _entry(image: ElementTree.Element, path: Path) -> Entry:
    name = image.get("name", "")
    if not name:
        raise DatasetError(f"{path}: an <image> has no name; export the labels again")
    try:
        size = (float(image.get("width", "0")), float(image.get("height", "0")))
    except ValueError as error:
        raise DatasetError(
            f"{path}: width or height of the image '{brief(name)}' is not a number; correct it"
        ) from error
    shapes = [element for element in image if element.tag in SHAPES]
    return Entry(
        image=name,
        source=path,
        targets=_targets(shapes, f"{path}: image '{brief(name)}'"),
        size=size if all(size) else None,
        subset=image.get("subset", ""),
    )


def _targets(
    elements: Sequence[ElementTree.Element], label: str
) -> Callable[[Shape, LeftOut], list[Target]]:
    def targets(shape: Shape, left_out: LeftOut) -> list[Target]:
        return [t for element in elements for t in shape_targets(element, shape, left_out, label)]

    return targets
