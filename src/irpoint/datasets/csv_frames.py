"""The frames that the rows of CSV files belong to.

A file that names no images belongs to the image, stack or video of the same name, or to the only
one beside it. Frame k of a stack or video is its page or picture k, from 0. A file with frame
numbers beside several images means the images in natural order, as napari and trackpy open them.
Such a file has no row for a frame without targets; a split list makes it part of the dataset.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from irpoint.datasets.csv_rows import Label, LabelTable
from irpoint.datasets.images import Images
from irpoint.datasets.label import image_shape, labelled_frame, moved_inside
from irpoint.datasets.layout import OpenedLayout
from irpoint.datasets.lists import split_lists
from irpoint.datasets.record import LabelledFrame
from irpoint.datasets.shapes import Target
from irpoint.datasets.shown_labels import shown_targets
from irpoint.errors import DatasetError, FrameError, IrpointWarning
from irpoint.frames.natural import natural_key
from irpoint.frames.numbered import count_frames, numbered_path


class FrameLabels:
    """The labels of each frame, by its name.

    Args:
        images: the files with frames.
        path: the CSV file, or the folder of several, for error messages.
    """

    def __init__(self, images: Images, path: Path) -> None:
        self.images = images
        self.path = path
        self.labels: dict[str, list[Label]] = {}
        self._pages: dict[str, Path] = {}
        self._counts: dict[Path, int] = {}

    def is_stack(self, image: Path) -> bool:
        """Whether a file has several frames."""
        return self.count(image) > 1

    def count(self, image: Path) -> int:
        """Number of frames in a file."""
        if image not in self._counts:
            try:
                self._counts[image] = count_frames(image)
            except FrameError as error:
                raise DatasetError(str(error)) from error
        return self._counts[image]

    def add_page(self, image: Path, name: str, number: int, where: str) -> str:
        """The name of a frame of a stack or video, which is added to the frames."""
        if number >= self.count(image):
            raise DatasetError(
                f"{where}: frame {number}, but {image.name} has {self.count(image)}, counted from "
                "0; correct it"
            )
        page = f"{name}#{number}"
        self._pages[page] = numbered_path(image, number)
        return page

    def add(self, name: str, label: Label) -> None:
        """Add a row to a frame.

        Raises:
            DatasetError: if the frame has a row without a target and another one.
        """
        rows = self.labels.setdefault(name, [])
        if rows and (label.xy is None or rows[0].xy is None):
            raise DatasetError(
                f"{label.where}: '{label.image or name}' has a row without a target and another "
                "row; remove one"
            )
        rows.append(label)

    def add_empty(self, names: Sequence[str]) -> None:
        """Add the frames that have no row, as frames without targets."""
        for name in names:
            self.labels.setdefault(name, [])

    def sort(self) -> None:
        """Put the frames in their natural order."""
        self.labels = dict(sorted(self.labels.items(), key=lambda item: natural_key(item[0])))

    def count_unlabelled(self) -> int:
        """Number of images, and of frames of stacks and videos with labels, that have no row."""
        every = sum(self._counts.get(self.images.find(n), 1) for n in self.images.names())
        found = [n for n in self.labels if n in self._pages or self.images.get(n) is not None]
        return max(0, every - len(found))

    def find(self, name: str) -> Path:
        """The file of a frame, as :class:`irpoint.datasets.LabelledFrame` names it."""
        return self._pages.get(name) or self.images.find(name)

    def rows_of(self, name: str) -> list[Label]:
        """The rows of a frame.

        Raises:
            DatasetError: if it has none.
        """
        known = name if name in self._pages else self.images.name_of(self.images.find(name))
        if known not in self.labels:
            raise DatasetError(
                f"{self.path}: no row for the image '{name}'; add one (with x and y empty if it "
                "has no target)"
            )
        return self.labels[known]


def open_frames(
    root: Path, frames: FrameLabels, splits: Mapping[str, tuple[str, ...]] | None = None
) -> OpenedLayout:
    """The dataset of frames with their rows, and with splits in addition to its lists."""

    def read(names: Sequence[str]) -> list[LabelledFrame]:
        found, moved = [], 0
        for name in names:
            image, rows = frames.find(name), frames.rows_of(name)
            shape = image_shape(image)
            targets = _targets(rows, image, shape)
            xy, count = moved_inside([target[:2] for target in targets], shape)
            moved += count
            extents = [target.extent for target in targets if target.extent is not None]
            known = extents if len(extents) == len(targets) and targets else None
            path, tracks = str(frames.path), [target.track for target in targets]
            found.append(labelled_frame(name, image, shape, xy, path, root.name, known, tracks))
        if moved:
            warnings.warn(
                f"{frames.path}: {moved} points lie up to a pixel outside their frame; they are "
                "moved to its edge",
                IrpointWarning,
                stacklevel=3,
            )
        _warn_of_fractions(found, frames.path)
        return found

    return OpenedLayout(
        root,
        tuple(frames.labels),
        {**(splits or {}), **split_lists(root)},
        frames.find,
        read,
        one_label_file=True,
        unlabelled=frames.count_unlabelled(),
    )


def _targets(rows: Sequence[Label], image: Path, shape: tuple[int, int]) -> list[Target]:
    """The targets of a frame.

    Columns width and height have to be those of the image, or of the picture as tools show it.
    """
    height, width = shape
    targets = [Target(*row.xy, row.extent, row.track) for row in rows if row.xy is not None]
    row = next((row for row in rows if row.size not in (None, (width, height))), None)
    if row is None or row.size is None:
        return targets
    stated = "x".join(f"{side:g}" for side in row.size)
    same = all(other.size == row.size for other in rows)
    shown = shown_targets(image, shape, row.size, lambda _: targets) if same else None
    if shown is not None:
        return shown
    if row.extent is None and row.xy is not None:
        raise DatasetError(
            f"{row.where}: width and height ({stated}) beside x and y: if they are a box, name its "
            "columns xmin,ymin,xmax,ymax, or remove width and height if x,y is its centre"
        )
    raise DatasetError(
        f"{row.where}: states {stated} but {image.name} is {width}x{height}; give the image that "
        "was annotated"
    )


def _warn_of_fractions(frames: Sequence[LabelledFrame], path: Path) -> None:
    xy = [point for frame in frames for point in frame.points.xy.tolist()]
    if len(xy) > 1 and all(0 <= x <= 1 and 0 <= y <= 1 and (x % 1 or y % 1) for x, y in xy):
        warnings.warn(
            f"{path}: every point lies in the top-left pixel; positions are pixels, not fractions "
            "of the frame",
            IrpointWarning,
            stacklevel=4,
        )


def unnamed_frames(root: Path, tables: Sequence[LabelTable]) -> FrameLabels:
    """The frames of files that name no images.

    Raises:
        DatasetError: if it is not clear which frames a file means.
    """
    images = Images(root / "images" if (root / "images").is_dir() else root, videos=True)
    found = FrameLabels(images, tables[0].path if len(tables) == 1 else root)
    for table in tables:
        image = images.get(table.path.stem)
        names = images.names()
        if image is None and len(tables) == 1 and len(names) == 1:
            image = images.find(names[0])
        if image is not None:
            _add_frames(found, image, table)
        elif len(tables) == 1 and table.numbers_frames:
            _add_images(found, names, table)
        else:
            raise DatasetError(
                f"{table.path}, line {table.header_line}: no header image,x,y, and none of the "
                f"{len(names)} files with frames has the name of this file; add the column 'image' "
                "or rename the file"
            )
    if any(table.numbers_frames for table in tables):
        _add_listed(found, root)
    return found


def _add_frames(found: FrameLabels, image: Path, table: LabelTable) -> None:
    """Add the rows of a file that belongs to one image, stack or video."""
    count, name = found.count(image), found.images.name_of(image)
    if count > 1 and not table.numbers_frames:
        raise DatasetError(
            f"{table.path}: has no column 'frame', but {image.name} has {count} frames; add it"
        )
    if count == 1 and not table.labels:
        found.add_empty([name])
    for label in table.labels:
        number = label.frame or 0
        if count > 1 and label.frame is None:
            raise DatasetError(f"{label.where}: the frame is missing; give its number")
        page = found.add_page(image, name, number, label.where)
        found.add(page if count > 1 or found.images.is_video(image) else name, label)


def _add_images(found: FrameLabels, names: Sequence[str], table: LabelTable) -> None:
    """Add the rows of a file whose frame numbers count the images."""
    warnings.warn(
        f"{table.path}: its frame numbers are read as the {len(names)} images in natural order, "
        f"from 0 ({names[0]}) to {len(names) - 1} ({names[-1]})",
        IrpointWarning,
        stacklevel=5,
    )
    for label in table.labels:
        if label.frame is None or label.frame >= len(names):
            stated = "the frame is missing" if label.frame is None else f"frame {label.frame}"
            raise DatasetError(
                f"{label.where}: {stated}, but the {len(names)} images have the numbers 0 to "
                f"{len(names) - 1}; correct it"
            )
        found.add(names[label.frame], label)


def _add_listed(found: FrameLabels, root: Path) -> None:
    """Add the frames that have no row, but are on a split list, as frames without targets."""
    listed = dict.fromkeys(name for names in split_lists(root).values() for name in names)
    frames = [frame for name in listed if (frame := _listed_frame(found, name)) is not None]
    empty = [frame for frame in frames if frame not in found.labels]
    if empty:
        warnings.warn(
            f"{found.path}: {len(empty)} frames on the split lists have no row, such as "
            f"'{empty[0]}'; they are read as frames without targets",
            IrpointWarning,
            stacklevel=5,
        )
        found.add_empty(empty)
        found.sort()


def _listed_frame(found: FrameLabels, name: str) -> str | None:
    """The name of a frame as its labels have it; None if a list names no such frame."""
    image = found.images.get(name)
    if image is not None:
        return None if found.is_stack(image) else found.images.name_of(image)
    file, _, number = name.rpartition("#")
    image = found.images.get(file) if file and number.isdecimal() else None
    if image is None or int(number) >= found.count(image):
        return None
    return found.add_page(image, found.images.name_of(image), int(number), name)
