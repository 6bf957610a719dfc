"""What the doctor does at the moment, for those who wait for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Doing:
    """A cause that is looked for, or a side run: where it stands, and its score once it has ended."""

    code: str  # of the cause that is looked for or tried; empty for the training as it is
    cause: str
    remedy: str  # in words; empty without one
    spent: float  # of the budget, with what this side run took so far
    budget: float  # of all side runs, in trainings
    share: float = 0.0  # of the training's length that the side run has; 0 while a cause is only looked for
    seed: int = 0  # beside that of the training
    step: int = 0
    steps: int = 0
    score: float | None = None  # on validation, of a side run that has ended

    @property
    def spent_share(self) -> float:
        """The share of the budget that is spent, at most 1: a remedy that is proved ends the search before."""
        return min(1.0, self.spent / self.budget) if self.budget else 1.0


Tell = Callable[[Doing], None]


def ignore(doing: Doing) -> None:
    """Nobody waits."""
