"""What may be a target in one frame, of both the network and the specks, on one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates of one frame, of both the network and the specks.

    Attributes:
        xy: (N, 2) places in frame pixels.
        variance: (N,) of the places along each axis, px².
        z: (N,) how rare clutter is that is as strong, see :mod:`irpoint.tracking.clutter`.
        odds: (N,) log-odds that a still candidate with this score is a target.
        dark: (N,) whether each is dark.
        alone: (N,) whether the network alone shows each: no speck is there.
    """

    xy: Floats
    variance: Floats
    z: Floats
    odds: Floats
    dark: npt.NDArray[np.bool_]
    alone: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.xy)

    def __getitem__(self, index: Indices) -> Candidates:
        """The candidates that an index array selects."""
        return Candidates(
            self.xy[index],
            self.variance[index],
            self.z[index],
            self.odds[index],
            self.dark[index],
            self.alone[index],
        )


@dataclass(frozen=True, eq=False)
class Densities:
    """Log-densities of the z of candidates: (N, K) if of targets, (N,) if clutter."""

    target: Floats
    clutter: Floats
