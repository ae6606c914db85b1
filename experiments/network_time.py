"""Measure where the time of a network goes, by kind of layer.

    python -m experiments.network_time spire p2p-lite

Prints the time of each kind of layer for a frame of 512 × 512 pixels, from OpenVINO's counters
(median of 30 runs), and the speed of the convolutions in GMAC/s. Compared with the peak of the
processor, that shows what is left to gain. Used in docs/speed.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import openvino

from experiments.common import add_models, argument_parser, run
from irpoint.runtime.backends.base import RESPONSE
from irpoint.runtime.backends.openvino import core, has_bfloat16, in_unit_range, read_graph
from irpoint.zoo import Model, find_model

RUNS = 30
SIDE = 512
MIN_SHARE = 0.005  # kinds of layers that take less are not printed


def layer_times(model: Model, precision: str) -> dict[str, float]:
    """Median milliseconds of each kind of layer."""
    whole = read_graph(model)
    response = whole.output(RESPONSE).get_node().input_value(0)
    graph = openvino.Model([response], whole.get_parameters(), model.card.name)
    settings = {"PERF_COUNT": True, "INFERENCE_PRECISION_HINT": precision}
    request = core().compile_model(graph, "CPU", settings).create_infer_request()
    frame = np.random.default_rng(0).random((1, 1, SIDE, SIDE), np.float32)
    inputs = in_unit_range(frame, np.array([[0, 1]], np.float32))
    totals: dict[str, list[float]] = defaultdict(list)
    for _ in range(RUNS):
        request.infer(inputs)
        times: dict[str, float] = defaultdict(float)
        for node in request.profiling_info:
            kind = f"{node.node_type} ({node.exec_type.split('_')[0]})"
            times[kind] += node.real_time.total_seconds() * 1e3
        for kind, milliseconds in times.items():
            totals[kind].append(milliseconds)
    return {kind: float(np.median(values)) for kind, values in totals.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argument_parser("network_time", __doc__)
    add_models(parser)
    given = parser.parse_args(arguments)
    precision = "bf16" if has_bfloat16() else "f32"
    for name in given.models:
        model = find_model(name)
        times = layer_times(model, precision)
        total = sum(times.values())
        print(f"\n{name}, {precision}: {total:.1f} ms in layers")
        for kind, value in sorted(times.items(), key=lambda item: -item[1]):
            if value > MIN_SHARE * total:
                print(f"  {kind:32} {value:6.2f} ms {100 * value / total:5.1f} %")
        convolutions = sum(value for kind, value in times.items() if "Convolution" in kind)
        gmac = model.card.gmac_512
        print(f"  {gmac:.2f} GMAC: {gmac / convolutions * 1e3:.0f} GMAC/s")


if __name__ == "__main__":
    run(main)
