"""Activations: SIGMOID, TANH, RELU, GELU, SILU, LEAKY, ELU, MAXOUT."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.notation.tree import PlannedLayer


class Maxout(nn.Module):
    """MAXOUT: the greatest of `pieces` neighbouring channels or features (Goodfellow et al. 2013)."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.pieces = pieces

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, width · pieces, …) → (batch, width, …)."""
        pieces: Tensor = x.unflatten(1, (-1, self.pieces))
        return pieces.amax(2)

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"pieces={self.pieces}"


ACTIVATIONS: dict[str, Callable[[PlannedLayer], nn.Module]] = {
    "SIGMOID": lambda layer: nn.Sigmoid(),
    "TANH": lambda layer: nn.Tanh(),
    "RELU": lambda layer: nn.ReLU(),
    "GELU": lambda layer: nn.GELU(),
    "SILU": lambda layer: nn.SiLU(),
    "LEAKY": lambda layer: nn.LeakyReLU(cast(float, layer.number)),
    "ELU": lambda layer: nn.ELU(cast(float, layer.number)),
    "MAXOUT": lambda layer: Maxout(layer.pieces),
}

# the same functions in place, for predictions; activations that are not listed have no in-place form
IN_PLACE: dict[str, Callable[[nn.Module], Callable[[Tensor], Tensor]]] = {
    "SIGMOID": lambda layer: torch.sigmoid_,
    "TANH": lambda layer: torch.tanh_,
    "RELU": lambda layer: torch.relu_,
    "SILU": lambda layer: lambda x: F.silu(x, inplace=True),
    "LEAKY": lambda layer: lambda x: F.leaky_relu_(x, cast(nn.LeakyReLU, layer).negative_slope),
    "ELU": lambda layer: lambda x: F.elu_(x, cast(nn.ELU, layer).alpha),
}
