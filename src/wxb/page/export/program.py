"""A trained network as a program of a few plain operations, which a browser computes (page/src/single/network.ts).

An operation is a mapping with its name as `op`; an array in it is a pair, its first number's place among the program's
numbers and how many there are. Arrays are float32, in the order of the memory of a contiguous tensor.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from wxb.errors import WxbError
from wxb.network.blocks import Chain, Concat, PadShortcut, Residual, Team
from wxb.network.build import Model
from wxb.network.layers import Affine, Convolution, Dropout, LocalResponseNorm, Maxout
from wxb.network.layers.affine import AffineEach
from wxb.network.layers.features import Pixels, Polar, Polynomials
from wxb.network.layers.pooling import GlobalAverage
from wxb.notation.tree import Planned, PlannedConcat, PlannedLayer, PlannedResidual, PlannedTeam

Ref = list[int]
Operation = dict[str, Any]


class Program:
    """The operations of a network, and the numbers that they use."""

    def __init__(self, model: Model) -> None:
        """Raises WxbError, naming the layer, if one of them is none of the operations."""
        self._numbers: list[np.ndarray[Any, Any]] = []
        self._count = 0
        self.scale = self.affine(model.scale.mean, model.scale.std)
        self.restore = None if model.restore is None else self.affine(model.restore.mean, model.restore.std)
        self.items = self.chain(model, model.plan.items)
        self.flip = model.flip_average

    @property
    def plain(self) -> dict[str, Any]:
        """The program as plain values."""
        numbers = np.concatenate([np.empty(0, "<f4"), *self._numbers]).astype("<f4")
        return {
            "scale": self.scale,
            "restore": self.restore,
            "items": self.items,
            "flip": self.flip,
            "numbers": base64.b64encode(numbers.tobytes()).decode(),
        }

    @property
    def bytes(self) -> int:
        """The size of all numbers."""
        return 4 * self._count

    def put(self, tensor: Tensor) -> Ref:
        """Keep the numbers of a tensor; the pair that stands for them."""
        array = tensor.detach().cpu().double().contiguous().numpy().ravel().astype("<f4")
        self._numbers.append(array)
        self._count += len(array)
        return [self._count - len(array), len(array)]

    def affine(self, mean: Tensor, std: Tensor) -> dict[str, Ref]:
        """A mean and a standard deviation."""
        return {"mean": self.put(mean), "std": self.put(std)}

    def chain(self, chain: Chain, items: tuple[Planned, ...]) -> list[Operation]:
        """The operations of items in sequence; those that do nothing in use are left out."""
        found = [self.item(item, place.layer) for item, place in zip(items, chain.places, strict=True)]
        return [one for one in found if one]

    def item(self, item: Planned, module: nn.Module) -> Operation:
        """The operation of an item; empty if it does nothing in use. Raises WxbError for one that there is none for."""
        match item, module:
            case PlannedResidual(), Residual():
                short = module.shortcut
                pad = isinstance(short, PadShortcut)
                return {
                    "op": "res",
                    "arm": self.chain(module, item.arm),
                    "short": [] if not isinstance(short, Chain) else self.chain(short, item.shortcut),
                    "pad": item.stride if pad else 0,
                    "input": item.input,
                    "output": item.output,
                    "survival": item.survival,
                }
            case PlannedConcat(), Concat():
                pairs = zip(module.branches, item.branches, strict=True)
                return {"op": "cat", "branches": [self.chain(branch, items) for branch, items in pairs]}
            case PlannedTeam(), Team():
                pairs = zip(module.groups, item.groups, strict=True)
                return {
                    "op": "team",
                    "members": module.members,
                    "factors": self.put(module.factors),
                    "channels": item.input[0],
                    "groups": [self.chain(group, items) for group, items in pairs],
                }
            case PlannedLayer(), _:
                return self.layer(item, module)
        raise unable(item.path)

    def layer(self, item: PlannedLayer, module: nn.Module) -> Operation:
        """The operation of a layer."""
        if isinstance(module, (Affine, AffineEach)):
            members = module.weight.shape[0] if isinstance(module, AffineEach) else 0
            return {"op": "fc", "out": item.output[0], "members": members, **self._weights(module.weight, module.bias)}
        if isinstance(module, Convolution):
            return {
                "op": "conv", "groups": item.groups, "dilation": item.dilation, **_window(item),
                **self._weights(module.weight, module.bias),
            }  # fmt: skip
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            return self._batch_norm(module)
        if isinstance(module, (Pixels, Polar)):
            return {"op": type(module).__name__.lower(), **self.affine(module.mean, module.std)}
        if isinstance(module, Polynomials):
            scale = self.affine(module.mean, module.std)
            return {"op": "poly", "low": self.put(module.low), "span": self.put(module.span), **scale}
        for kind, write in PLAIN.items():
            if isinstance(module, kind):
                return write(item, module)
        raise unable(item.path)

    def _weights(self, weight: Tensor, bias: Tensor | None) -> dict[str, Any]:
        return {"weight": self.put(weight), "bias": None if bias is None else self.put(bias)}

    def _batch_norm(self, module: nn.BatchNorm1d | nn.BatchNorm2d) -> Operation:
        assert module.running_mean is not None
        assert module.running_var is not None
        times = module.weight.double() / torch.sqrt(module.running_var.double() + module.eps)
        return {
            "op": "times",
            "factor": self.put(times),
            "shift": self.put(module.bias.double() - times * module.running_mean.double()),
        }


def _window(item: PlannedLayer) -> Operation:
    return {
        "input": item.input,
        "output": item.output,
        "kernel": item.kernel,
        "stride": item.stride,
        "padding": item.padding,
    }


def _activation(name: str) -> Callable[[PlannedLayer, nn.Module], Operation]:
    return lambda item, module: {"op": "each", "f": name, "a": item.number}


def unable(path: str) -> WxbError:
    """The error for a layer that has no operation."""
    return WxbError(f"{path} is computed by wxb only, not in a browser")


PLAIN: dict[type[nn.Module], Callable[[PlannedLayer, nn.Module], Operation]] = {
    nn.MaxPool2d: lambda item, module: {"op": "maxpool", **_window(item)},
    nn.AvgPool2d: lambda item, module: {"op": "avgpool", **_window(item)},
    GlobalAverage: lambda item, module: {"op": "gap", "channels": item.input[0]},
    LocalResponseNorm: lambda item, module: {"op": "lrn", "input": item.input},
    Maxout: lambda item, module: {"op": "maxout", "pieces": item.pieces, "channels": item.input[0]},
    Dropout: lambda item, module: {},
    nn.Sigmoid: _activation("sigmoid"),
    nn.Tanh: _activation("tanh"),
    nn.ReLU: _activation("relu"),
    nn.GELU: _activation("gelu"),
    nn.SiLU: _activation("silu"),
    nn.LeakyReLU: _activation("leaky"),
    nn.ELU: _activation("elu"),
}
