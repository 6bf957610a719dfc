"""The preparation of a table's rows as part of the network: raw rows in, features out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wxb.data.tables.columns import Preparation as Fitted
from wxb.data.tables.encoding import Encoding, Prepared, encode, encoding


class Preparation(nn.Module):
    """A module that encodes the columns of a table; its numbers are fitted on the training part and kept as buffers.

    They are the substitutes for missing values, offsets, pieces and categories. The module always computes in float64
    on the CPU: float32 cannot distinguish the seconds of a day in a date, and some devices have no float64.
    """

    def __init__(self, fitted: Fitted) -> None:
        super().__init__()
        for name, array in encoding(fitted)._asdict().items():
            self.register_buffer(name, torch.from_numpy(array))

    @property
    def encoding(self) -> Encoding:
        """The buffers."""
        return Encoding(*(self.get_buffer(name) for name in Encoding._fields))

    def forward(self, rows: Tensor) -> Tensor:
        """rows: (batch, columns) float64 → features (batch, features) float32, on the CPU."""
        return cast(Tensor, encode(rows.to("cpu", torch.float64), self.encoding, torch))

    def of(self, rows: NDArray[Any]) -> Prepared:
        """The features of whole arrays (n, columns), computed lazily."""
        buffers = (buffer.numpy() for buffer in self.encoding)
        return Prepared(rows.astype(np.float64, copy=False), Encoding(*buffers))

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Preparation:
        return self  # neither `model.half()` nor `model.to("cuda")` changes it
