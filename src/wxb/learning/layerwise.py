"""Statistics of each layer in one step, taken from what the step computes anyway, without waiting for the device."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from wxb.learning.watched import LayerStatistics

if TYPE_CHECKING:
    from wxb.network.build import Model

Named = dict[tuple[str, str], Tensor]  # by the path of the layer and the name of the statistic

# outputs beyond these are saturated: the slopes 1 − y² and y(1 − y) are a tenth of their greatest there
TANH_END = math.sqrt(0.9)
SIGMOID_END = (1 + TANH_END) / 2


def dead(output: Tensor, spatial: bool) -> Tensor:
    """Which units gave 0 at every place of every example: (batch, …, height, width) → (…), bool."""
    places = (0, -2, -1) if spatial else (0,)
    return output.detach().amax(places) == 0


def beyond_tanh(output: Tensor) -> Tensor:
    """The share of outputs of TANH that are saturated, ()."""
    return (output.detach().abs() > TANH_END).float().mean()


def beyond_sigmoid(output: Tensor) -> Tensor:
    """The share of outputs of SIGMOID that are saturated, ()."""
    return ((output.detach() - 0.5).abs() > SIGMOID_END - 0.5).float().mean()


SATURATED = {"TANH": beyond_tanh, "SIGMOID": beyond_sigmoid}


@dataclass(frozen=True)
class Layers:
    """The modules of a model that statistics are about, by path in order, and the words of those that activate."""

    modules: dict[str, nn.Module]
    activations: dict[str, str]  # "RELU", "TANH", "SIGMOID"
    spatial: Callable[[str, Tensor], bool]  # whether the output of the layer of this path is maps

    @staticmethod
    def of(model: Model) -> Layers:
        """Those of a planned network."""
        planned = {layer.path: layer for layer in model.plan.layers}
        return Layers(
            {path: model.get_submodule(path) for path in planned},
            {path: layer.name for path, layer in planned.items() if layer.name in ("RELU", *SATURATED)},
            lambda path, output: len(planned[path].output) == 3,
        )

    @staticmethod
    def of_module(model: nn.Module) -> Layers:
        """Those of any module, by the names of its parts."""
        words = {nn.ReLU: "RELU", nn.ReLU6: "RELU", nn.Tanh: "TANH", nn.Sigmoid: "SIGMOID"}
        modules = dict(model.named_modules())
        found = {path: words.get(type(module)) for path, module in modules.items()}
        activations = {path: word for path, word in found.items() if word is not None}
        return Layers(modules, activations, lambda path, output: output.ndim >= 4)


class Layerwise:
    """Collects the statistics of the layers in one step."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.activations = layers.activations
        self.modules = {path: layers.modules[path] for path in self.activations}
        weights = {path: getattr(module, "weight", None) for path, module in layers.modules.items()}
        self.weights = {path: w for path, w in weights.items() if isinstance(w, nn.Parameter) and w.requires_grad}
        self.clear()

    def clear(self) -> None:
        """Forget what was collected."""
        self.dead: dict[str, Tensor] = {}
        self.saturated: dict[str, list[tuple[int, Tensor]]] = {}
        self.gradients: list[Tensor] = []
        self.before: list[Tensor] = []
        self.updates: list[Tensor] = []
        self.norms: list[Tensor] = []

    def attach(self, hooks: ExitStack) -> None:
        """Read the activations' outputs until the hooks are gone."""
        for path, module in self.modules.items():
            hooks.enter_context(module.register_forward_hook(self._reader(path)))

    def _reader(self, path: str) -> Callable[[nn.Module, object, Tensor], None]:
        name = self.activations[path]

        def read(module: nn.Module, inputs: object, output: Tensor) -> None:
            if name == "RELU":
                found = dead(output, self.layers.spatial(path, output))
                # the units of a batch in micro-batches are dead in all of them
                self.dead[path] = found & self.dead[path] if path in self.dead else found
            else:
                self.saturated.setdefault(path, []).append((len(output), SATURATED[name](output)))

        return read

    @torch.no_grad()
    def before_update(self) -> None:
        """Read the gradients, which are complete, and copy the weights."""
        gradients = [w.grad if w.grad is not None else torch.zeros_like(w) for w in self.weights.values()]
        if gradients:
            self.gradients = list(torch._foreach_norm(gradients))
            self.before = [w.detach().clone() for w in self.weights.values()]

    @torch.no_grad()
    def after_update(self) -> None:
        """Compare the weights with those before the update."""
        if self.before:
            self.norms = list(torch._foreach_norm(self.before))
            torch._foreach_sub_(self.before, list(self.weights.values()))
            self.updates = list(torch._foreach_norm(self.before))
            self.before = []

    def take(self) -> Named:
        """What was collected since the last call, as numbers on the device."""
        found: Named = {}
        if self.norms:
            changes = zip(self.weights, self.gradients, self.updates, self.norms, strict=True)
            for path, gradient, update, norm in changes:
                found[path, "gradient_norm"] = gradient
                found[path, "update_ratio"] = update / norm
        for path, units in self.dead.items():
            found[path, "dead"] = units.float().mean()
        for path, parts in self.saturated.items():
            examples = sum(count for count, _ in parts)
            found[path, "saturated"] = torch.stack([count / examples * share for count, share in parts]).sum()
        self.clear()
        return found


def statistics(found: Named, order: Iterable[str]) -> dict[str, LayerStatistics]:
    """The collected numbers by layer, in the given order of paths; this waits for the device."""
    values = torch.stack([value.float() for value in found.values()]).tolist() if found else []
    layers: dict[str, dict[str, float]] = {}
    for (path, name), value in zip(found, values, strict=True):
        if math.isfinite(value):
            layers.setdefault(path, {})[name] = value
    return {path: LayerStatistics(**layers[path]) for path in order if path in layers}
