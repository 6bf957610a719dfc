"""The checks before the first step: cheap, and never a reason to refuse a training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wxb.learning.inference import score
from wxb.learning.machine import Machine
from wxb.text import plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

LOOKED_AT = 256  # training examples that the first loss is computed on
HEALTHY_FIRST_LOSS = (0.5, 2.0)  # as multiples of ln C, for a softmax


@dataclass(frozen=True)
class Checks:
    """The results of the checks."""

    first_loss: float  # with untrained weights
    expected_loss: float | None  # of uninformed scores, ln C for a softmax; None if it depends on the data
    copies_in_test: int | None  # test examples that are in train too, number for number; None without a test part

    @property
    def lines(self) -> list[str]:
        """The results as lines for people."""
        loss = f"first loss {self.first_loss:.2f}"
        if self.expected_loss is not None:
            loss += f" (ln {round(math.exp(self.expected_loss))} = {self.expected_loss:.2f})"
        if self.copies_in_test is None:
            return [loss, "no test part"]
        number = self.copies_in_test or "no"
        return [loss, f"{number} test example{'s' if self.copies_in_test else ''} in train"]

    @property
    def warnings(self) -> list[str]:
        """Warnings for the user about unhealthy results."""
        warnings = []
        if self.expected_loss is not None:
            low, high = (factor * self.expected_loss for factor in HEALTHY_FIRST_LOSS)
            if not low <= self.first_loss <= high:
                warnings.append(
                    f"the first loss is {self.first_loss:.3g}, but scores that know nothing give "
                    f"{self.expected_loss:.2f}: the inputs or the initial weights are too large"
                )
        if self.copies_in_test:
            one = self.copies_in_test == 1
            there = f"{plural(self.copies_in_test, 'test example')} {'is' if one else 'are'} in train too"
            warnings.append(f"{there}: {'it makes' if one else 'they make'} the test score too good")
        return warnings


def check(model: Model, data: Dataset, machine: Machine, train: NDArray[np.int64] | None = None) -> Checks:
    """Check the loss of the untrained model, and whether test examples have copies among the rows to learn from.

    These are `train`, by default the training part.
    """
    train = data.split.train if train is None else train
    rows = train[:: max(1, len(train) // LOOKED_AT)][:LOOKED_AT]
    first = score(model, data.model_inputs, data.targets[rows], machine, rows=rows)
    expected = math.log(data.outputs) if model.head.name == "SOFTMAX" else None
    if not len(data.split.test):
        return Checks(first.loss, expected, None)
    groups = data.copies
    return Checks(first.loss, expected, int(np.isin(groups[data.split.test], groups[train]).sum()))
