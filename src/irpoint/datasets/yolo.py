"""YOLO folders: boxes (the target is the centre), keypoints, or polygons (the centroid).

What the numbers in the label files mean: :mod:`irpoint.datasets.yolo_labels`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from irpoint.datasets.data_yaml import find_data_yaml
from irpoint.datasets.images import Images, has_images, without_suffix
from irpoint.datasets.label import image_shape, labelled_frame
from irpoint.datasets.layout import OpenedLayout, Truth
from irpoint.datasets.lists import listed_names, split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.yolo_labels import YoloLabels
from irpoint.errors import DatasetError, IrpointWarning

_NOT_LABELS = {"classes.txt", "labels.txt", "obj.names", "readme.txt", "notes.txt"}


def open_yolo(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a YOLO folder (``images/``, ``labels/*.txt``); None if ``root`` is not one.

    Subfolders of ``images/`` are splits, and so are the entries of ``data.yaml``. As in YOLO, an
    image without a label file has no target.

    Raises:
        DatasetError: if no label file belongs to an image.
    """
    labels = root / "labels"
    files = _text_files(labels)
    if not (root / "images").is_dir() or not files:
        return None
    images = Images(root / "images")

    def label_file(image: Path) -> Path:
        return labels / f"{without_suffix(image.relative_to(images.folder).as_posix())}.txt"

    opened = _opened(root, images, label_file, files)
    if opened is None:
        raise DatasetError(f"{labels}: no label file has the name of an image; rename them")
    return opened


def open_yolo_beside(root: Path, truth: Truth) -> OpenedLayout | None:
    """Open a folder whose images have YOLO label files beside them; None if ``root`` is not one.

    Darknet, labelImg and CVAT's YOLO export arrange files like this. Subfolders are no splits. A
    folder with a CSV file is not one.
    """
    if next(root.glob("*.csv"), None) is not None:
        return None
    files = {path for path in _text_files(root) if _looks_like_labels(path)}
    if not files or not has_images(root):
        return None
    return _opened(root, Images(root), lambda image: image.with_suffix(".txt"), files, False)


def _text_files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*.txt") if not path.name.startswith(".")}


def _looks_like_labels(path: Path) -> bool:
    """Whether the first line of a file is a class and four or more numbers."""
    try:
        with path.open("rb") as file:
            fields = file.read(200).decode("utf-8-sig", "replace").split("\n")[0].split()
        return len(fields) >= 5 and all(float(field) is not None for field in fields[1:5])
    except (OSError, ValueError):
        return False


def _opened(
    root: Path,
    images: Images,
    label_file: Callable[[Path], Path],
    files: set[Path],
    subfolders_are_splits: bool = True,
) -> OpenedLayout | None:
    """The dataset; None if no label file belongs to an image."""
    splits: dict[str, tuple[str, ...]] = {}
    of_image: dict[Path, Path] = {}
    for name in images.names():
        image = images.find(name)
        of_image[image] = label_file(image)
        folder = image.relative_to(images.folder).parts[0]
        if folder != image.name and subfolders_are_splits:
            splits[folder] = (*splits.get(folder, ()), name)
    if not files & set(of_image.values()):
        return None
    _warn_of_others(root, files - set(of_image.values()))
    yaml = find_data_yaml(root)
    if yaml is not None:
        for split, entries in yaml.splits.items():
            located = [path for entry in entries if (path := yaml.locate(entry)) is not None]
            names = [name for path in located for name in _names_of(path, images)]
            if names and len(names) < len(images.names()):  # every image is no split
                splits.setdefault(split, tuple(names))
    labels = YoloLabels(root, of_image.values(), yaml)

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        frames = []
        for name in names:
            image = images.find(name)
            shape, path = image_shape(image), of_image[image]
            targets = labels.read(path, shape)
            xy, extents = targets.xy, targets.extents
            frames.append(labelled_frame(name, image, shape, xy, str(path), root.name, extents))
        labels.warn()
        return frames

    return OpenedLayout(root, images.names(), splits | split_lists(root), images.find, read)


def _names_of(entry: Path, images: Images) -> list[str]:
    """The images that an entry of ``data.yaml`` means: a folder, or a file that lists them."""
    if entry.is_file():
        found = ((name, images.get(name)) for name in listed_names(entry))
        return [images.name_of(image) if image else name for name, image in found]
    if not entry.is_relative_to(images.folder.resolve()):
        return []
    folder = images.folder / entry.relative_to(images.folder.resolve())
    return [name for name in images.names() if folder in images.find(name).parents]


def _warn_of_others(root: Path, files: set[Path]) -> None:
    others = sorted(path for path in files if path.name.lower() not in _NOT_LABELS)
    if others:
        warnings.warn(
            f"{root}: {len(others)} label files have no image, such as "
            f"{others[0].relative_to(root).as_posix()}; they are skipped",
            IrpointWarning,
            stacklevel=4,
        )
