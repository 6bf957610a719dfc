"""Copies among examples: rows with the same numbers, which must not stand in training as well as in test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.randomness import generator

if TYPE_CHECKING:
    from wxb.data.tables.encoding import Prepared

BYTES_AT_ONCE = 2**23  # of a piece of the examples: no pass over all makes a copy of all


def pieces(array: Prepared | NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Iterate over the rows (n, …) of an array in order, some at a time; each piece is contiguous."""
    step = max(1, BYTES_AT_ONCE * len(array) // max(array.nbytes, 1))
    for start in range(0, len(array), step):
        yield np.ascontiguousarray(array[start : start + step])


def copies(examples: Prepared | NDArray[Any]) -> NDArray[np.int64]:
    """The first row with the same numbers as each example: int64 (n,); without copies 0, 1, …, n - 1."""
    first = np.arange(len(examples))
    if not len(examples):
        return first
    # each row is hashed to the sum of its eight-byte words times random odd numbers, modulo 2⁶⁴; only rows with equal
    # hashes are compared in full
    words = -(-examples[:1].nbytes // 8)
    odd = 2 * generator(0, "copies").integers(0, 2**63, words, dtype=np.uint64) + np.uint64(1)
    sums = np.concatenate([_words(piece) @ odd for piece in pieces(examples)])
    _, which, counts = np.unique(sums, return_inverse=True, return_counts=True)
    seen: dict[bytes, int] = {}
    for row in np.flatnonzero(counts[which] > 1):
        first[row] = seen.setdefault(examples[row].tobytes(), int(row))
    return first


def _words(examples: NDArray[Any]) -> NDArray[np.uint64]:
    flat = examples.reshape(len(examples), -1).view(np.uint8)
    return np.pad(flat, ((0, 0), (0, -flat.shape[1] % 8))).view(np.uint64)
