"""Pascal VOC boxes; the target is the centre of its box.

In the files of annotation tools, the edges of a box count from the outer corner of the top-left
pixel, irpoint's positions from its centre, so half a pixel is subtracted: the box of the pixels
3..5 has the edges 3 and 6 and the centre 4.5 - 0.5 = 4. The official VOC releases count whole
pixels from 1, with both ends inclusive: that box is 4..6, and its centre is 5 - 1 = 4. They are
recognised by their ``<source>``.
"""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Sequence
from pathlib import Path, PureWindowsPath

from irpoint.datasets.extent import Extent
from irpoint.datasets.images import Images, has_images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.label_files import read_xml, root_tag
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.shapes import Target
from irpoint.datasets.shown_labels import shown_targets
from irpoint.errors import DatasetError, IrpointWarning

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
_TRIED = 20  # XML files to look into before a folder is of another layout
_OFFICIAL = ("the voc20", "pascal voc")  # how <database> or <annotation> of the releases begin


def open_voc(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a Pascal VOC folder; None if ``root`` is not one.

    The folder has ``Annotations/*.xml`` with ``JPEGImages/``, or ``annotations/*.xml`` with
    ``images/``; every image has an XML file. Or it has XML files of any other arrangement: one with
    the name of an image in the same folder, else one whose ``<filename>`` is an image. Then an
    image without an XML file is not part of the dataset.
    """
    labels = _first_folder(root, ("Annotations", "annotations"))
    image_folder = _first_folder(root, ("JPEGImages", "images"))
    if labels is None or image_folder is None or not _xml_files(labels):
        return _open_anywhere(root)
    images = Images(image_folder)

    def label_file(image: Path) -> Path:
        name = without_suffix(image.relative_to(images.folder).as_posix())
        inside = labels / f"{name}.xml"
        return inside if inside.is_file() else labels / f"{without_suffix(image.name)}.xml"

    xmls = {label_file(images.find(name)) for name in images.names()}
    _warn_of_others(root, [path for path in _xml_files(labels) if path not in xmls])
    return _opened(root, images, images.names(), label_file)


def _open_anywhere(root: Path) -> OpenedLayout | None:
    files = _xml_files(root)
    if not files or not _has_voc(files) or not has_images(root):
        return None
    images = Images(root)
    of_image: dict[Path, Path] = {}
    others = []
    for path in files:
        image = _image_of(path, images)
        if image is None:
            others.append(path)
        elif image in of_image:
            raise DatasetError(
                f"{path}: a second file for {image.name}, beside {of_image[image]}; remove one"
            )
        else:
            of_image[image] = path
    if not of_image:
        raise DatasetError(
            f"{root}: {len(files)} XML files, none of an image below; add the images"
        )
    _warn_of_others(root, others)
    names = [name for name in images.names() if images.find(name) in of_image]
    unlabelled = len(images.names()) - len(names)

    def label_file(image: Path) -> Path:
        return of_image.get(image, image.with_suffix(".xml"))

    return _opened(root, images, names, label_file, unlabelled)


def _xml_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.xml")) if not path.name.startswith(".")]


def _has_voc(files: list[Path]) -> bool:
    return any(root_tag(path) == "annotation" for path in files[:_TRIED])


def _image_of(path: Path, images: Images) -> Path | None:
    """The image of an XML file: of the same name beside it, else the one that it states."""
    beside = path.with_suffix("").relative_to(images.folder).as_posix()
    if images.has(beside):
        return images.get(beside)
    stated = PureWindowsPath(read_xml(path).findtext("filename", "").strip()).name
    for name in filter(None, (stated, path.stem)):
        if (image := images.get(name)) is not None:
            return image
    return None


def _warn_of_others(root: Path, files: list[Path]) -> None:
    if files:
        warnings.warn(
            f"{root}: {len(files)} XML files have no image, such as "
            f"{min(files).relative_to(root).as_posix()}; they are skipped",
            IrpointWarning,
            stacklevel=4,
        )


def _opened(
    root: Path,
    images: Images,
    names: Sequence[str],
    label_file: Callable[[Path], Path],
    unlabelled: int = 0,
) -> OpenedLayout:
    def read(wanted: Sequence[str]) -> list[LabelledFrame]:
        found = ((name, images.find(name)) for name in wanted)
        return [_read_frame(name, image, label_file(image), root.name) for name, image in found]

    return OpenedLayout(
        root, tuple(names), split_lists(root), images.find, read, unlabelled=unlabelled
    )


def _first_folder(root: Path, names: tuple[str, ...]) -> Path | None:
    return next((root / name for name in names if (root / name).is_dir()), None)


def _read_frame(name: str, image: Path, path: Path, dataset: str) -> LabelledFrame:
    if not path.is_file():
        raise DatasetError(
            f"{path}: no such file for {image.name}; add it (without objects for an empty frame)"
        )
    root = read_xml(path)
    height, width = shape = image_shape(image)
    targets: list[Target] | None = _targets(root, path)
    stated = (root.findtext("size/width", "0").strip(), root.findtext("size/height", "0").strip())
    # Some tools write 0 if they do not know the size.
    if stated not in (("0", "0"), (str(width), str(height))):
        found = targets or []
        size = tuple(float(side) if side.isdecimal() else 0.0 for side in stated)
        targets = shown_targets(image, shape, (size[0], size[1]), lambda _: found)
    if targets is None:
        raise DatasetError(
            f"{path}: states {'x'.join(stated)} but {image.name} is {width}x{height}; "
            "give the image that was annotated"
        )
    xy = [target[:2] for target in targets]
    extents = [target.extent for target in targets if target.extent is not None]
    return labelled_frame(name, image, shape, xy, str(path), dataset, extents)


def _targets(root: ElementTree.Element, path: Path) -> list[Target]:
    # From the stated edges to those that count from the centre of the top-left pixel.
    low, high = (1.5, 0.5) if _is_official(root) else (0.5, 0.5)
    targets = []
    for number, item in enumerate(root.findall("object"), 1):
        try:
            corners = [float(item.findtext(f"bndbox/{corner}", "")) for corner in _CORNERS]
        except ValueError as error:
            raise DatasetError(
                f"{path}: object {number} has no <bndbox> of four numbers; correct it"
            ) from error
        left, top, right, bottom = corners
        edges = (left - low, top - low, right - high, bottom - high)
        x, y = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
        targets.append(Target(x, y, Extent.of_box(*edges)))
    return targets


def _is_official(root: ElementTree.Element) -> bool:
    """Whether an annotation is one of the official VOC releases."""
    sources = (root.findtext(f"source/{tag}", "") for tag in ("database", "annotation"))
    return any(source.strip().lower().startswith(_OFFICIAL) for source in sources)
