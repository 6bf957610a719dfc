"""Pooling: POOL, AVGPOOL, GAP, GMP."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from wxb.network.layers.sentence import real, without_rest
from wxb.notation.tree import PlannedLayer


class GlobalAverage(nn.Module):
    """GAP: the mean of each map, of a sentence that of its words."""

    def __init__(self, tokens: int = 0) -> None:
        super().__init__()
        self.tokens = tokens

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, channels)."""
        if self.tokens:
            there = real(x, self.tokens)
            return torch.where(there, x, 0).sum((2, 3)) / there.sum((2, 3))
        # as rows of channels, so that the gradient has the maps' memory layout, which makes the layers before it faster
        return x.permute(0, 2, 3, 1).flatten(1, 2).mean(1)


class GlobalMaximum(nn.Module):
    """GMP: the greatest number of each map, of a sentence among its words."""

    def __init__(self, tokens: int = 0) -> None:
        super().__init__()
        self.tokens = tokens

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, channels)."""
        return _lowest(x, self.tokens).flatten(2).max(2).values


class SentenceMaximum(nn.MaxPool2d):
    """POOL of maps of a sentence: the maximum of the words in each window, 0 where there is none."""

    tokens = 1

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, places, 1) → (batch, channels, fewer places, 1)."""
        pooled = super().forward(_lowest(x, self.tokens))
        return torch.where(pooled.isneginf(), 0, pooled)


class SentenceAverage(nn.AvgPool2d):
    """AVGPOOL of maps of a sentence: the mean of the words in each window, 0 where there is none."""

    tokens = 1

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, places, 1) → (batch, channels, fewer places, 1)."""
        share = super().forward(real(x, self.tokens).to(x.dtype))
        return super().forward(without_rest(x, self.tokens)) / torch.where(share > 0, share, 1)


def _lowest(x: Tensor, tokens: int) -> Tensor:
    """x with −∞ where there is no word."""
    return torch.where(real(x, tokens), x, -torch.inf) if tokens else x


def _maximum(layer: PlannedLayer) -> nn.Module:
    made = (SentenceMaximum if layer.tokens else nn.MaxPool2d)(
        layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil
    )
    if isinstance(made, SentenceMaximum):
        made.tokens = layer.tokens
    return made


def _average(layer: PlannedLayer) -> nn.Module:
    made = (SentenceAverage if layer.tokens else nn.AvgPool2d)(
        layer.kernel, layer.stride, layer.padding, layer.ceil, count_include_pad=False
    )
    if isinstance(made, SentenceAverage):
        made.tokens = layer.tokens
    return made


POOLING: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    "POOL": _maximum,
    "AVGPOOL": _average,
    "GAP": lambda layer: GlobalAverage(layer.tokens),
    "GMP": lambda layer: GlobalMaximum(layer.tokens),
}
