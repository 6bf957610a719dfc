"""Units at rest or at their limits, on a sample of examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

SATURATED = 0.05  # a sigmoid within this distance of 0 or 1, a tanh of -1 or 1, hardly passes a gradient


@dataclass(frozen=True)
class Activity:
    """The shares over a network's layers of activations, each the worst layer's."""

    dead: float  # units of a RELU that are 0 for all examples
    saturated: float  # values of a SIGMOID or TANH at their limits
    layers: int  # of activations that were seen


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    training = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in training.items():
            module.training = mode


def activity(model: nn.Module, forward: Callable[[], object]) -> Activity:
    """The activity of a model's layers while `forward` runs it once on some examples, in evaluation mode."""
    dead: list[Tensor] = []
    saturated: list[Tensor] = []
    seen = 0

    def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
        nonlocal seen
        seen += 1
        values = output.detach()
        if isinstance(module, nn.ReLU | nn.ReLU6):
            units = values.movedim(1, 0).flatten(1) if values.ndim > 1 else values[None]
            dead.append((units == 0).all(1).float().mean())
        elif isinstance(module, nn.Sigmoid):
            saturated.append(((values - 0.5).abs() > 0.5 - SATURATED).float().mean())
        else:
            saturated.append((values.abs() > 1 - SATURATED).float().mean())

    watched = [one for one in model.modules() if isinstance(one, nn.ReLU | nn.ReLU6 | nn.Sigmoid | nn.Tanh)]
    hooks = [module.register_forward_hook(hook) for module in watched]
    try:
        with torch.no_grad(), _evaluating(model):
            forward()
    finally:
        for one in hooks:
            one.remove()
    worst = [float(torch.stack(shares).max()) if shares else 0.0 for shares in (dead, saturated)]
    return Activity(worst[0], worst[1], seen)
