"""What a training looks at before its first step: cheap, and never a reason to refuse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wxb.data.dataset import pieces
from wxb.learning.inference import score
from wxb.learning.machine import Machine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Dataset, Inputs
    from wxb.network.build import Model

LOOKED_AT = 256  # examples for the first loss
HEALTHY_FIRST_LOSS = (0.5, 2.0)  # over ln C, for a softmax


@dataclass(frozen=True)
class Checks:
    """`first_loss` of untrained weights, what it should be near to (None where nothing says so), and how many test
    examples stand in the training part too, number for number.
    """

    first_loss: float
    expected_loss: float | None
    copies_in_test: int

    @property
    def lines(self) -> list[str]:
        """For people."""
        loss = f"first loss {self.first_loss:.2f}"
        if self.expected_loss is not None:
            loss += f" (ln {round(math.exp(self.expected_loss))} = {self.expected_loss:.2f})"
        copies = (
            f"{self.copies_in_test} test examples stand in train too"
            if self.copies_in_test
            else "no test example in train"
        )
        return [loss, copies]

    @property
    def warnings(self) -> list[str]:
        """What of it a person should know."""
        found = []
        if self.expected_loss is not None:
            low, high = (factor * self.expected_loss for factor in HEALTHY_FIRST_LOSS)
            if not low <= self.first_loss <= high:
                found.append(
                    f"the first loss is {self.first_loss:.3g}; scores that know nothing give {self.expected_loss:.2f}: "
                    "the inputs or the weights at the start are too large"
                )
        if self.copies_in_test:
            found.append(f"{self.copies_in_test} test examples stand in train too: the test score is too good by them")
        return found


def check(model: Model, data: Dataset, machine: Machine) -> Checks:
    """Look at the untrained model and at the parts of the data."""
    rows = data.split.train[:: max(1, len(data.split.train) // LOOKED_AT)][:LOOKED_AT]
    first = score(model, data.examples, data.targets[rows], machine, rows=rows)
    expected = math.log(data.outputs) if model.head.name == "SOFTMAX" else None
    return Checks(first.loss, expected, copies(data.inputs, data.split.train, data.split.test))


def copies(examples: Inputs, train: NDArray[np.int64], test: NDArray[np.int64]) -> int:
    """How many examples of `test` are equal to one of `train`, number for number."""
    # equal rows have equal sums; the few rows that share a sum are compared in full
    words = -(-examples[:1].nbytes // 8)
    odd = np.random.Generator(np.random.Philox(key=0)).integers(0, 2**63, words, dtype=np.uint64) * 2 + 1
    sums = np.concatenate([_sums(piece, odd.astype(np.uint64)) for piece in pieces(examples)])
    known: dict[int, list[int]] = {}
    candidates = np.flatnonzero(np.isin(sums[train], sums[test]))
    for row in train[candidates]:
        known.setdefault(int(sums[row]), []).append(int(row))
    return sum(
        any(examples[row].tobytes() == examples[other].tobytes() for other in known.get(int(sums[row]), ()))
        for row in test
    )


def _sums(examples: NDArray[np.uint8] | NDArray[np.float32], odd: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Of each example the sum of its eight-byte words, each times an odd number, modulo 2⁶⁴."""
    flat = examples.reshape(len(examples), -1).view(np.uint8)
    return np.pad(flat, ((0, 0), (0, -flat.shape[1] % 8))).view(np.uint64) @ odd
