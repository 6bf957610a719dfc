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
from wxb.errors import WxbError


class Preparation(nn.Module):
    """A module that encodes the columns of a table; its numbers are fitted on the training part and kept as buffers.

    They are the substitutes for missing values, offsets, pieces and categories. The module always computes in float64
    on the CPU: float32 cannot distinguish the seconds of a day in a date, and some devices have no float64.
    """

    def __init__(self, fitted: Fitted) -> None:
        super().__init__()
        self.has_text = bool(fitted.texts)
        for name, array in encoding(fitted)._asdict().items():
            self.register_buffer(name, torch.from_numpy(array))

    @property
    def encoding(self) -> Encoding:
        """The buffers."""
        return Encoding(*(self.get_buffer(name) for name in Encoding._fields))

    def forward(self, rows: Tensor) -> Tensor:
        """rows: (batch, columns) float64 → features (batch, features) float32, on the CPU.

        Features stay as they are if a column is free text; rows, which hold a number without its text, raise WxbError.
        """
        if self.has_text and rows.ndim == 3:
            return rows
        if self.has_text and rows.dtype == torch.float32 and rows.shape[1:] == self.get_buffer("kind").shape:
            return rows
        self._need_no_text()
        return cast(Tensor, encode(rows.to("cpu", torch.float64), self.encoding, torch))

    def of(self, rows: NDArray[Any]) -> Prepared:
        """The features of whole arrays (n, columns), computed lazily. Raises WxbError as `forward` does."""
        self._need_no_text()
        buffers = (buffer.numpy() for buffer in self.encoding)
        return Prepared(rows.astype(np.float64, copy=False), Encoding(*buffers))

    def _need_no_text(self) -> None:
        if self.has_text:
            raise WxbError(
                "rows of a table with free text hold a number for each text, not the text",
                fix="run.predict(file or data frame), or the inputs of a data set: data.inputs",
            )

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Preparation:
        return self  # neither `model.half()` nor `model.to("cuda")` changes it
