"""The commands that need PyTorch say so in one line."""

from __future__ import annotations

from importlib.util import find_spec

from irpoint.errors import SettingsError

_NEEDED = ("torch", "lightning", "safetensors", "onnx")


def torch_needed(command: str) -> None:
    """Raise where the ``train`` extra is not installed."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"{command} needs {', '.join(missing)}: pip install 'irpoint[train]' "
            "(all other commands work without)"
        )
