"""Whether a run compiles its networks, announced in words.

Compiling takes as long as a hundred steps and more, once per crop shape, and makes each step only a
little faster. A short run is over before it would gain anything.
"""

from __future__ import annotations

import math
import shutil
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch._dynamo.exc import TorchDynamoException

from irpoint.errors import IrpointWarning, one_line
from irpoint.training.settings import TrainSettings

STEPS_TO_GAIN = 5000
"""Steps per crop shape from which ``compile=auto`` compiles.

Measured with ``spire`` on one thread of an AMD EPYC (12 crops of 192 pixels, bfloat16, PyTorch
2.13): compiling takes 103 s of processor time, and a step 0.64 s instead of 0.66 s.
"""

_COMPILERS = ("g++", "c++", "clang++", "cl")


def compile_networks(
    settings: TrainSettings,
    networks: Sequence[nn.Module],
    shapes: int,
    processes: int,
    say: Callable[[str], None],
) -> None:
    """Compile networks at their first call, if the settings ask for it or the run gains from it.

    The choice depends on the whole length of the run, so that a resumed run makes the same one.

    Args:
        settings: settings of the run.
        networks: the networks; changed in place.
        shapes: number of crop shapes, for each of which code is generated.
        processes: number of processes that train together.
        say: prints the choice and its reason.
    """
    compiles, reason = choose(settings, shapes, processes)
    if not compiles:
        say(f"not compiled: {reason}")
        return
    say(
        f"compiling the network: {reason}. The first step takes a minute or two per crop shape "
        f"({shapes} here); Ctrl-C stops it, and --set compile=false avoids it"
    )
    for network in networks:
        network.compile(dynamic=False)  # separate code for each crop shape runs faster


def choose(settings: TrainSettings, shapes: int, processes: int) -> tuple[bool, str]:
    """Whether to compile, and the reason in words; arguments as for :func:`compile_networks`."""
    if settings.compile is False:
        return False, "compile=false"
    if processes > 1:
        # Compiled code cannot exchange batch statistics with other processes.
        return False, "several processes train together"
    if settings.compile is True:
        return True, "compile=true"
    steps = settings.epochs * math.ceil(settings.crops_per_epoch / settings.batch)
    needed = STEPS_TO_GAIN * shapes
    if steps < needed:
        return False, f"{steps:,} steps are too few to gain from it (from {needed:,} on)"
    if not torch.cuda.is_available() and not any(map(shutil.which, _COMPILERS)):
        return False, "there is no C++ compiler"
    return True, f"{steps:,} steps gain from it"


def respond(network: nn.Module, image: torch.Tensor) -> torch.Tensor:
    """Call a network; if it cannot be compiled on this machine, warn and use it as it is."""
    try:
        response: torch.Tensor = network(image)
    except TorchDynamoException as error:
        not_compiled: Any = network
        not_compiled._compiled_call_impl = None  # as before Module.compile
        warnings.warn(
            f"the network cannot be compiled on this machine ({one_line(error)[:200]}); training "
            "continues without; --set compile=false avoids the attempt",
            IrpointWarning,
            stacklevel=2,
        )
        response = network(image)
    return response
