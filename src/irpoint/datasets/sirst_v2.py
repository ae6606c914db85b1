"""SIRST v2: images in ``targets/`` and ``backgrounds/``, masks, and a centroid XML per image."""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

from irpoint.datasets.images import Images
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.masks import masked_frames
from irpoint.datasets.record import LabelledFrame
from irpoint.errors import DatasetError, IrpointWarning, one_line

_FULL_LISTS = ("train", "val", "test")


def open_sirst_v2(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a SIRST v2 folder; None if ``root`` is not one.

    The splits ``train``, ``val`` and ``test`` are the lists ``train_full``, ``val_full`` and
    ``test_full``.
    """
    if not ((root / "images").is_dir() and (root / "annotations" / "masks").is_dir()):
        return None
    images, masks = Images(root / "images"), Images(root / "annotations" / "masks")
    lists = split_lists(root)
    lists.update({n: lists[f"{n}_full"] for n in _FULL_LISTS if f"{n}_full" in lists})
    centroids = root / "annotations" / "centroids"

    def read_masks(names: Sequence[str]) -> list[LabelledFrame]:
        return masked_frames(names, images, masks, root.name)

    def read_centroids(names: Sequence[str]) -> list[LabelledFrame]:
        return _centroid_frames(names, centroids, images, masks)

    read = read_centroids if truth == "centroids" and centroids.is_dir() else read_masks
    # SIRST v2 contains the images of v1, with corrected masks.
    return OpenedLayout(root, images.names(), lists, images.find, read, corrects_others=True)


def _centroid_frames(
    names: Sequence[str], folder: Path, images: Images, masks: Images
) -> list[LabelledFrame]:
    """Frames with the centroids of their XML.

    Backgrounds have no XML and no target. Some target images have no XML either. Dropping them
    would change the split, so their masks are used, with a warning.
    """
    dataset = images.folder.parent.name
    found = [images.find(name) for name in names]
    without = [
        name
        for name, image in zip(names, found, strict=True)
        if image.parent.name != "backgrounds" and not (folder / f"{image.stem}.xml").is_file()
    ]
    masked = dict(zip(without, masked_frames(without, images, masks, dataset), strict=True))
    frames = []
    for name, image in zip(names, found, strict=True):
        if name in masked:
            frames.append(masked[name])
            continue
        xml = folder / f"{image.stem}.xml"
        xy = _read_centroids(xml, image.parent.name == "backgrounds") if xml.is_file() else []
        frames.append(labelled_frame(name, image, image_shape(image), xy, str(xml), dataset))
    if without:
        warnings.warn(
            f"{folder}: {len(without)} of {len(names)} images have no XML; their masks are used "
            "instead",
            IrpointWarning,
            stacklevel=2,
        )
    return frames


def _read_centroids(path: Path, background: bool) -> list[tuple[float, float]]:
    try:
        objects = ElementTree.parse(path).getroot().findall("object")
    except ElementTree.ParseError as error:
        raise DatasetError(f"{path}: not well-formed XML ({error}); fix that line") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({one_line(error)})") from error
    points = []
    for number, item in enumerate(objects, 1):
        centroid = item.find("centroid")
        if centroid is None:
            if background:
                continue
            raise DatasetError(f"{path}: object {number} has no <centroid>; add it")
        try:
            # The files count pixels from 1.
            xy = (float(centroid.findtext("xc", "")) - 1, float(centroid.findtext("yc", "")) - 1)
        except ValueError as error:
            raise DatasetError(
                f"{path}: <xc> or <yc> of object {number} is not a number; correct it"
            ) from error
        points.append(xy)
    return points
