"""Where a model's time goes, by kind of layer: experiments/network_time.py spire [p2p-lite ...].

OpenVINO's own counters, one 512² frame, the median of thirty runs. Beside the time, how many
multiply-adds the convolutions do a nanosecond: the processor's ceiling shows what is left to gain.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
import openvino

from irpoint.errors import IrpointError
from irpoint.runtime.backends.base import RESPONSE
from irpoint.runtime.backends.openvino import core, has_bfloat16, in_unit_range, read_graph
from irpoint.zoo import find_model

RUNS, SIDE = 30, 512


def profile(name: str) -> None:
    model = find_model(name)
    whole = read_graph(model)
    answer = whole.output(RESPONSE).get_node().input_value(0)
    graph = openvino.Model([answer], whole.get_parameters(), name)
    precision = "bf16" if has_bfloat16() else "f32"
    settings = {"PERF_COUNT": True, "INFERENCE_PRECISION_HINT": precision}
    request = core().compile_model(graph, "CPU", settings).create_infer_request()
    frame = np.random.default_rng(0).random((1, 1, SIDE, SIDE), np.float32)
    inputs = in_unit_range(frame, np.array([[0, 1]], np.float32))
    totals: dict[str, list[float]] = defaultdict(list)
    for _ in range(RUNS):
        request.infer(inputs)
        run: dict[str, float] = defaultdict(float)
        for node in request.profiling_info:
            kind = f"{node.node_type} ({node.exec_type.split('_')[0]})"
            run[kind] += node.real_time.total_seconds() * 1e3
        for kind, value in run.items():
            totals[kind].append(value)
    medians = {kind: float(np.median(values)) for kind, values in totals.items()}
    whole_ms = sum(medians.values())
    print(f"\n{name}, {precision}: {whole_ms:.1f} ms in layers")
    for kind, value in sorted(medians.items(), key=lambda item: -item[1]):
        if value > 0.005 * whole_ms:
            print(f"  {kind:32} {value:6.2f} ms {100 * value / whole_ms:5.1f} %")
    convolutions = sum(value for kind, value in medians.items() if "Convolution" in kind)
    print(
        f"  {model.card.gmac_512:.2f} GMAC: {model.card.gmac_512 / convolutions * 1e3:.0f} GMAC/s"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+")
    try:
        for model_name in parser.parse_args().models:
            profile(model_name)
    except IrpointError as error:
        parser.error(str(error))
