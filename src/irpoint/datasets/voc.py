"""Pascal VOC boxes; the target is the centre of its box.

The edges of a box count from the outer corner of the top-left pixel, irpoint's positions from its
centre, so half a pixel is subtracted: the box of the pixels 3..5 has the edges 3 and 6 and the
centre 4.5 - 0.5 = 4. The first VOC releases counted whole pixels from 1, with both ends inclusive.
Positions from their files are half a pixel too large, because a file does not state its convention.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from irpoint.datasets.extent import Extent
from irpoint.datasets.images import Images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def open_voc(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a Pascal VOC folder; None if ``root`` is not one.

    The folder has ``Annotations/*.xml`` with ``JPEGImages/``, or ``annotations/*.xml`` with
    ``images/``.
    """
    labels = _first_folder(root, ("Annotations", "annotations"))
    image_folder = _first_folder(root, ("JPEGImages", "images"))
    if labels is None or image_folder is None or next(labels.glob("*.xml"), None) is None:
        return None
    images = Images(image_folder)

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        return [_read_frame(name, images, labels, root.name) for name in names]

    return OpenedLayout(root, images.names(), split_lists(root), images.find, read)


def _first_folder(root: Path, names: tuple[str, ...]) -> Path | None:
    return next((root / name for name in names if (root / name).is_dir()), None)


def _read_frame(name: str, images: Images, labels: Path, dataset: str) -> LabelledFrame:
    image = images.find(name)
    path = labels / f"{without_suffix(image.name)}.xml"
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise DatasetError(f"{path}: not well-formed XML ({error}); fix that line") from error
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path}: no such file for {image.name}; add it (without objects for an empty frame)"
        ) from error
    height, width = shape = image_shape(image)
    stated = (root.findtext("size/width", "0").strip(), root.findtext("size/height", "0").strip())
    # Some tools write 0 if they do not know the size.
    if stated not in (("0", "0"), (str(width), str(height))):
        raise DatasetError(
            f"{path}: states {'x'.join(stated)} but {image.name} is {width}x{height}; "
            "give the image that was annotated"
        )
    xy, extents = [], []
    for number, item in enumerate(root.findall("object"), 1):
        try:
            corners = [float(item.findtext(f"bndbox/{corner}", "")) for corner in _CORNERS]
        except ValueError as error:
            raise DatasetError(
                f"{path}: object {number} has no <bndbox> of four numbers; correct it"
            ) from error
        left, top, right, bottom = corners
        xy.append(((left + right) / 2 - 0.5, (top + bottom) / 2 - 0.5))
        extents.append(Extent.of_box(left - 0.5, top - 0.5, right - 0.5, bottom - 0.5))
    return labelled_frame(name, image, shape, xy, str(path), dataset, extents)
