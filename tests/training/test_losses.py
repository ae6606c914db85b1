"""Losses: what a cell weighs, and how a loss is chosen."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from irpoint.errors import SettingsError
from irpoint.methods import METHODS
from irpoint.training.losses import LOSSES, find_loss, squared_error, weighted_squared_error


def test_without_foreground_weight_the_loss_is_the_mean_squared_error() -> None:
    torch.manual_seed(4)
    response, target_map = torch.randn(2, 1, 8, 9), torch.rand(2, 1, 8, 9)
    wanted = nn.functional.mse_loss(response, target_map).item()
    assert weighted_squared_error(response, target_map, 0.0).item() == pytest.approx(wanted)
    assert squared_error(response, target_map, 5.0).item() == pytest.approx(wanted)


def test_a_cell_of_value_t_weighs_1_plus_foreground_times_t() -> None:
    target_map = torch.tensor([[[[0.0, 0.5], [1.0, 0.0]]]])
    for (row, column), weight in {(0, 0): 1.0, (0, 1): 3.0, (1, 0): 5.0}.items():
        response = target_map.clone()
        response[0, 0, row, column] += 0.1
        loss = weighted_squared_error(response, target_map, foreground=4.0).item()
        assert loss == pytest.approx(weight * 0.01 / 4, rel=1e-4)
    assert weighted_squared_error(target_map, target_map).item() == 0


def test_a_loss_is_chosen_by_its_name() -> None:
    for method in METHODS.values():
        assert find_loss("default", method) is LOSSES[method.loss]
        assert find_loss("squared-error", method) is squared_error
        with pytest.raises(SettingsError, match="'hinge' is unknown; choose from default"):
            find_loss("hinge", method)
