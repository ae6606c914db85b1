"""Time of a network in eager float32 PyTorch.

``python -m irpoint.methods.eager METHOD BASE HEIGHT WIDTH THREADS`` prints it in milliseconds. It
runs in a separate process, because the benchmark of the other backends must not import PyTorch.
"""

from __future__ import annotations

import sys
import time

import torch

from irpoint.methods import find_method


def eager_ms(
    method: str, base: int, height: int, width: int, threads: int, repeats: int = 10
) -> float:
    """Median milliseconds of one forward pass; ``base`` is the base width, 0 for the default."""
    torch.set_num_threads(threads)
    network = find_method(method).build(base or None).eval()
    frame = torch.rand(1, 3, height, width)
    times = []
    with torch.inference_mode():
        for _ in range(2 + repeats):
            start = time.perf_counter()
            network(frame)
            times.append((time.perf_counter() - start) * 1e3)
    return sorted(times[2:])[repeats // 2]


if __name__ == "__main__":
    print(eager_ms(sys.argv[1], *(int(argument) for argument in sys.argv[2:])))
