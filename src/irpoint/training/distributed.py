"""Training in several processes, each with a part of every batch.

Lightning's DDP averages the gradients. Batch norms need the statistics of the whole batch;
PyTorch's SyncBatchNorm computes them on GPUs only, hence :class:`WholeBatchNorm`.
"""

from __future__ import annotations

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce


def part_of_batch() -> tuple[int, int]:
    """(index of this process, number of processes)."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


class WholeBatchNorm(nn.BatchNorm2d):
    """Batch normalisation over the parts of a batch in all processes."""

    def forward(self, x: Tensor) -> Tensor:
        _, processes = part_of_batch()
        if processes == 1 or not self.training:
            alone: Tensor = super().forward(x)
            return alone
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.momentum is not None
        values = x.float()
        count = torch.full((1,), float(x.numel() // x.shape[1]), device=x.device)
        sums = torch.cat([values.sum((0, 2, 3)), values.square().sum((0, 2, 3)), count])
        reduced: Tensor = all_reduce(sums)  # type: ignore[no-untyped-call]
        channels = x.shape[1]
        total, squares, cells = reduced[:channels], reduced[channels:-1], reduced[-1]
        mean = total / cells
        variance = (squares / cells - mean.square()).clamp_min(0)
        with torch.no_grad():
            unbiased = variance * cells / (cells - 1)
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(unbiased.detach(), self.momentum)
            if self.num_batches_tracked is not None:
                self.num_batches_tracked += 1
        scale = self.weight * torch.rsqrt(variance + self.eps)
        shift = self.bias - mean * scale
        y: Tensor = values * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)
        return y.to(x.dtype)


def over_whole_batch(network: nn.Module) -> nn.Module:
    """Make every batch norm of the network a :class:`WholeBatchNorm`, in place."""
    for layer in network.modules():
        if type(layer) is nn.BatchNorm2d:
            layer.__class__ = WholeBatchNorm
    return network
