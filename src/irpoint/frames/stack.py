"""The frames of an opened file, in any order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from irpoint.errors import FrameError
from irpoint.frames.arrays import Frame
from irpoint.frames.notes import Note


class Stack(ABC):
    """The frames of an opened file. Detection reads them in order, the labelling page in any order.

    Iterating gives what ``read(0)``, ``read(1)``, … give. It is a context manager that closes the
    file.

    Attributes:
        notes: what the user should know about the frames read so far.
        mask: the frames are masks, whose values mean what the file's metadata does not.
    """

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.mask = False

    @abstractmethod
    def __len__(self) -> int:
        """Number of frames."""

    @abstractmethod
    def read(self, index: int) -> Frame:
        """Frame ``index`` (H, W), counted from 0.

        Raises:
            FrameError: if it cannot be read.
        """

    def time_s(self, index: int) -> float | None:
        """Seconds from the first frame to frame ``index``; None if frames have no times."""
        return None

    def shape(self) -> tuple[int, int]:
        """(height, width) of the only frame, if possible from the header alone.

        Raises:
            FrameError: if there are several frames.
        """
        frame = self.only()
        return frame.shape[0], frame.shape[1]

    def only(self) -> Frame:
        """The only frame.

        Raises:
            FrameError: if there are several frames, or it cannot be read.
        """
        self._check_single()
        return self.read(0)

    def _check_single(self) -> None:
        if len(self) != 1:
            raise FrameError(f"holds {len(self)} frames; give one file per frame")

    def __iter__(self) -> Iterator[Frame]:
        return (self.read(index) for index in range(len(self)))

    def close(self) -> None:
        """Close the file; no frame can be read after that."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
