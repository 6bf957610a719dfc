"""A network that is evaluated many times over, on few examples at a time: as quick as it can be."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

import torch
from torch import Tensor, nn

from wxb.network.build import Model

TWO = {"kernel_size": (2, 2), "stride": (2, 2), "padding": (0, 0)}


class Pairs(nn.Module):
    """Pooling of windows of 2x2 by comparing or adding rows and then columns, several times as fast as torch's own."""

    def __init__(self, pool: nn.MaxPool2d | nn.AvgPool2d) -> None:
        super().__init__()
        self.pool = pool
        self.average = isinstance(pool, nn.AvgPool2d)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, channels, height / 2, width / 2)."""
        if x.shape[-1] % 2 or x.shape[-2] % 2:
            return cast(Tensor, self.pool(x))
        joined = torch.add if self.average else torch.maximum
        rows = joined(x[:, :, ::2], x[:, :, 1::2])
        found = joined(rows[..., ::2], rows[..., 1::2])
        return found.mul_(0.25) if self.average else found


class TanhBySigmoid(nn.Module):
    """tanh(x) = 2·sigmoid(2x) − 1: three times as fast as torch's own on a CPU, and within 2e-7 of it."""

    def forward(self, x: Tensor) -> Tensor:
        """x: any shape → the same shape."""
        return torch.sigmoid_(2 * x).mul_(2).sub_(1)


def quick(model: Model) -> Model:
    """A copy of the network for evaluation, with pooling of 2x2 and TANH replaced, its filters channel by channel.

    That layout is faster here than that of training, since the examples of a batch are few.
    """
    model = deepcopy(model).eval().requires_grad_(False)
    model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            two = isinstance(child, (nn.MaxPool2d, nn.AvgPool2d))
            if two and all(_pair(getattr(child, key)) == size for key, size in TWO.items()):
                parent.add_module(name, Pairs(cast("nn.MaxPool2d | nn.AvgPool2d", child)))
            elif isinstance(child, nn.Tanh):
                parent.add_module(name, TanhBySigmoid())
    return model


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)
