"""Which engine detects: this process, or the workers of Ray."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from irpoint.errors import SettingsError

if TYPE_CHECKING:
    from irpoint.frames.raw import RawLayout
    from irpoint.frames.source import Skipped
    from irpoint.pipeline.batches import Detected
    from irpoint.runtime import Detector


def check_engine(engine: str, paths: Sequence[str | Path], raw: RawLayout | None) -> None:
    """Raise where there is no such engine, it is not installed, or a source is not for it."""
    from irpoint.frames import open_source

    if engine not in ("local", "ray"):
        raise SettingsError(f"--engine {engine}: give local or ray")
    if engine == "local":
        return
    if find_spec("ray") is None:
        raise SettingsError("--engine ray needs it: pip install 'irpoint[ray]'")
    for path in paths:
        if not open_source(path, raw).repeatable:
            raise SettingsError(f"--engine ray: reads files; {path} needs --engine local")


def found_by(
    engine: str,
    build: Callable[..., Detector],
    detector: Detector,
    paths: Sequence[str | Path],
    batch: int,
    raw: RawLayout | None,
    threads: int,
    *,
    pixels: bool,
) -> Iterator[Detected | Skipped]:
    """What is found in the sources, by ``detector`` here or by others of ``build(threads=…)``."""
    if engine == "local":
        from irpoint.pipeline.batches import detect_files

        return detect_files(detector, paths, batch, raw)
    from irpoint.pipeline.ray import detect_on_ray

    return detect_on_ray(build, paths, batch, raw, threads=threads or 1, pixels=pixels)
