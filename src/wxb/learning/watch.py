"""Watching a training: seconds per part of a step, activations and gradients, read without changing the result."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from wxb.network.build import Model

SECONDS, ACTIVATIONS, GRADIENTS = WATCHED = ("seconds", "activations", "gradients")
DATA, FORWARD, LOSS, BACKWARD, OPTIMIZER = PARTS = ("data", "forward", "loss", "backward", "optimizer")
NORMALIZATION = "scale"  # the name of the model's input normalization among its layers

NOTHING = nullcontext()


@dataclass(frozen=True)
class Activation:
    """The numbers that a layer gave in one step."""

    mean: float
    std: float
    zeros: float  # share of exact zeros


@dataclass(frozen=True)
class Reading:
    """What was read in one step; empty for what is not watched.

    `seconds` are those of each part and each layer's forward pass, by (part, name), when the device has finished; what
    one part does inside another counts for both. `activations` are by the path of the layer, and `gradients` are the
    Euclidean norms by the name of the parameter, before clipping.
    """

    seconds: Mapping[tuple[str, str], float]
    activations: Mapping[str, Activation]
    gradients: Mapping[str, float]


class Watch:
    """Reads one training. `what` is some of WATCHED; a Watch of nothing costs nothing."""

    def __init__(self, model: Model, device: str, what: Collection[str]) -> None:
        if unknown := set(what) - set(WATCHED):
            raise ValueError(f"cannot watch {', '.join(sorted(unknown))}; {', '.join(WATCHED)} can be watched")
        self.model = model
        self.device = torch.device(device)
        self.what = frozenset(what)
        self._clear()

    def _clear(self) -> None:
        self._seconds: dict[tuple[str, str], float] = defaultdict(float)
        self._sums: dict[str, Tensor] = {}  # by layer: number of numbers, their sum, sum of squares, number of zeros
        self._norms: dict[str, Tensor] = {}

    def part(self, part: str) -> AbstractContextManager[None]:
        """Time what happens inside as a part of the step."""
        return self._timed(part, part) if SECONDS in self.what else NOTHING

    @contextmanager
    def _timed(self, part: str, name: str) -> Iterator[None]:
        began = now(self.device)
        yield
        self._seconds[part, name] += now(self.device) - began

    @contextmanager
    def layers(self) -> Iterator[None]:
        """Watch the layers inside, by hooks that are gone afterwards."""
        layers: dict[str, torch.nn.Module] = {NORMALIZATION: self.model.scale} if SECONDS in self.what else {}
        if self.what - {GRADIENTS}:
            layers |= {layer.path: self.model.get_submodule(layer.path) for layer in self.model.plan.layers}
        with ExitStack() as hooks:
            for path, layer in layers.items():
                self._attach(path, layer, hooks)
            yield

    def _attach(self, path: str, layer: torch.nn.Module, hooks: ExitStack) -> None:
        began = 0.0

        def before(module: torch.nn.Module, inputs: object) -> None:
            nonlocal began
            began = now(self.device)

        def after(module: torch.nn.Module, inputs: object, output: Tensor) -> None:
            if SECONDS in self.what:
                self._seconds[FORWARD, path] += now(self.device) - began
            if ACTIVATIONS in self.what and path != NORMALIZATION:
                self._sums[path] = _sums(output) + self._sums.get(path, 0)

        if SECONDS in self.what:
            hooks.enter_context(layer.register_forward_pre_hook(before))
        hooks.enter_context(layer.register_forward_hook(after))

    def gradients(self) -> None:
        """Read the gradients, which are complete."""
        if GRADIENTS in self.what:
            for name, parameter in self.model.named_parameters():
                if parameter.grad is not None:
                    self._norms[name] = parameter.grad.detach().norm()

    def take(self) -> Reading | None:
        """What was read since the last call; None if nothing is watched."""
        if not self.what:
            return None
        reading = Reading(
            dict(self._seconds),
            {path: _activation(sums) for path, sums in self._sums.items()},
            {name: float(norm) for name, norm in self._norms.items()},
        )
        self._clear()
        return reading


def now(device: torch.device) -> float:
    """Seconds of a clock, when all that was asked of the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


@torch.no_grad()
def _sums(output: Tensor) -> Tensor:
    numbers = output.detach().double()
    count = torch.tensor(numbers.numel(), dtype=torch.float64, device=output.device)
    return torch.stack([count, numbers.sum(), numbers.square().sum(), (numbers == 0).sum().double()])


def _activation(sums: Tensor) -> Activation:
    count, total, squares, zeros = sums.tolist()
    mean = total / count
    return Activation(mean, max(0.0, squares / count - mean**2) ** 0.5, zeros / count)
