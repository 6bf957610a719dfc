"""Layers that draw at random in training: DROP, and the base class that RES(…)(p) shares with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from wxb.notation.tree import PlannedLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray


STEPS = 2**16  # of a probability on the CPU
FEW = 2048  # numbers that torch draws faster


class Random(nn.Module):
    """A layer that draws at random in training: from `generator`, or from torch's default generator if it is None.

    If x is a micro-batch, `micro_batch` holds its first row in the batch and the number of rows of the batch. The layer
    then draws for the whole batch at the first micro-batch that it gets, and each micro-batch gets its own rows of the
    draws.
    """

    generator: torch.Generator | None = None
    members: int = 1  # rows per example: those of a TEAM around the layer
    micro_batch: tuple[int, int] | None = None
    _whole: Tensor | None = None  # the draws of a batch, from its first micro-batch to its last

    def begin(self) -> None:
        """Begin a batch: of the one before, the layer may not have got the last micro-batch."""
        self._whole = None

    def kept(self, shape: tuple[int, ...], probability: float, like: Tensor) -> Tensor:
        """1 with `probability`, else 0, in the given shape (batch, …) and in the dtype of `like`."""
        if self.micro_batch is None:
            return self._drawn(shape, probability, like.device).to(like.dtype)
        first, batch = (self.members * rows for rows in self.micro_batch)
        if self._whole is None:
            self._whole = self._drawn((batch, *shape[1:]), probability, like.device).bool()  # a quarter of the memory
        rows = self._whole[first : first + shape[0]]
        if first + shape[0] == batch:
            self._whole = None
        return rows.to(like.dtype)

    def _drawn(self, shape: tuple[int, ...], probability: float, device: torch.device) -> Tensor:
        if device.type == "cpu" and math.prod(shape) > FEW:
            seed = torch.empty((), dtype=torch.int64).random_(generator=self.generator)
            return torch.from_numpy(ones(shape, probability, int(seed)))
        return torch.empty(shape, device=device, dtype=torch.float32).bernoulli_(probability, generator=self.generator)


def ones(shape: tuple[int, ...], probability: float, seed: int) -> NDArray[np.float32]:
    """1 with `probability`, in steps of 2⁻¹⁶, else 0, as float32: 16 bits of a generator's stream for each number.

    Of many numbers, torch's `bernoulli_` takes six times as long on the CPU, more than the product of a small layer.
    """
    count = math.prod(shape)
    bits = np.random.SFC64(seed).random_raw(-(-count // 4)).view(np.uint16)[:count]
    most = min(max(round(probability * STEPS), 1), STEPS) - 1
    return (bits <= np.uint16(most)).astype(np.float32).reshape(shape)


class Dropout(Random):
    """DROP: in training each number is set to 0 with probability p, else multiplied by 1/(1 − p).

    Because of the scaling in training, evaluation is the identity (Srivastava et al. 2014, section 10).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """x: any shape → the same."""
        if not self.training or self.p == 0:
            return x
        return x * self.kept(tuple(x.shape), 1 - self.p, x).div_(1 - self.p)

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"p={self.p}"


def set_generator(model: nn.Module, generator: torch.Generator | None) -> None:
    """Set the generator of every layer of `model` that draws at random."""
    for module in model.modules():
        if isinstance(module, Random):
            module.generator = generator


DROPOUT: dict[str, Callable[[PlannedLayer], nn.Module]] = {"DROP": lambda layer: Dropout(cast(float, layer.number))}
