"""Optimizers: the update rules of the weights.

The rules use torch's own kernels, but not `torch.optim`: its classes import torch's compiler, which takes longer than
many trainings. The learning rate is a tensor, so that a step that was recorded on a GPU can be launched again at
another rate.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence

import torch
from torch import Tensor, nn

from wxb.learning.recipe import Recipe

Remembered = dict[str, Tensor]


class Optimizer(ABC):
    """An update rule for parameters; `state` holds its memory of each parameter."""

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        self.parameters = list(parameters)
        self.state: dict[nn.Parameter, Remembered] = {}

    @torch.no_grad()
    def step(self, rate: Tensor) -> None:
        """Update every parameter that has a gradient; `rate` () float32 is on the parameters' device."""
        weights: list[Tensor] = []
        gradients: list[Tensor] = []
        states: list[Remembered] = []
        for parameter in self.parameters:
            if parameter.grad is not None:
                if parameter not in self.state:
                    self.state[parameter] = self.begin(parameter)
                weights.append(parameter)
                gradients.append(parameter.grad)
                states.append(self.state[parameter])
        if weights:
            self.move(weights, gradients, states, rate)

    @abstractmethod
    def begin(self, parameter: Tensor) -> Remembered:
        """The state of a parameter before its first step."""

    @abstractmethod
    def move(self, weights: list[Tensor], gradients: list[Tensor], states: list[Remembered], rate: Tensor) -> None:
        """Update these weights in place by one step."""


class GradientDescent(Optimizer):
    """W ← W − ηv with v ← μv + g; with Nesterov's momentum W ← W − η(g + μv) (Sutskever et al. 2013)."""

    def __init__(self, parameters: Iterable[nn.Parameter], momentum: float = 0.0, nesterov: bool = False) -> None:
        super().__init__(parameters)
        self.momentum = momentum
        self.nesterov = nesterov

    def begin(self, parameter: Tensor) -> Remembered:
        """Begin with v = 0."""
        return {"momentum_buffer": torch.zeros_like(parameter)} if self.momentum else {}

    def move(self, weights: list[Tensor], gradients: list[Tensor], states: list[Remembered], rate: Tensor) -> None:
        """Move the weights by the rule."""
        torch._fused_sgd_(
            weights, gradients, _each(states, "momentum_buffer") if self.momentum else [],
            lr=rate, momentum=self.momentum, nesterov=self.nesterov,
            weight_decay=0.0, dampening=0.0, maximize=False, is_first_step=False,
        )  # fmt: skip


class Adagrad(Optimizer):
    """W ← W − ηg / √(Σg²) (Duchi, Hazan, Singer 2011)."""

    def begin(self, parameter: Tensor) -> Remembered:
        """Begin with Σg² = 0."""
        return {"sum": torch.zeros_like(parameter)}

    def move(self, weights: list[Tensor], gradients: list[Tensor], states: list[Remembered], rate: Tensor) -> None:
        """Move the weights by the rule."""
        sums = _each(states, "sum")
        torch._foreach_addcmul_(sums, gradients, gradients)
        _divided(weights, gradients, sums, rate, 1e-10)


class RMSProp(Optimizer):
    """W ← W − ηg / √m with m ← 0.9m + 0.1g² (Tieleman, Hinton 2012, lecture 6.5)."""

    kept = 0.9

    def begin(self, parameter: Tensor) -> Remembered:
        """Begin with m = 0."""
        return {"square_avg": torch.zeros_like(parameter)}

    def move(self, weights: list[Tensor], gradients: list[Tensor], states: list[Remembered], rate: Tensor) -> None:
        """Move the weights by the rule."""
        means = _each(states, "square_avg")
        torch._foreach_mul_(means, self.kept)
        torch._foreach_addcmul_(means, gradients, gradients, 1 - self.kept)
        _divided(weights, gradients, means, rate, 1e-8)


