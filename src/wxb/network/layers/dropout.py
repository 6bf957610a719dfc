"""Layers that draw at random in training: DROP, and the source that RES(…)(p) draws from as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn

from wxb.notation.tree import PlannedLayer


class Random(nn.Module):
    """A layer that draws in training: from `generator`, or from torch's own if that is None."""

    generator: torch.Generator | None = None

    def kept(self, shape: tuple[int, ...], probability: float, like: Tensor) -> Tensor:
        """1 with `probability`, else 0, in this shape, on the device and in the dtype of `like`."""
        drawn = torch.empty(shape, device=like.device, dtype=torch.float32)
        return drawn.bernoulli_(probability, generator=self.generator).to(like.dtype)


class Dropout(Random):
    """DROP: in training each number is 0 with probability p, else multiplied by 1/(1 − p); in evaluation it passes.

    Srivastava et al. 2014, section 10: scaled in training, so that nothing is left to do in evaluation.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """x: any shape → the same."""
        if not self.training or self.p == 0:
            return x
        return x * (self.kept(tuple(x.shape), 1 - self.p, x) / (1 - self.p))

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"p={self.p}"


def set_generator(model: nn.Module, generator: torch.Generator | None) -> None:
    """Let every layer of `model` that draws at random draw from `generator`."""
    for module in model.modules():
        if isinstance(module, Random):
            module.generator = generator


DROPOUT: dict[str, Callable[[PlannedLayer], nn.Module]] = {"DROP": lambda layer: Dropout(cast(float, layer.number))}
