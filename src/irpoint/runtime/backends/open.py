"""Choose the backend that runs a model.

A new backend is a module of its own and one more entry in ``_BACKENDS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from irpoint.errors import ModelError, SettingsError
from irpoint.runtime.backends.base import Backend
from irpoint.runtime.backends.filters import FILTERS, FilterBackend
from irpoint.zoo import Model

Build = Callable[[Model, int], Backend]


@dataclass(frozen=True)
class _Entry:
    """A backend: the library it needs, how it is loaded, and whether it is fast here."""

    library: str
    load: Callable[[], Build]
    is_fast: Callable[[], bool]


def _load_openvino() -> Build:
    from irpoint.runtime.backends.openvino import OpenVinoBackend

    return OpenVinoBackend


def _openvino_is_fast() -> bool:
    from irpoint.runtime.backends.openvino import has_bfloat16

    return has_bfloat16()  # in float32, ONNX Runtime is the faster one


def _load_onnxruntime() -> Build:
    from irpoint.runtime.backends.onnxruntime import OnnxRuntimeBackend

    return OnnxRuntimeBackend


# ``auto`` takes the first that is installed and fast on this processor.
_BACKENDS = {
    "openvino": _Entry("openvino", _load_openvino, _openvino_is_fast),
    "onnxruntime": _Entry("onnxruntime", _load_onnxruntime, lambda: True),
}
AUTO = "auto"


def backend_names() -> tuple[str, ...]:
    """The backends that can be asked for, installed or not."""
    return (AUTO, *sorted(_BACKENDS))


def open_backend(model: Model, backend: str = AUTO, threads: int = 0) -> Backend:
    """Load a model into a backend.

    Args:
        model: graph and card. A filter has no graph and runs in NumPy and SciPy.
        backend: ``onnxruntime``, ``openvino``, or ``auto``, the fastest that is installed.
        threads: CPU threads; 0 is all cores.

    Raises:
        ModelError: if the graph does not load, or this version does not have the filter.
        SettingsError: if there is no such backend, or it is not installed.
    """
    if model.weights and backend == "onnxruntime":
        raise SettingsError(
            f"model {model.card.name!r} is in OpenVINO's format: give --backend openvino"
        )
    build = _choose("openvino" if model.weights else backend)
    if not model.card.is_filter:
        return build(model, threads)
    if model.card.method not in FILTERS:
        raise ModelError(
            f"model {model.card.name!r}: this version has no filter {model.card.method!r}"
        )
    return FilterBackend(model.card.method)


def _choose(backend: str) -> Build:
    if backend not in backend_names():
        raise SettingsError(f"backend {backend!r}: choose one of {', '.join(backend_names())}")
    if backend != AUTO:
        entry = _BACKENDS[backend]
        if find_spec(entry.library) is None:
            raise SettingsError(
                f"backend {backend} is not installed: pip install 'irpoint[{backend}]'"
            )
        return entry.load()
    installed = [entry for entry in _BACKENDS.values() if find_spec(entry.library) is not None]
    return next(entry.load() for entry in installed if entry.is_fast())
