"""Sub-cell position of a peak: the vertex of a parabola through three logarithms.

The vertex is exact for a sampled Gaussian. The decoder uses it for response maps, and the labelling
page for clicks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LogParabola:
    """Parabolas through values at the positions -1, 0 and 1.

    Attributes:
        values: (3, …) the fitted values: logarithms of the samples, or the samples themselves.
        logarithmic: (…) whether the values are logarithms.
        slope: (…) first derivative at position 0.
        curvature: (…) second derivative.
    """

    values: Floats
    logarithmic: npt.NDArray[np.bool_]
    slope: Floats
    curvature: Floats

    @classmethod
    def through(cls, samples: Floats) -> LogParabola:
        """Fit the logarithms of samples, or the samples if one of the three is not positive.

        Args:
            samples: (3, …) values at the positions -1, 0 and 1.
        """
        logarithmic = np.asarray((samples > 0).all(axis=0))
        values = np.where(logarithmic, np.log(np.where(logarithmic, samples, 1.0)), samples)
        slope = (values[2] - values[0]) / 2
        curvature = values[0] - 2 * values[1] + values[2]
        return cls(values, logarithmic, slope, curvature)

    def vertex(self, start: npt.ArrayLike = 0, reach: float = 1.0) -> Floats:
        """Positions of the maxima.

        Args:
            start: (…) position of the highest sample.
            reach: maximum distance from ``start``.

        Returns:
            (…) positions; ``start`` if the parabola has no maximum.
        """
        first = np.asarray(start)
        concave = self.curvature < 0
        step = np.where(concave, -self.slope / np.where(concave, self.curvature, -1.0), 0.0)
        return np.where(concave, np.clip(step, first - reach, first + reach), first)
