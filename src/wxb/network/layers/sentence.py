"""Sentences of different lengths in one batch: which places hold words, and which are only filled up.

Places after the last word must not matter: a layer that joins places (CONV, poolings, RNN, FC, the statistics of BN)
sees zeros there, as beyond the border, or leaves them out of its maximum or mean. The layer that reads the words notes
the lengths of the batch for those after it.
"""

from __future__ import annotations

import threading

import torch
from torch import Tensor


class Batch(threading.local):
    """The batch that passes through a network in this thread."""

    lengths: Tensor | None = None  # words of each example, (batch,) int64, at least 1


BATCH = Batch()


def noted(words: Tensor, least: int) -> Tensor:
    """Note the lengths of a batch of word numbers (batch, places), 0 where there is none; return it without the end.

    Places that no sentence of the batch has are cut off, down to `least` places.
    """
    there = words > 0
    BATCH.lengths = there.sum(1).clamp_min(1)
    longest = max(least, int(BATCH.lengths.max())) if len(words) else least
    return words[:, :longest]


def places_of(x: Tensor, tokens: int) -> Tensor:
    """How many places of x (batch, channels, places, 1) are real ones, (batch,); a place stands for `tokens` words.

    The members of a TEAM stand side by side in the batch.
    """
    lengths = BATCH.lengths
    assert lengths is not None
    lengths = -(-lengths // tokens)
    return lengths if len(x) == len(lengths) else lengths.repeat_interleave(len(x) // len(lengths))


def real(x: Tensor, tokens: int) -> Tensor:
    """Which places of x (batch, channels, places, 1) are real ones: (batch, 1, places, 1) bool."""
    places = torch.arange(x.shape[2], device=x.device)
    return (places < places_of(x, tokens)[:, None])[:, None, :, None]


def without_rest(x: Tensor, tokens: int) -> Tensor:
    """x (batch, channels, places, 1) with zeros where there is no word; other inputs, with `tokens` 0, as they are."""
    return torch.where(real(x, tokens), x, 0) if tokens else x
