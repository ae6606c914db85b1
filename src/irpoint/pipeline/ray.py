"""Many sources through Ray Data (extra ``ray``): all cores of a machine, or of a cluster."""

from __future__ import annotations

import logging
import os
import pickle
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import ray
import ray.data

from irpoint.errors import IrpointError, IrpointWarning, one_line
from irpoint.frames.raw import RawLayout
from irpoint.frames.source import Skipped
from irpoint.pipeline.batches import Detected, detect_files
from irpoint.runtime.detector import Detector

_MOST_TASKS = 2000  # of a run: each costs the cluster some milliseconds, however small it is
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing about the run is sent to anybody
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}


def detect_on_ray(
    build: Callable[..., Detector],
    paths: Sequence[str | Path],
    batch: int = 8,
    raw: RawLayout | None = None,
    *,
    threads: int = 1,
    pixels: bool = False,
) -> Iterator[Detected | Skipped]:
    """Run :func:`irpoint.pipeline.batches.detect_files` in many workers; same items, same order.

    Every worker loads the model once. They belong to the cluster that ``RAY_ADDRESS`` names, whose
    machines see the sources under the same paths; without it to one that is started on this machine
    now, and ended with the iterator.

    Args:
        build: makes the detector; called in every worker, with ``threads``.
        paths: files.
        batch: most frames that go through the network together, >= 1.
        raw: how the pixels lie, for headerless files.
        threads: cores of each worker; there are as many workers as fit.
        pixels: whether items carry their frames, as pictures need.

    Raises:
        IrpointError: where Ray does not start, or a worker fails.
    """
    if not paths:
        return iter(())
    own = not ray.is_initialized()
    if own:
        _start()
    worker = (partial(build, threads=threads), batch, raw, Path.cwd(), pixels)
    return _items(_plan(paths, worker, batch, threads), own)


def _start() -> None:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        with _silent():
            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # of many types, by what is wrong with the address
        raise IrpointError(f"ray does not start: {one_line(error)}") from error


@contextmanager
def _silent() -> Iterator[None]:
    """Without standard error, on which Ray's own code would say that it was told to be quiet."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _plan(
    paths: Sequence[str | Path], worker: tuple[Any, ...], batch: int, threads: int
) -> ray.data.Dataset:
    nodes: Callable[[], list[dict[str, Any]]] = ray.nodes  # itself without types
    machines = [int(node["Resources"].get("CPU", 0)) for node in nodes() if node["Alive"]]
    cores = max(1, min(threads, max(machines)))  # what no machine has would be waited for
    workers = max(1, sum(count // cores for count in machines))
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    # Bytes, since a file name need not be Unicode.
    rows = [{"path": os.fsencode(path)} for path in paths]
    files = max(batch, -(-len(rows) // _MOST_TASKS))
    return ray.data.from_items(rows, override_num_blocks=-(-len(rows) // files)).map_batches(
        _Worker,
        fn_constructor_args=worker,
        batch_size=None,
        num_cpus=cores,
        compute=ray.data.ActorPoolStrategy(size=workers),
    )


def _items(planned: ray.data.Dataset, own: bool) -> Iterator[Detected | Skipped]:
    told = set()
    try:
        for row in planned.iter_rows():
            item = pickle.loads(row["item"])
            if not isinstance(item, str):
                yield item
            elif item not in told:
                told.add(item)
                warnings.warn(item, IrpointWarning, stacklevel=2)
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None) or error
        raise IrpointError(f"a worker of ray failed: {one_line(cause)}") from error
    finally:
        if own:
            ray.shutdown()


class _Worker:
    """A detector in a process of Ray's; gives items, and warnings as their texts, pickled."""

    def __init__(
        self,
        build: Callable[[], Detector],
        batch: int,
        raw: RawLayout | None,
        folder: Path,
        pixels: bool,
    ) -> None:
        os.chdir(folder)  # so that sources and messages name files as they do without Ray
        self._detector = build()
        self._batch, self._raw, self._pixels = batch, raw, pixels

    def __call__(self, rows: dict[str, Any]) -> Iterator[dict[str, list[bytes]]]:
        paths = [os.fsdecode(path) for path in rows["path"]]
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", IrpointWarning)
            for item in detect_files(self._detector, paths, self._batch, self._raw):
                if isinstance(item, Detected) and not self._pixels:
                    item = replace(item, frame=None)
                yield {"item": [pickle.dumps(item)]}
            yield {"item": [pickle.dumps(str(warning.message)) for warning in said]}
