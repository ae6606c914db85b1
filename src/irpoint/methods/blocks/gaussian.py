"""Gaussian target maps, which all methods can be trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from irpoint.decoding import STRIDE

Map = npt.NDArray[np.float32]
Labels = npt.NDArray[np.floating]
Draw = Callable[[Map, Labels, float], Map]
"""(frame (H, W), labels (N, 2) in network pixels, σ in cells) → target map (H/4, W/4)."""

RADIUS = 6  # cells: the response to a target covers 13 × 13 cells, 52 × 52 network pixels


def gaussian(frame: Map, labels: Labels, sigma: float) -> Map:
    """A Gaussian with peak 1 at each real-valued label; overlaps take the maximum.

    Only the shape of ``frame`` is used. The order of the labels does not matter, and the decoder
    recovers isolated labels exactly.
    """
    return _gaussian(frame, labels, sigma, quantised=False, averaged=False)


def quantised_gaussian(frame: Map, labels: Labels, sigma: float) -> Map:
    """As :func:`gaussian`, with labels rounded to cell centres. For comparison only."""
    return _gaussian(frame, labels, sigma, quantised=True, averaged=False)


def averaged_gaussian(frame: Map, labels: Labels, sigma: float) -> Map:
    """As :func:`gaussian`, with overlaps averaged in label order. For comparison only."""
    return _gaussian(frame, labels, sigma, quantised=False, averaged=True)


def published_gaussian(frame: Map, labels: Labels, sigma: float = 2.0) -> Map:
    """The target map of SSHD-Net's published code: quantised, averaged, always σ = 2 cells.

    Known behaviour: positions are off by up to two network pixels, and the result depends on the
    order of neighbouring labels.
    """
    del sigma
    return _gaussian(frame, labels, 2.0, quantised=True, averaged=True)


def _gaussian(frame: Map, labels: Labels, sigma: float, *, quantised: bool, averaged: bool) -> Map:
    target_map = np.zeros((frame.shape[0] // STRIDE, frame.shape[1] // STRIDE), np.float32)
    for x, y in (np.asarray(labels, np.float64).reshape(-1, 2) + 0.5) / STRIDE - 0.5:
        if quantised:
            x, y = np.floor(x + 0.5), np.floor(y + 0.5)
        for window, columns, rows in footprint(x, y, target_map.shape):
            response = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
            there = target_map[window]
            if averaged:
                target_map[window] = np.where(there > 0, (there + response) / 2, response)
            else:
                target_map[window] = np.maximum(there, response)
    return target_map


def footprint(
    x: float, y: float, shape: tuple[int, ...]
) -> Iterator[tuple[tuple[slice, slice], npt.NDArray[np.intp], npt.NDArray[np.intp]]]:
    """Window of the map around a label, with its columns and rows.

    Yields nothing if the whole window is outside the map.
    """
    left, top = round(x) - RADIUS, round(y) - RADIUS
    across = np.arange(max(left, 0), min(left + 2 * RADIUS + 1, shape[1]))
    down = np.arange(max(top, 0), min(top + 2 * RADIUS + 1, shape[0]))
    if across.size and down.size:
        window = (slice(down[0], down[-1] + 1), slice(across[0], across[-1] + 1))
        yield window, across[None, :], down[:, None]
