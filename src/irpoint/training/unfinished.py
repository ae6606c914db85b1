"""The best weights so far of a training run that is not finished, as a model.

PyTorch is imported for unfinished runs only.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path

from irpoint.errors import IrpointWarning
from irpoint.zoo import Model, is_unfinished_run, model_names


def model_or_run(model: str | Path) -> str | Path | Model:
    """What :class:`irpoint.Detector` opens for a name or path, including unfinished runs.

    Args:
        model: name of a shipped model, path of a model, or folder of a run.

    Returns:
        ``model`` itself; or, for an unfinished run, the model of its best weights so far, which is
        exported in memory. Without PyTorch, ``model`` itself: opening it says what to do.

    Raises:
        ModelError: if no epoch of the run has been validated yet, or its files are damaged.

    Warns:
        IrpointWarning: if the run is not finished; with the epoch of the weights.
    """
    if str(model) in model_names() or not is_unfinished_run(model):
        return model
    if any(find_spec(name) is None for name in ("torch", "onnx", "safetensors")):
        return model
    from irpoint.training.export_run import best_so_far

    found, origin = best_so_far(Path(model))
    warnings.warn(f"{model}: the run is not finished; using {origin}", IrpointWarning, stacklevel=2)
    return found
