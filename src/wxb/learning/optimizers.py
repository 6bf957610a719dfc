"""How weights follow their gradient: torch's optimizers where it has them, and Muon for filters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import nn

from wxb.learning.recipe import Recipe

Named = list[tuple[str, nn.Parameter]]


def optimizers(model: nn.Module, output: str, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """The optimizers of a model's parameters, none of them with a weight decay of its own (see `decay`).

    One optimizer, but for "muon": Muon takes the weights of all CONV and FC layers but the output layer's (`output`,
    its path), Adam takes the rest, both at the same learning rate.
    """
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    rate, momentum = recipe.learning_rate, recipe.momentum
    if recipe.optimizer == "muon":
        filters = [p for name, p in named if p.ndim >= 2 and not name.startswith(output + ".")]
        chosen = {id(p) for p in filters}
        rest = [p for _, p in named if id(p) not in chosen]
        both: list[torch.optim.Optimizer] = [Muon(filters, rate, momentum)] if filters else []
        return [*both, torch.optim.Adam(rest, rate, fused=True)]
    parameters = [p for _, p in named]
    match recipe.optimizer:
        case "sgd":
            return [torch.optim.SGD(parameters, rate, fused=True)]
        case "momentum":
            return [torch.optim.SGD(parameters, rate, momentum=momentum, fused=True)]
        case "nesterov":
            return [torch.optim.SGD(parameters, rate, momentum=momentum, nesterov=True, fused=True)]
        case "adagrad":
            return [torch.optim.Adagrad(parameters, rate, foreach=True)]
        case "rmsprop":
            return [torch.optim.RMSprop(parameters, rate, alpha=0.9, foreach=True)]
        case "adam" | "adamw":
            return [torch.optim.Adam(parameters, rate, fused=True)]
    raise ValueError(f"{recipe.optimizer} is no optimizer")


def decay(weights: Sequence[torch.Tensor], amount: float) -> None:
    """Decoupled weight decay, W ← W − amount · W, amount = learning rate · weight decay (Loshchilov, Hutter 2019)."""
    torch._foreach_mul_(list(weights), 1 - amount)


class Muon(torch.optim.Optimizer):
    """Momentum whose matrix is made orthogonal before it is taken as the step.

    K. Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks". A filter (out, in, height, width)
    counts as the matrix (out, in · height · width). The step is 0.2 · √max(rows, columns) times the orthogonal matrix,
    so that its root mean square is about Adam's and one learning rate serves both (Liu et al. 2025, arXiv:2502.16982,
    section 2.2).
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(parameter)
                buffer = state["momentum_buffer"]
                buffer.mul_(group["momentum"]).add_(parameter.grad)
                matrix = parameter.grad.add(buffer, alpha=group["momentum"]).flatten(1)  # Nesterov's look ahead
                step = orthogonal(matrix).view_as(parameter)
                parameter.add_(step, alpha=-group["lr"] * 0.2 * max(matrix.shape) ** 0.5)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """U·Vᵀ of the singular value decomposition U·S·Vᵀ, roughly: singular values come to lie in about [0.7, 1.2].

    Five steps of a Newton-Schulz iteration of degree five, with Jordan's coefficients, which trade exactness for speed.
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x: torch.Tensor = matrix if wide else matrix.T
    x = x / (x.norm() + 1e-7)  # the iteration needs a spectral norm of at most 1
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x if wide else x.T
