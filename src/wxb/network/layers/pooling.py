"""Pooling: POOL, AVGPOOL, GAP."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from wxb.notation.tree import PlannedLayer


class GlobalAverage(nn.Module):
    """GAP: the mean of each map."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, channels)."""
        # as rows of channels, so that the gradient has the maps' memory layout, which makes the layers before it faster
        return x.permute(0, 2, 3, 1).flatten(1, 2).mean(1)


POOLING: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    "POOL": lambda layer: nn.MaxPool2d(layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil),
    "AVGPOOL": lambda layer: nn.AvgPool2d(
        layer.kernel, layer.stride, layer.padding, layer.ceil, count_include_pad=False
    ),
    "GAP": lambda layer: GlobalAverage(),
}
