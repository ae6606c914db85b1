"""The table of backends, and the choice of the one that runs a model."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from irpoint.errors import ModelError, SettingsError
from irpoint.runtime.backends.base import Backend, GraphBackend
from irpoint.runtime.backends.filters import FILTERS, FilterBackend
from irpoint.zoo import Model

AUTO = "auto"


class BackendRow(NamedTuple):
    """A row of the table of backends. Nothing is imported until the backend is needed.

    Attributes:
        package: the module that the backend needs. Except for ONNX Runtime, which is always
            installed, an extra with the name of the backend installs it.
        location: ``"module:class"``, a subclass of
            :class:`irpoint.runtime.backends.base.GraphBackend`.
    """

    package: str
    location: str

    @property
    def is_installed(self) -> bool:
        """Whether the package is installed."""
        return find_spec(self.package) is not None

    def load(self) -> type[GraphBackend]:
        """Import the class."""
        module, name = self.location.split(":")
        backend: type[GraphBackend] = getattr(import_module(module), name)
        return backend


BACKENDS = {
    "openvino": BackendRow("openvino", "irpoint.runtime.backends.openvino:OpenVinoBackend"),
    "onnxruntime": BackendRow(
        "onnxruntime", "irpoint.runtime.backends.onnxruntime:OnnxRuntimeBackend"
    ),
}
"""The backends by name; ``auto`` is the first that is installed and fast on this processor."""


def backend_names() -> tuple[str, ...]:
    """The names that a user can give, whether the backend is installed or not."""
    return (AUTO, *sorted(BACKENDS))


def open_backend(model: Model, backend: str = AUTO, threads: int = 0) -> Backend:
    """Load a model into a backend.

    Args:
        model: graph and card. A filter has no graph and runs in NumPy and SciPy.
        backend: name of a backend, or ``auto`` for the fastest that is installed. Models in the
            format of OpenVINO run in ``openvino`` only.
        threads: CPU threads; 0 is all cores.

    Raises:
        ModelError: if the graph does not load, or this version does not have the filter.
        SettingsError: if there is no such backend, it is not installed, or it does not run models
            in OpenVINO's format.
    """
    if backend not in backend_names():
        raise SettingsError(f"backend {backend!r}: choose one of {', '.join(backend_names())}")
    if model.weights:
        if backend not in (AUTO, "openvino"):
            raise SettingsError(
                f"model {model.card.name!r} is in OpenVINO's format: give --backend openvino"
            )
        backend = "openvino"
    build = _choose(backend)
    if not model.card.is_filter:
        return build(model, threads)
    if model.card.method not in FILTERS:
        raise ModelError(
            f"model {model.card.name!r}: this version has no filter {model.card.method!r}"
        )
    return FilterBackend(model.card.method)


def _choose(name: str) -> type[GraphBackend]:
    if name == AUTO:
        installed = (row.load() for row in BACKENDS.values() if row.is_installed)
        return next(backend for backend in installed if backend.is_fast())
    if not BACKENDS[name].is_installed:
        raise SettingsError(f"backend {name} is not installed: pip install 'irpoint[{name}]'")
    return BACKENDS[name].load()
