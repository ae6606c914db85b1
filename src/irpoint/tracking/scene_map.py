"""A grid of cells that moves along with the scene, or stays with the sensor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]


class SceneMap:
    """Values per cell of the frame, which follow the image's content.

    Args:
        shape: (height, width) of the frame in pixels.
        cell: side of a cell in pixels.
        layers: number of values per cell; all start at 0.

    Attributes:
        values: float64 (layers, rows, columns).
    """

    def __init__(self, shape: tuple[int, int], cell: float, layers: int) -> None:
        self.cell = cell
        rows, columns = (int(np.ceil(side / cell)) + 1 for side in shape)
        self.values: Floats = np.zeros((layers, rows, columns))
        self._offset = np.zeros(2)  # of the content in pixels; less than half a cell

    def move(self, shift: tuple[float, float]) -> None:
        """Follow the content, which moved by (x, y) pixels; what comes in is 0."""
        self._offset = self._offset + shift
        columns, rows = np.rint(self._offset / self.cell).astype(int).tolist()
        if not (columns or rows):
            return
        self._offset = self._offset - self.cell * np.array([columns, rows])
        self.values = np.roll(self.values, (rows, columns), (1, 2))
        if rows:
            self.values[:, slice(0, rows) if rows > 0 else slice(rows, None)] = 0
        if columns:
            self.values[:, :, slice(0, columns) if columns > 0 else slice(columns, None)] = 0

    def cells(self, xy: Floats) -> tuple[Indices, Indices]:
        """Rows and columns of the cells at places (N, 2)."""
        _, height, width = self.values.shape
        # Half a cell is added, then truncated; places before the first cell become 0 all the same.
        cells = ((xy - self._offset) / self.cell + 0.5).astype(np.intp)
        np.maximum(cells, 0, out=cells)
        np.minimum(cells, (width - 1, height - 1), out=cells)
        return cells[:, 1], cells[:, 0]
