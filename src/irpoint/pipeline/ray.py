"""Sources → results on Ray Data (extra ``ray``): all cores of a machine, or of a cluster."""

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
from irpoint.frames.source import Skipped, Source
from irpoint.pipeline.batches import detect_each_frame, refuse_unfit
from irpoint.points import FrameResult
from irpoint.runtime.detector import Detector

_MAX_TASKS = 2000  # per run, because each task has an overhead of some milliseconds
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no usage report leaves this machine
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
}


def detect_on_ray(
    detector: Detector,
    sources: Sequence[Source],
    batch: int = 8,
    *,
    pixels: bool = False,
    weak_from: float | None = None,
) -> Iterator[FrameResult | Skipped]:
    """Yield what :func:`irpoint.pipeline.batches.detect_frames` yields, from many workers.

    Each worker builds one detector like ``detector``, with the same number of threads, or with one
    thread if ``detector`` uses all cores. The workers run on the cluster at ``RAY_ADDRESS``, whose
    machines must have the sources under the same paths. If that is not set, Ray is started on this
    machine and stopped when the iterator ends.

    Args:
        detector: finds the points.
        sources: files.
        batch: maximum number of frames that go through the network together, >= 1.
        pixels: whether results carry their frames, which overlays and tracks need.
        weak_from: see :func:`irpoint.pipeline.batches.detect_frames`.

    Raises:
        IrpointError: if Ray does not start, or a worker fails.
        SettingsError: if a setting does not fit the first frame.
    """
    if not sources:
        return iter(())
    started_here = not ray.is_initialized()
    if started_here:
        start_ray()
    threads = detector.settings["threads"] or 1
    build = partial(Detector, detector.model, **detector.settings | {"threads": threads})
    worker = (build, batch, Path.cwd(), pixels, weak_from)
    return refuse_unfit(_results(_plan(sources, worker, batch, threads), started_here))


def start_ray() -> None:
    """Start Ray, or connect to the cluster at ``RAY_ADDRESS``, without log output.

    Raises:
        IrpointError: if it does not start.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        with _without_stderr():
            ray.init(
                # Without an address, Ray joins a cluster of another process on this machine, and
                # ends this process once that cluster stops.
                os.environ.get("RAY_ADDRESS") or "local",
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    except Exception as error:  # the type depends on what is wrong with the address
        raise IrpointError(f"ray does not start: {one_line(error)}") from error


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Discard standard error, because Ray's native code logs to it at any log level."""
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
    sources: Sequence[Source], worker: tuple[Any, ...], batch: int, threads: int
) -> ray.data.Dataset:
    nodes: Callable[[], list[dict[str, Any]]] = ray.nodes  # not typed by Ray
    machines = [int(node["Resources"].get("CPU", 0)) for node in nodes() if node["Alive"]]
    cores = max(1, min(threads, max(machines)))  # Ray would wait forever for more cores
    workers = max(1, sum(count // cores for count in machines))
    context = ray.data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    rows = [{"source": pickle.dumps(source)} for source in sources]
    files = max(batch, -(-len(rows) // _MAX_TASKS))
    return ray.data.from_items(rows, override_num_blocks=-(-len(rows) // files)).map_batches(
        _Worker,
        fn_constructor_args=worker,
        batch_size=None,
        num_cpus=cores,
        compute=ray.data.ActorPoolStrategy(size=workers),
    )


def _results(planned: ray.data.Dataset, started_here: bool) -> Iterator[FrameResult | Skipped]:
    warned = set()
    try:
        for row in planned.iter_rows():
            item = pickle.loads(row["item"])
            if not isinstance(item, IrpointWarning):
                yield item
            elif str(item) not in warned:
                warned.add(str(item))
                warnings.warn(item, stacklevel=2)
    except ray.exceptions.RayError as error:
        # Ray's message is the trace of the worker; its last line names the reason.
        reason = str(getattr(error, "cause", None) or error).strip().splitlines()[-1:]
        raise IrpointError(f"a worker of ray failed: {' '.join(reason)}") from error
    finally:
        if started_here:
            ray.shutdown()


class _Worker:
    """A detector in a Ray worker. Yields results and warnings, pickled."""

    def __init__(
        self,
        build: Callable[[], Detector],
        batch: int,
        folder: Path,
        pixels: bool,
        weak_from: float | None,
    ) -> None:
        os.chdir(folder)  # so that relative paths mean the same as without Ray
        self._detector = build()
        self._batch, self._pixels, self._weak_from = batch, pixels, weak_from

    def __call__(self, rows: dict[str, Any]) -> Iterator[dict[str, list[bytes]]]:
        sources: list[Source] = [pickle.loads(source) for source in rows["source"]]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", IrpointWarning)
            found = detect_each_frame(
                self._detector, sources, self._batch, weak_from=self._weak_from
            )
            for item in found:
                if isinstance(item, FrameResult) and not self._pixels:
                    item = replace(item, pixels=None)
                yield {"item": [pickle.dumps(item)]}
            yield {"item": [pickle.dumps(warning.message) for warning in caught]}
