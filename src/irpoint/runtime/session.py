"""What answers to frames, behind one small interface: normalised frames in, responses out."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime

from irpoint.errors import ModelError
from irpoint.runtime.baselines import BASELINES, BaselineSession
from irpoint.zoo import Model

Batch = npt.NDArray[np.float32]


class Responder(Protocol):
    """Normalised frames (B, 1, H, W) → responses (B, h, w)."""

    def run(self, frames: Batch) -> Batch: ...


def open_session(model: Model, threads: int = 0) -> Responder:
    """A model, ready to run.

    Args:
        model: graph and card.
        threads: CPU threads; all cores where 0.

    Raises:
        ModelError: where it does not load, or is a baseline that this version does not have.
    """
    if not model.card.is_baseline:
        return Session(model, threads)
    if model.card.method not in BASELINES:
        raise ModelError(f"model {model.card.name!r}: no baseline {model.card.method!r} here")
    return BaselineSession(model.card.method)


class Session:
    """An ONNX graph in ONNX Runtime.

    Args:
        model: graph and card.
        threads: CPU threads; all cores where 0.
    """

    def __init__(self, model: Model, threads: int = 0) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                model.graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise ModelError(f"model {model.card.name!r} does not load: {_line(error)}") from error
        entry = self._session.get_inputs()[0]
        self._input, self._one_by_one = entry.name, entry.shape[0] == 1
        self._name = model.card.name

    def run(self, frames: Batch) -> Batch:
        """Normalised frames (B, 1, H, W) → responses (B, h, w).

        Raises:
            ModelError: where the graph does not take frames of this size, memory runs out, or a
                response is not finite.
        """
        try:
            response = self._answer(frames)
        except Exception as error:
            size = f"{frames.shape[3]}×{frames.shape[2]}"
            raise ModelError(
                f"model {self._name!r} fails on {len(frames)} frame(s) of {size}: {_line(error)}"
            ) from error
        if not np.isfinite(response).all():
            raise ModelError(f"model {self._name!r} gives responses that are not finite")
        return response[:, 0]

    def _answer(self, frames: Batch) -> Batch:
        # A graph whose kernels depend on the image takes one frame at a time.
        parts = np.split(frames, len(frames)) if self._one_by_one else [frames]
        answers = [self._session.run(None, {self._input: part})[0] for part in parts]
        return answers[0] if len(answers) == 1 else np.concatenate(answers)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
