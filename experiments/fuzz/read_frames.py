"""Read a damaged file of frames in all the ways in which irpoint does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from experiments.fuzz.frame_seeds import RAW
from irpoint import Detector
from irpoint.frames import open_source, read_frame
from irpoint.frames.raw import RawLayout
from irpoint.frames.read import frame_shape
from irpoint.frames.source import Skipped
from irpoint.label.catalogue import Catalogue
from irpoint.pipeline import detect_frames
from irpoint.serve.body import read_body
from irpoint.serve.limits import Refused

_LARGE = 2**21  # pixels; larger frames are read but not detected in, to save time


@cache
def detector() -> Detector:
    """A filter: quick, and without a network."""
    return Detector("top-hat")


def detect(path: Path, raw: str | None = None) -> Iterator[str]:
    """As ``irpoint detect`` does."""
    layout = None if raw is None else RawLayout.parse(raw)
    for item in open_source(path, layout).frames():
        if isinstance(item, Skipped):
            yield item.reason
        elif item.frame.size <= _LARGE:
            detector()(item.frame)


def detect_in_batches(path: Path) -> Iterator[str]:
    """As the pipeline does, with prefetched frames."""
    for item in detect_frames(detector(), [path]):
        if isinstance(item, Skipped):
            yield item.reason


def label(path: Path) -> Iterator[str]:
    """As the label page does: the list of frames, then single frames in any order."""
    catalogue = Catalogue(path.parent)
    yield from catalogue.skipped
    for entry in (*catalogue.entries[-1:], *catalogue.entries[:2]):
        catalogue.read(entry)


def one_image(path: Path) -> Iterator[str]:
    """As data sets and masks are read."""
    frame_shape(path)
    read_frame(path)
    yield from ()


def serve(path: Path) -> Iterator[str]:
    """As the body of a request to the detection service is read."""
    try:
        read_body(path.read_bytes(), path.name, _LARGE)
    except Refused as refused:
        yield refused.reason


detect_raw = partial(detect, raw=RAW)
