"""Simulated frames for training: a pool that is drawn once, at the start of a run."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from irpoint.datasets import LabelledFrame
from irpoint.frames.scale import InputScale
from irpoint.points import Points
from irpoint.simulate import simulate_scene
from irpoint.training.network_frames import NetworkFrame, network_frame
from irpoint.training.random_cameras import draw_camera

SIMULATED = "<simulated>"  # their dataset; no folder is called so by chance
_STREAM = 3  # separates the random numbers of frames from those of crops and batches
_CHUNK = 8  # frames per message of a process
# A label is kept if its filtered response is at least this multiple of the deviation around it:
# gain control, compression and artefacts leave nothing of some faint targets.
_MIN_RESPONSE = 2.5
_RADIUS = 20  # px around a target in which the deviation is measured
_CORE = 4  # widths of the target around it that belong to it
_REACH = 1.5  # px from its position to the peak of its response


def simulate_frames(
    count: int, seed: int, scale: InputScale, processes: int | None = None
) -> list[NetworkFrame]:
    """Simulate training frames of random cameras; see :func:`draw_camera`.

    Frames go through the same levels and the same resize as real ones. Bright targets are labelled,
    dark ones are not: networks find bright targets, and dark specks are background to them.

    Args:
        count: number of frames.
        seed: seed of the run. Frame k depends on the seed and k only.
        scale: input scale of the network.
        processes: number of processes; by default one per processor.

    Returns:
        The frames, of the dataset :data:`SIMULATED`.
    """
    processes = min(processes or _processors(), -(-count // _CHUNK))
    make = partial(_simulated_frame, seed, scale)
    if processes <= 1 or "fork" not in multiprocessing.get_all_start_methods():
        return [make(index) for index in range(count)]
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        return list(pool.map(make, range(count), chunksize=_CHUNK))


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


def _simulated_frame(seed: int, scale: InputScale, index: int) -> NetworkFrame:
    rng = np.random.default_rng((seed, index, _STREAM))
    scene = simulate_scene(draw_camera(rng), rng)
    height, width = scene.frame.shape
    name = f"{index:05d}"
    label = LabelledFrame(name, Path(SIMULATED, name), (height, width), scene.points, SIMULATED)
    frame = network_frame(label, scene.frame, scale)
    image = frame.image.astype(np.float32)
    kept = np.array(
        [
            target.electrons > 0 and _stands_out(image, xy, target.psf_sigma * frame.enlargement)
            for target, xy in zip(scene.targets, frame.xy, strict=True)
        ],
        bool,
    )
    label = dataclasses.replace(label, points=Points.labels(scene.points.xy[kept]))
    return dataclasses.replace(frame, label=label, xy=frame.xy[kept])


def _stands_out(image: npt.NDArray[np.float32], xy: npt.NDArray[np.float64], sigma: float) -> bool:
    """Whether a target can be seen in the frame as the network gets it.

    Args:
        image: (h, w), normalised.
        xy: (2,) position of the target in network pixels.
        sigma: its width in network pixels.
    """
    sigma = max(sigma, 0.7)
    column, row = (round(v) for v in xy.tolist())
    top, left = max(row - _RADIUS, 0), max(column - _RADIUS, 0)
    window = image[top : row + _RADIUS + 1, left : column + _RADIUS + 1]
    response = ndimage.gaussian_filter(window, sigma)
    response -= ndimage.gaussian_filter(window, 2.5 * sigma)
    rows, columns = np.indices(window.shape)
    distance = np.hypot(rows - (row - top), columns - (column - left))
    around = response[distance > _CORE * max(sigma, 1.0)]
    if not around.size:
        return False
    noise = 1.4826 * float(np.median(np.abs(around - np.median(around))))
    peak = float(response[distance <= _REACH].max(initial=0.0))
    return peak >= _MIN_RESPONSE * max(noise, 1e-4)
