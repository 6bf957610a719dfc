"""Layers that read words: EMBED, WINDOW.

They take the numbers of words (batch, 1 + further, places): in the first channel 0 where there is no word, else 1 plus
the word's place in the vocabulary; in the further channels the features of the word for WINDOW, 0 for none, else 1 plus
the feature's place in the order of how often it stands in the training part.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.network.layers.sentence import noted
from wxb.notation.tree import PlannedLayer


class Reading(nn.Module):
    """A layer that reads words. `least` is the number of places that a batch has at least."""

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__()
        self.least = layer.input[1]


class Embedding(Reading):
    """EMBED: the numbers of each word, a row of the weights (vocabulary, width)."""

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__(layer)
        self.weight = nn.Parameter(torch.empty(layer.input[0], layer.output[0]))
        self.bias = None

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, places) → maps (batch, width, places, 1), zeros where there is no word."""
        words = noted(x[:, 0].long(), self.least)
        found = F.embedding((words - 1).clamp(0, len(self.weight) - 1), self.weight)
        return torch.where(words[..., None] > 0, found, 0).transpose(1, 2).unsqueeze(3)

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"{self.weight.shape[0]}, {self.weight.shape[1]}"


class Window(Reading):
    """WINDOW: designed features of each word, 1 where they hold, else 0."""

    def __init__(self, layer: PlannedLayer) -> None:
        super().__init__(layer)
        self.width = layer.output[0]

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, channels, places) → maps (batch, width, places, 1)."""
        places = noted(x[:, 0].long(), self.least).shape[1]
        features = x[:, 1:, :places].long().transpose(1, 2)  # (batch, places, features of a word)
        features = torch.where(features <= self.width, features, 0)
        held = x.new_zeros(len(x), places, self.width + 1)
        held.scatter_(2, features, 1.0)
        return held[..., 1:].permute(0, 2, 1).unsqueeze(3)

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"{self.width}"


TOKENS: dict[str, Callable[[PlannedLayer], nn.Module]] = {"EMBED": Embedding, "WINDOW": Window}
