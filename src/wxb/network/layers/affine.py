"""Layers with weights: FC and CONV."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.network.layers.sentence import without_rest
from wxb.notation.tree import PlannedLayer

# With fewer channels than its kernels process at a time, oneDNN computes wrong gradients of 1x1 filters with a stride,
# or writes out of bounds, on processors without AVX-512 (uxlfoundation/oneDNN, issue 6035). The pixels that such
# filters skip are therefore removed before the convolution.
LEAST_CHANNELS = 16


class Affine(nn.Linear):
    """FC: f(x) = Wx + b over all numbers of an example, W (width, features).

    Maps are flattened channel by channel, each row by row, regardless of their memory layout.
    """

    tokens = 0  # that a place of its input stands for, if that is maps of a sentence

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, features) or (batch, channels, height, width) → (batch, width)."""
        return F.linear(self.flat(x), self.weight, self.bias)

    def flat(self, x: Tensor) -> Tensor:
        """x: (batch, …) → (batch, features), zeros after the end of a sentence."""
        return x if x.ndim == 2 else without_rest(x, self.tokens).flatten(1)

    def reset_parameters(self) -> None:
        """Do nothing: `start.initialize` draws the weights, and torch's own generator stays untouched."""


class AffineEach(nn.Module):
    """The last FC of a TEAM: each member has its own weights W (members, width, features) and bias (members, width)."""

    def __init__(self, members: int, features: int, width: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(members, width, features))
        self.bias = nn.Parameter(torch.empty(members, width)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch · members, features) or maps, the members of an example one after the other → (…, width)."""
        return each_times(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """For print(model)."""
        members, width, features = self.weight.shape
        return f"members={members}, in_features={features}, out_features={width}, bias={self.bias is not None}"


def each_times(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Wx + b with weights (members, width, features) and bias (members, width) of each member's own.

    x: (batch · members, …), the members of an example one after the other → (batch · members, width).
    """
    members, width, features = weight.shape
    columns = x.reshape(-1, members, features).transpose(0, 1)
    out = torch.bmm(columns, weight.transpose(1, 2)).transpose(0, 1)
    return (out if bias is None else out + bias).reshape(-1, width)


class Convolution(nn.Conv2d):
    """CONV: filters (width, channels / groups, height, width) over maps, a correlation."""

    def __init__(self, layer: PlannedLayer) -> None:
        channels, filters = layer.input[0], layer.output[0]
        super().__init__(
            channels, filters, layer.kernel, layer.stride, layer.padding, layer.dilation, layer.groups, layer.bias
        )
        few = channels // layer.groups < LEAST_CHANNELS
        self.tokens = layer.tokens
        self.skips = few and layer.stride > 1 and layer.kernel == (1, 1) and layer.padding == (0, 0)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, height, width) → (batch, width, …)."""
        x = without_rest(x, self.tokens)
        if self.skips:
            down, right = self.stride
            return F.conv2d(x[:, :, ::down, ::right], self.weight, self.bias, groups=self.groups)
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def reset_parameters(self) -> None:
        """Do nothing, as in `Affine`."""


def bias_in_weights(weight: Tensor, bias: Tensor) -> Tensor:
    """The bias trick: join W (outputs, features) and b (outputs,) to one matrix (outputs, features + 1), b last.

    Applied to rows with a 1 appended (`with_one`), it gives the scores Wx + b.
    """
    return torch.cat([weight, bias[:, None]], dim=1)


def with_one(x: Tensor) -> Tensor:
    """Append a 1 to rows (batch, features), so that W'x' = Wx + b with W' = `bias_in_weights(W, b)`."""
    return torch.cat([x, x.new_ones(len(x), 1)], dim=1)


def _affine(layer: PlannedLayer) -> Affine:
    made = Affine(prod(layer.input), layer.output[0], layer.bias)
    made.tokens = layer.tokens
    return made


AFFINE: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    "CONV": Convolution,
    "FC": lambda layer: (
        _affine(layer)
        if layer.groups == 1
        else AffineEach(layer.groups, prod(layer.input), layer.output[0], layer.bias)
    ),
}
