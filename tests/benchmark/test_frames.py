"""The comparison with eager PyTorch."""

from __future__ import annotations

import pytest

from irpoint.benchmark.frames import benchmark
from support.models import shipped_weights


@shipped_weights
def test_the_network_is_compared_with_eager_pytorch() -> None:
    pytest.importorskip("torch", reason="needs the extra train")
    figures = benchmark("p2p-lite", "64", repeats=1, backend="onnxruntime", threads=1)
    assert figures["eager_ms"] is not None
    assert figures["ratio_to_eager"] == figures["eager_ms"] / figures["total_ms"]["median"]


@shipped_weights
def test_a_filter_has_nothing_to_compare_with() -> None:
    figures = benchmark("top-hat", "64", repeats=1, threads=1)
    assert figures["eager_ms"] is None
    assert figures["ratio_to_eager"] is None
