"""The decoder that is part of every exported graph."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from irpoint.decoding.peaks import decode
from irpoint.methods.blocks.peaks import PeakMaps


def test_peak_maps_are_the_decoder() -> None:
    rng = np.random.default_rng(1)
    compared = 0
    for shape in ((3, 3), (24, 31), (60, 40)):
        for smooth in (False, True):
            response = rng.normal(0.2, 0.3, shape)
            if smooth:
                rows, columns = np.mgrid[: shape[0], : shape[1]]
                for x, y in rng.uniform(0, np.array(shape[::-1]) - 1, (6, 2)):
                    bell = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 4.5)
                    response = np.maximum(0.05 * response, bell)
            cells = response.astype(np.float32)
            wanted = decode(cells, 0.1)
            score, x, y = PeakMaps(4, 1.5)(torch.tensor(cells)[None, None])[0].numpy()
            order = np.argsort(-score[score >= 0.1], kind="stable")
            xy = np.stack([x, y], axis=-1)[score >= 0.1][order]
            assert score[score >= 0.1][order] == pytest.approx(wanted.score, abs=1e-4)
            assert xy == pytest.approx(wanted.xy, abs=2e-3)
            compared += len(wanted)
    assert compared > 100


def test_a_plateau_is_one_peak_in_the_graph_too() -> None:
    for cells in ([(4, 4), (4, 5)], [(4, 4), (5, 4)], [(4, 4), (5, 5)], [(0, 0), (0, 1), (0, 2)]):
        response = torch.zeros(1, 1, 9, 12)
        for row, column in cells:
            response[0, 0, row, column] = 0.8
        assert int((PeakMaps(4, 1.5)(response)[0, 0] > 0).sum()) == 1
    assert not PeakMaps(4, 1.5)(torch.zeros(1, 1, 9, 12))[0, 0].any()
