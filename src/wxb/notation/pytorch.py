"""The PyTorch that a network means: its layers as the text of a `torch.nn.Sequential`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from .planned import Plan
from .tree import Planned, PlannedLayer


def pytorch(plan: Plan) -> str:
    """A plan's layers as Python text, an expression of `torch.nn`; empty if a layer has no module of torch's own.

    The expression takes scaled inputs (batch, *plan.input) and gives logits (batch, plan.outputs). Its parameters have
    the shapes and the order of those of the built model. Blocks and designed features have no such text.
    """
    lines: list[str] = []
    shape = plan.input
    for item in plan.items:
        made = _module(item)
        if made is None:
            return ""
        if isinstance(item, PlannedLayer) and item.name == "FC" and len(shape) == 3:
            lines.append("nn.Flatten()")
        lines.append(made)
        shape = item.output
    return "nn.Sequential(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def _module(item: Planned) -> str | None:
    if not isinstance(item, PlannedLayer) or item.members > 1 or (item.groups > 1 and item.name == "FC"):
        return None
    write = MODULES.get(item.name)
    return None if write is None else write(item)


def _convolution(layer: PlannedLayer) -> str:
    options = {
        "stride": (layer.stride, 1),
        "padding": (_pair(layer.padding), 0),
        "dilation": (layer.dilation, 1),
        "groups": (layer.groups, 1),
        "bias": (layer.bias, True),
    }
    return f"nn.Conv2d({layer.input[0]}, {layer.output[0]}, {_pair(layer.kernel)}{_options(options)})"


def _pooling(name: str) -> Callable[[PlannedLayer], str]:
    def text(layer: PlannedLayer) -> str:
        options = {"padding": (_pair(layer.padding), 0), "ceil_mode": (layer.ceil, False)}
        if name == "AvgPool2d":
            options["count_include_pad"] = (False, True)
        return f"nn.{name}({_pair(layer.kernel)}, {layer.stride}{_options(options)})"

    return text


def _batch_norm(layer: PlannedLayer) -> str:
    return f"nn.BatchNorm{2 if len(layer.input) == 3 else 1}d({layer.input[0]})"


def _pair(sizes: tuple[int, int]) -> int | tuple[int, int]:
    return sizes[0] if sizes[0] == sizes[1] else sizes


def _options(options: Mapping[str, tuple[object, object]]) -> str:
    """Options whose values are not torch's own defaults."""
    return "".join(f", {name}={value}" for name, (value, usual) in options.items() if value != usual)


MODULES: dict[str, Callable[[PlannedLayer], str]] = {
    "FC": lambda layer: f"nn.Linear({prod(layer.input)}, {layer.output[0]}{'' if layer.bias else ', bias=False'})",
    "CONV": _convolution,
    "POOL": _pooling("MaxPool2d"),
    "AVGPOOL": _pooling("AvgPool2d"),
    "GAP": lambda layer: "nn.AdaptiveAvgPool2d(1), nn.Flatten()",
    "BN": _batch_norm,
    "DROP": lambda layer: f"nn.Dropout({layer.number:g})",
    "SIGMOID": lambda layer: "nn.Sigmoid()",
    "TANH": lambda layer: "nn.Tanh()",
    "RELU": lambda layer: "nn.ReLU()",
    "GELU": lambda layer: "nn.GELU()",
    "SILU": lambda layer: "nn.SiLU()",
    "LEAKY": lambda layer: f"nn.LeakyReLU({layer.number:g})",
    "ELU": lambda layer: f"nn.ELU({layer.number:g})",
}