class Adam(Optimizer):
    """W ← W − ηm̂ / √v̂ with the bias-corrected means m̂ of g and v̂ of g², β = 0.9 and 0.999 (Kingma, Ba 2015)."""

    def begin(self, parameter: Tensor) -> Remembered:
        """Begin with both means and the step count at 0."""
        return {
            "step": torch.zeros((), device=parameter.device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }

    def move(self, weights: list[Tensor], gradients: list[Tensor], states: list[Remembered], rate: Tensor) -> None:
        """Move the weights by the rule."""
        steps = _each(states, "step")
        torch._foreach_add_(steps, 1)
        torch._fused_adam_(
            weights, gradients, _each(states, "exp_avg"), _each(states, "exp_avg_sq"), [], steps,
            lr=rate, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=0.0, amsgrad=False, maximize=False,
        )  # fmt: skip


ITERATIONS = 3


class Muon(Optimizer):
    """Momentum that is made orthogonal before each update.

    K. Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks". A filter bank (out, in, height,
    width) is treated as a matrix (out, in · height · width). The update is 0.2 · √max(rows, columns) times the
    orthogonal matrix, so that its root mean square is about Adam's and one learning rate serves both (Liu et al. 2025,
    arXiv:2502.16982, section 2.2).
    """

    def __init__(self, parameters: Iterable[nn.Parameter], momentum: float, dtype: torch.dtype = torch.float32) -> None:
        """`dtype` is the precision of the matrix products; the iteration is also stable in bfloat16."""
        super().__init__(parameters)
        self.momentum = momentum
        self.dtype = dtype

    def begin(self, parameter: Tensor) -> Remembered:
        """Begin without momentum."""
        return {"momentum_buffer": torch.zeros_like(parameter)}

    def move(self, weights: list[Tensor], gradients: list[Tensor], states: list[Remembered], rate: Tensor) -> None:
        """Move the weights by the rule."""
        for weight, gradient, buffer in zip(weights, gradients, _each(states, "momentum_buffer"), strict=True):
            buffer.mul_(self.momentum).add_(gradient)
            ahead = gradient.add(buffer, alpha=self.momentum)  # Nesterov's momentum
            if weight.ndim == 4:  # the memory layout of filters; reordering columns only reorders those of the update
                weight, ahead = weight.permute(0, 2, 3, 1), ahead.permute(0, 2, 3, 1)
            matrix = ahead.flatten(1)
            step = orthogonal(matrix.to(self.dtype)).view_as(weight)
            weight.addcmul_(step.to(weight.dtype), rate, value=-0.2 * max(matrix.shape) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """Approximate U·Vᵀ of the singular value decomposition U·S·Vᵀ.

    Singular values of at least a fiftieth of the matrix's norm end up in about [0.7, 1.2]; smaller ones grow up to
    fortyfold. This is a Newton-Schulz iteration of degree five with Jordan's coefficients, which trade accuracy for
    speed. His five iterations take two thirds longer than three and did not make networks learn more.
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x: Tensor = matrix if wide else matrix.T
    x = x / (x.norm() + 1e-7)  # the iteration needs a spectral norm of at most 1
    for _ in range(ITERATIONS):
        gram = x @ x.T
        square = torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
        x = torch.addmm(x, square, x, beta=3.4445)
    return x if wide else x.T


def _each(states: list[Remembered], name: str) -> list[Tensor]:
    return [state[name] for state in states]


def _divided(weights: list[Tensor], gradients: list[Tensor], squares: list[Tensor], rate: Tensor, tiny: float) -> None:
    """W ← W − ηg / (√squares + tiny)."""
    roots = torch._foreach_sqrt(squares)
    torch._foreach_add_(roots, tiny)
    moves = torch._foreach_div(gradients, roots)
    torch._foreach_mul_(moves, rate)
    torch._foreach_sub_(weights, moves)


RULES = {
    "sgd": GradientDescent,
    "adagrad": Adagrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": Adam,  # its weight decay is `decay`
}


def optimizers(
    model: nn.Module, outputs: Collection[str], recipe: Recipe, dtype: torch.dtype = torch.float32
) -> list[Optimizer]:
    """The optimizers of a model's parameters, without weight decay (see `decay`).

    There is one, except for "muon": Muon updates the weights of all CONV and FC layers except the output layers,
    whose paths are `outputs`, and Adam updates the rest, at the same learning rate. `dtype` is the precision of Muon's
    products.
    """
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    parameters = [parameter for _, parameter in named]
    match recipe.optimizer:
        case "muon":
            filters = [p for name, p in named if p.ndim >= 2 and name.rpartition(".")[0] not in outputs]
            chosen = {id(p) for p in filters}
            rest = Adam(p for p in parameters if id(p) not in chosen)
            return [Muon(filters, recipe.momentum, dtype), rest] if filters else [rest]
        case "momentum" | "nesterov":
            return [GradientDescent(parameters, recipe.momentum, recipe.optimizer == "nesterov")]
        case _:
            return [RULES[recipe.optimizer](parameters)]


def decay(weights: Sequence[Tensor], amount: Tensor) -> None:
    """Decoupled weight decay, W ← W − amount · W, amount = learning rate · weight decay (Loshchilov, Hutter 2019)."""
    torch._foreach_mul_(list(weights), 1 - amount)
