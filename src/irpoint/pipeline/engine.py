"""Where detection runs: in this process, or in the workers of a Ray cluster.

To add an engine, write a module and add an entry to ``ENGINES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

from irpoint.errors import SettingsError
from irpoint.frames.source import Skipped, Source
from irpoint.pipeline.batches import detect_frames
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector

Results = Iterator[FrameResult | Skipped]
Engine = Callable[[Detector, Sequence[Source], int, bool, float | None], Results]


def find_engine(name: str, sources: Sequence[Source]) -> Engine:
    """The engine with this name.

    Raises:
        SettingsError: if there is no such engine, it is not installed, or it cannot read one of the
            sources.
    """
    if name not in ENGINES:
        raise SettingsError(f"--engine {name}: give {' or '.join(ENGINES)}")
    if name == "ray":
        _check_ray(sources)
    return ENGINES[name]


def _check_ray(sources: Sequence[Source]) -> None:
    if find_spec("ray") is None:
        raise SettingsError("--engine ray: Ray is not installed; run pip install 'irpoint[ray]'")
    for source in sources:
        if not source.repeatable:
            raise SettingsError(
                f"--engine ray: reads files only; use --engine local for {source.name}"
            )


def _local(
    detector: Detector,
    sources: Sequence[Source],
    batch: int,
    pixels: bool,
    weak_from: float | None,
) -> Results:
    del pixels  # always kept, because they are in the memory of this process
    return detect_frames(detector, sources, batch, weak_from=weak_from)


def _ray(
    detector: Detector,
    sources: Sequence[Source],
    batch: int,
    pixels: bool,
    weak_from: float | None,
) -> Results:
    from irpoint.pipeline.ray import detect_on_ray

    return detect_on_ray(detector, sources, batch, pixels=pixels, weak_from=weak_from)


ENGINES: dict[str, Engine] = {"local": _local, "ray": _ray}
