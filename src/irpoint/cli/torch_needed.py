"""A one-line error if a command needs PyTorch and it is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from irpoint.errors import SettingsError

_LIBRARIES = ("torch", "lightning", "safetensors", "onnx")


def torch_needed(command: str) -> None:
    """Check that the libraries of the extra ``train`` are installed.

    Raises:
        SettingsError: if one is missing.
    """
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"{command} needs {', '.join(missing)}: pip install 'irpoint[train]' "
            "(only train, export and import-weights need it)"
        )
