"""Mask folders: an image and a mask per frame; a component of the mask is a target.

NUDT-SIRST (``images/``, ``masks/``), IRSTD-1k (``IRSTD1k_Img/``, ``IRSTD1k_Label/``), SIRST v1
(``masks/<id>_pixels0.png``), the mask layout of SIRST-UAVB, and any folder of the same structure.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.datasets.extent import Extent
from irpoint.datasets.images import Images
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, FrameError, IrpointWarning
from irpoint.frames.read import read_frame

_FOLDERS = (("images", "masks"), ("IRSTD1k_Img", "IRSTD1k_Label"))
_EIGHT_CONNECTED = np.ones((3, 3), bool)
_ASPECT_TOLERANCE = 0.01


def open_masks(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder of images and masks; None if ``root`` is not one."""
    for image_folder, mask_folder in _FOLDERS:
        if (root / image_folder).is_dir() and (root / mask_folder).is_dir():
            images, masks = Images(root / image_folder), Images(root / mask_folder)
            break
    else:
        return None

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        return [masked_frame(name, images, masks, root.name) for name in names]

    return OpenedLayout(root, images.names(), split_lists(root), images.find, read)


def masked_frame(name: str, images: Images, masks: Images, dataset: str) -> LabelledFrame:
    """The frame ``name`` with the components of its mask as targets.

    Raises:
        DatasetError: if the image or the mask is missing or damaged, or if their sizes disagree.
    """
    image = images.find(name)
    known = (name, f"{name}_pixels0", images.name_of(image))
    mask = next(filter(None, map(masks.get, known)), None)
    if mask is None:
        raise DatasetError(
            f"{masks.folder / name}: no mask of this name for {image.name}; "
            "add it (all zero if the frame has no target)"
        )
    shape = image_shape(image)
    try:
        pixels = read_frame(mask, mask=True)
    except FrameError as error:
        raise DatasetError(str(error)) from error
    factor = _factor(mask, pixels.shape, image, shape)
    # The centre of pixel i is i + 1/2 from the edge, and edges coincide.
    targets = [(component + 0.5) * factor - 0.5 for component in mask_components(pixels)]
    xy = [component.mean(axis=0) for component in targets]
    extents = [Extent.of_pixels(component, factor) for component in targets]
    return labelled_frame(name, image, shape, xy, str(mask), dataset, extents)


def mask_components(mask: npt.NDArray[Any]) -> list[npt.NDArray[np.float64]]:
    """The 8-connected components of ``mask > 0``: the pixels (x, y) of each, (K, 2).

    They are ordered by their first pixels, row by row.
    """
    rows, columns = np.nonzero(mask > 0)
    if len(rows) == 0:
        return []
    top, left = rows.min(), columns.min()
    part = mask[top : rows.max() + 1, left : columns.max() + 1] > 0
    labels, count = ndimage.label(part, structure=_EIGHT_CONNECTED)
    of_pixel = labels[rows - top, columns - left]
    order = np.argsort(of_pixel, kind="stable")
    ends = np.cumsum(np.bincount(of_pixel, minlength=count + 1)[1:])
    return np.split(np.column_stack((columns, rows))[order].astype(np.float64), ends[:-1])


def mask_centroids(mask: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Centroids (x, y) of the components of a mask, (N, 2) in pixels, in the same order."""
    return np.array([c.mean(axis=0) for c in mask_components(mask)]).reshape(-1, 2)


def _factor(
    mask: Path, mask_shape: tuple[int, ...], image: Path, shape: tuple[int, int]
) -> tuple[float, float]:
    """Image pixels per mask pixel in x and y: 1, except for a mask of another size.

    A mask of another size is accepted if it has the same aspect ratio.
    """
    if mask_shape == shape:
        return 1.0, 1.0
    height, width = shape
    mask_height, mask_width = mask_shape
    sizes = f"the mask is {mask_width}x{mask_height} but {image.name} is {width}x{height}"
    ratio = (mask_width * height) / (mask_height * width)
    if abs(ratio - 1) > _ASPECT_TOLERANCE:
        raise DatasetError(f"{mask}: {sizes}; give a mask of the image's size")
    warnings.warn(f"{mask}: {sizes}; its points were scaled to fit", IrpointWarning, stacklevel=2)
    return width / mask_width, height / mask_height
