"""Check for PyTorch, for the commands that need it."""

from __future__ import annotations

from importlib.util import find_spec

from irpoint.errors import SettingsError

_NEEDED = ("torch", "lightning", "safetensors", "onnx")


def torch_needed(command: str) -> None:
    """Check that the extra ``train`` is installed.

    Raises:
        SettingsError: if a library of it is missing.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SettingsError(
            f"{command} needs {', '.join(missing)}: pip install 'irpoint[train]' "
            "(only train, export and import-weights need it)"
        )
