"""Normalization: BN, LRN."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.errors import WxbError
from wxb.network.layers.sentence import real
from wxb.notation.tree import PlannedLayer, Shape
from wxb.text import shape as shape_text


class BatchNorm1d(nn.BatchNorm1d):
    """BN of rows (batch, features); training on a single number per feature is an error."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, features) → the same shape."""
        if self.training:
            need_variance(x)
        return super().forward(x)


class BatchNorm2d(nn.BatchNorm2d):
    """BN of maps; training on a single number per channel is an error."""

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → the same shape."""
        if self.training:
            need_variance(x)
        return super().forward(x)


class SentenceNorm(BatchNorm2d):
    """BN of maps of a sentence: mean and variance are those of its words."""

    tokens = 1

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, places, 1) → the same shape."""
        if not self.training:
            return super().forward(x)
        there = real(x, self.tokens)[:, 0, :, 0]
        rows = x[..., 0].transpose(1, 2)  # (batch, places, channels)
        words = super().forward(rows[there].T[None, :, :, None])[0, :, :, 0].T
        return torch.zeros_like(rows).masked_scatter(there[..., None], words.to(x.dtype)).transpose(1, 2).unsqueeze(3)


def need_variance(x: Tensor) -> None:
    """Raise WxbError if a batch has only one number per channel, whose variance is 0."""
    if x.numel() == x.shape[1]:
        raise one_number_per_channel(tuple(x.shape[1:]))


def one_number_per_channel(shape: Shape, batch_size: int = 2, devices: int = 1) -> WxbError:
    """The error for a BN that is trained on one example of this shape at a time, and not from `batch_size` on."""
    return WxbError(
        "BN cannot learn from one number per channel: numbers are normalized by their variance",
        f"what reaches it is one example of {shape_text(shape)}",
        f"`batch_size={batch_size}` or more, and memory for more than one example at a time"
        + (", or `devices=1`" if devices > 1 else ""),
    )


class LocalResponseNorm(nn.Module):
    """LRN: x_i / (k + α Σ_j x_j²)^β over the n channels j around i, n = 5, α = 1e-4, β = 0.75, k = 2.

    Krizhevsky, Sutskever, Hinton 2012, section 3.3. Unlike the paper, torch divides α by n.
    """

    channels, alpha, beta, k = 5, 1e-4, 0.75, 2.0

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → the same shape."""
        return F.local_response_norm(x, self.channels, self.alpha * self.channels, self.beta, self.k)


def _batch_norm(layer: PlannedLayer) -> nn.Module:
    if layer.tokens:
        made = SentenceNorm(layer.input[0])
        made.tokens = layer.tokens
        return made
    return BatchNorm2d(layer.input[0]) if len(layer.input) == 3 else BatchNorm1d(layer.input[0])


NORMALIZATION: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    "BN": _batch_norm,
    "LRN": lambda layer: LocalResponseNorm(),
}
