"""Time of SPIRE's network in eager float32 PyTorch: ``python -m … HEIGHT WIDTH THREADS`` → ms."""

from __future__ import annotations

import sys
import time

import torch

from irpoint.methods.spire.network import HRPE


def eager_ms(height: int, width: int, threads: int, repeats: int = 10) -> float:
    """Median milliseconds of one forward pass."""
    torch.set_num_threads(threads)
    network = HRPE().eval()
    frame = torch.rand(1, 3, height, width)
    times = []
    with torch.inference_mode():
        for _ in range(2 + repeats):
            start = time.perf_counter()
            network(frame)
            times.append((time.perf_counter() - start) * 1e3)
    return sorted(times[2:])[repeats // 2]


if __name__ == "__main__":
    print(eager_ms(*(int(argument) for argument in sys.argv[1:])))
