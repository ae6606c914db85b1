"""Mask folders: an image and a mask per frame; the components of the mask are targets.

NUDT-SIRST (``images/``, ``masks/``), IRSTD-1k (``IRSTD1k_Img/``, ``IRSTD1k_Label/``), SIRST v1
(``masks/<id>_pixels0.png``), the mask layout of SIRST-UAVB, and any folder of the same structure.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from irpoint.datasets.extent import Extent
from irpoint.datasets.images import Images
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.mask_values import Kind, mask_components, mask_targets, warn_of_values
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, FrameError, IrpointWarning
from irpoint.frames.read import read_frame

_FOLDERS = (("images", "masks"), ("IRSTD1k_Img", "IRSTD1k_Label"))
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
        return masked_frames(names, images, masks, root.name)

    return OpenedLayout(root, images.names(), split_lists(root), images.find, read)


def masked_frames(
    names: Sequence[str], images: Images, masks: Images, dataset: str
) -> list[LabelledFrame]:
    """Frames with the targets of their masks; see :mod:`irpoint.datasets.mask_values`.

    Raises:
        DatasetError: if an image or a mask is missing or damaged, or if their sizes disagree.

    Warns:
        IrpointWarning: if masks have more than two values, once per kind of mask.
    """
    kinds: Counter[Kind] = Counter()
    examples: dict[Kind, str] = {}
    frames = []
    for name in names:
        frame, mask, kind = _masked_frame(name, images, masks, dataset)
        frames.append(frame)
        kinds[kind] += 1
        examples.setdefault(kind, mask.name)
    warn_of_values(masks.folder, kinds, examples)
    return frames


def _masked_frame(
    name: str, images: Images, masks: Images, dataset: str
) -> tuple[LabelledFrame, Path, Kind]:
    """The frame ``name`` with its targets, its mask, and what values the mask has.

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
    components, kind = mask_targets(pixels, mask)
    targets = [(component + 0.5) * factor - 0.5 for component in components]
    xy = [component.mean(axis=0) for component in targets]
    extents = [Extent.of_pixels(component, factor) for component in targets]
    return labelled_frame(name, image, shape, xy, str(mask), dataset, extents), mask, kind


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
