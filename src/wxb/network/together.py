"""The groups of a TEAM computed together: one product per layer in place of one per layer and group.

Groups that see rows of numbers have equal layers with weights of their own. On the CPU their products are so small that
calling them takes longer than computing them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.network.layers import Dropout
from wxb.network.layers.affine import Affine, AffineEach

# layers that treat every number alike, so that groups may stand side by side in their input
EACH_NUMBER = (nn.Sigmoid, nn.Tanh, nn.ReLU, nn.GELU, nn.SiLU, nn.LeakyReLU, nn.ELU, Dropout)

Layers = Sequence[nn.Module]  # of a group, from its first to the FC of which each member has its own


def are_rows(layers: Layers) -> bool:
    """Whether `together` computes such layers: an FC first, then FC, activations and DROP, then the members' own FC."""
    if len(layers) < 2 or not isinstance(layers[0], Affine) or not isinstance(layers[-1], AffineEach):
        return False
    return all(isinstance(layer, (Affine, *EACH_NUMBER)) for layer in layers[1:-1])


def together(groups: Sequence[Layers], x: Tensor, factors: Tensor) -> Tensor:
    """The logits of all members of all groups, (batch, groups · members, outputs), group after group.

    x: (batch, features); factors (groups, members, features) multiply the input of each member. A layer's hooks see the
    rows of its group, and what they return is not used; the time of a product counts for the layer of the first group.
    """
    for layers in zip(*groups, strict=True):
        first = layers[0]
        if isinstance(first, AffineEach):
            x = _watched(layers, x, partial(_of_members, layers, len(factors[0])))
        elif not isinstance(first, Affine):
            x = _watched(layers, x, partial(_of_numbers, first))
        elif x.ndim == 2:
            x = _watched(layers, x, partial(_of_inputs, layers, factors))
        else:
            x = _watched(layers, x, partial(_product, layers))
    return x.transpose(0, 1)


def _of_inputs(layers: Layers, factors: Tensor, x: Tensor) -> Tensor:
    """The first FC of every group: x (batch, features) → (groups, batch · members, width)."""
    weight, bias = _joined(layers)
    groups, members, features = factors.shape
    width = weight.shape[1]
    if len(x) < width:  # there are fewer rows to multiply by the factors than weights of a feature
        rows = (x[:, None] * factors[:, None].to(x.dtype)).view(groups, -1, features)
        return _times(rows, weight, bias)
    each = (factors[:, :, None] * weight[:, None]).view(-1, features)
    biases = None if bias is None else bias.repeat(1, members).flatten()
    out = F.linear(x, each, biases)
    return out.view(len(x), groups, -1).transpose(0, 1).reshape(groups, -1, width)


def _of_numbers(layer: nn.Module, x: Tensor) -> Tensor:
    """An activation or DROP, which draws row by row: (groups, rows, features) → the same."""
    return cast(Tensor, layer.forward(x.transpose(0, 1))).transpose(0, 1)


def _product(layers: Layers, x: Tensor) -> Tensor:
    """A further FC of every group: x (groups, rows, features) → (groups, rows, width)."""
    return _times(x, *_joined(layers))


def _of_members(layers: Layers, members: int, x: Tensor) -> Tensor:
    """The last FC of every group: x (groups, batch · members, features) → (groups · members, batch, outputs)."""
    rows = x.unflatten(1, (-1, members)).transpose(1, 2).flatten(0, 1)
    weight = torch.cat([cast(Tensor, layer.weight) for layer in layers])
    bias = None if layers[0].bias is None else torch.cat([cast(Tensor, layer.bias) for layer in layers])
    return _times(rows, weight, bias)


def _joined(layers: Layers) -> tuple[Tensor, Tensor | None]:
    """The weights (groups, width, features) and biases (groups, width) of one layer of all groups."""
    weight = torch.stack([cast(Tensor, layer.weight) for layer in layers])
    bias = None if layers[0].bias is None else torch.stack([cast(Tensor, layer.bias) for layer in layers])
    return weight, bias


def _times(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Wx + b with W (each, width, features) and b (each, width): (each, rows, features) → (each, rows, width)."""
    turned = weight.transpose(1, 2)
    return torch.bmm(x, turned) if bias is None else torch.baddbmm(bias[:, None], x, turned)


def _watched(layers: Layers, x: Tensor, compute: Callable[[Tensor], Tensor]) -> Tensor:
    """`compute(x)`, with the hooks of the layers called on the part of each group, as calls of the layers would."""
    if not any(layer._forward_pre_hooks or layer._forward_hooks for layer in layers):
        return compute(x)
    out: Tensor | None = None
    for group, layer in enumerate(layers):
        given = x if x.ndim == 2 else x[group]
        for name, hook in layer._forward_pre_hooks.items():
            hook(layer, (given,), *([{}] if name in layer._forward_pre_hooks_with_kwargs else []))
        if out is None:
            out = compute(x)
        part = out.unflatten(0, (len(layers), -1))[group].transpose(0, 1).flatten(0, 1)
        for name, hook in layer._forward_hooks.items():
            hook(layer, (given,), *([{}] if name in layer._forward_hooks_with_kwargs else []), part)
    assert out is not None
    return out
