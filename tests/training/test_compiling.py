"""When a run compiles its network, what it says, and what happens if it cannot be compiled."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch._dynamo.exc import TorchDynamoException

from irpoint.errors import IrpointWarning
from irpoint.training.compiling import STEPS_TO_GAIN, choose, compile_networks, respond
from irpoint.training.overrides import settings_from
from irpoint.training.settings import TrainSettings
from support.tiny_method import tiny_network


def settings(*overrides: str) -> TrainSettings:
    return settings_from({"data": ["x"]}, overrides)


@pytest.mark.parametrize(
    ("overrides", "shapes", "processes", "compiles", "reason"),
    [
        ((), 1, 1, True, "17,000 steps gain from it"),
        (("epochs=5",), 1, 1, False, "850 steps are too few to gain from it (from 5,000 on)"),
        ((), 6, 1, False, "17,000 steps are too few to gain from it (from 30,000 on)"),
        (("epochs=5", "compile=true"), 6, 1, True, "compile=true"),
        (("compile=false",), 1, 1, False, "compile=false"),
        (("compile=true",), 1, 2, False, "several processes train together"),
    ],
)
def test_only_a_long_run_compiles_by_itself(
    overrides: tuple[str, ...], shapes: int, processes: int, compiles: bool, reason: str
) -> None:
    assert STEPS_TO_GAIN == 5000
    assert choose(settings(*overrides), shapes, processes) == (compiles, reason)


def test_no_compiler_no_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose(settings(), 1, 1) == (False, "there is no C++ compiler")


def test_the_choice_is_announced_before_the_first_step() -> None:
    said: list[str] = []
    networks = [tiny_network(), tiny_network()]
    compile_networks(settings("compile=true"), networks, 2, 1, said.append)
    assert all(network._compiled_call_impl is not None for network in networks)
    compile_networks(settings("compile=false"), [tiny_network()], 1, 1, said.append)
    assert said[0].startswith("compiling the network: compile=true. The first step takes")
    assert "compile=false avoids it" in said[0]
    assert said[1] == "not compiled: compile=false"


def test_a_network_that_cannot_be_compiled_is_used_as_it_is() -> None:
    network, image = tiny_network(), torch.zeros(1, 3, 32, 32)
    expected = network(image)

    def broken(*_: Any) -> torch.Tensor:
        raise TorchDynamoException("no compiler\nhere")

    network._compiled_call_impl = broken
    with pytest.warns(IrpointWarning, match="cannot be compiled on this machine .no compiler here"):
        assert torch.equal(respond(network, image), expected)
    assert torch.equal(respond(network, image), expected)


def test_the_setting_takes_three_values() -> None:
    from irpoint.errors import SettingsError

    assert settings("compile=auto").compile == settings().compile == "auto"
    with pytest.raises(SettingsError, match="compile: write true, false or auto"):
        settings("compile=yes")
