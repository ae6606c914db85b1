"""Which backend runs a model."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from irpoint.errors import ModelError, SettingsError
from irpoint.runtime.backends.base import Responder
from irpoint.runtime.backends.filters import BASELINES, BaselineSession
from irpoint.zoo import Model

BACKENDS = ("auto", "onnxruntime", "openvino")


def open_session(model: Model, backend: str = "auto", threads: int = 0) -> Responder:
    """A model, ready to run.

    Args:
        model: graph and card.
        backend: ``onnxruntime``, ``openvino``, or ``auto``, the fastest that is installed.
            Baselines are filters and run as such.
        threads: CPU threads; all cores where 0.

    Raises:
        ModelError: where it does not load, or is a baseline that this version does not have.
        SettingsError: where there is no such backend, or it is not installed.
    """
    if model.weights and backend == "onnxruntime":
        raise SettingsError(f"model {model.card.name!r} is OpenVINO's: give --backend openvino")
    chosen = _choose("openvino" if model.weights else backend)
    if not model.card.is_filter:
        return chosen(model, threads)
    if model.card.method not in BASELINES:
        raise ModelError(f"model {model.card.name!r}: no baseline {model.card.method!r} here")
    return BaselineSession(model.card.method)


def _choose(backend: str) -> Callable[[Model, int], Responder]:
    if backend not in BACKENDS:
        raise SettingsError(f"backend {backend!r}: choose one of {', '.join(BACKENDS)}")
    installed = find_spec("openvino") is not None
    if backend == "openvino" and not installed:
        raise SettingsError("backend openvino is not installed: pip install 'irpoint[openvino]'")
    if installed and backend != "onnxruntime":
        from irpoint.runtime.backends.openvino import OpenVinoSession, has_bfloat16

        # In float32 ONNX Runtime is the faster of the two.
        if backend == "openvino" or has_bfloat16():
            return OpenVinoSession
    from irpoint.runtime.backends.onnxruntime import OnnxSession

    return OnnxSession
