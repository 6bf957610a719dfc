"""Recurrent layers: RNN."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from wxb.network.layers.sentence import places_of
from wxb.notation.tree import PlannedLayer


class Recurrent(nn.Module):
    """RNN: a gated recurrent unit (Cho et al. 2014, arXiv:1406.1078) in both directions, half of the width each.

    Each direction begins with a state of zeros at its end of the sentence, so that the places that fill it up are never
    read. The formulas are those of `torch.nn.GRU`.
    """

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__()
        self.tokens = layer.tokens
        self.gru = Gru(layer.input[0], layer.output[0] // 2, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, places, 1) → (batch, width, places, 1), zeros where there is no word."""
        rows = x.squeeze(3).transpose(1, 2).to(next(self.gru.parameters()).dtype)
        with torch.autocast(x.device.type, enabled=False):
            if not self.tokens:
                out, _ = self.gru(rows)
            else:
                lengths = places_of(x, self.tokens).cpu()
                packed = pack_padded_sequence(rows, lengths, batch_first=True, enforce_sorted=False)
                out, _ = pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=rows.shape[1])
        return cast("Tensor", out).transpose(1, 2).unsqueeze(3)


class Gru(nn.GRU):
    """torch's GRU without weights of its own: `start.initialize` draws them, and torch's generator stays untouched."""

    def reset_parameters(self) -> None:
        """Do nothing."""


RECURRENT: dict[str, Callable[[PlannedLayer], nn.Module]] = {"RNN": Recurrent}
