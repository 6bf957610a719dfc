"""The measurements of a case: each is computed once, when a check first asks for it."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.data.dataset import Split
from wxb.doctor.case import Case
from wxb.doctor.side import Outcome, SideRuns
from wxb.errors import WxbError
from wxb.learning.defaults import default_rate
from wxb.learning.recipe import Recipe
from wxb.notation import Plan
from wxb.notation.layers import family
from wxb.notation.tree import PlannedLayer
from wxb.tasks import TASKS
from wxb.tasks.task import Task
from wxb.trials.baselines import baselines

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOOKED_AT = 20_000  # training examples whose columns are looked at, spread evenly


class Measures:
    """What is known of a case."""

    def __init__(self, case: Case, runs: SideRuns) -> None:
        self.case = case
        self.runs = runs

    # --- settings and network ---------------------------------------------------------------------------------------

    @property
    def recipe(self) -> Recipe:
        """The settings."""
        return self.case.recipe

    @property
    def usual(self) -> Recipe:
        """The settings that wxb would choose."""
        return self.case.usual

    @property
    def plan(self) -> Plan:
        """The network."""
        return self.case.plan

    @property
    def task(self) -> Task:
        """The kind of target."""
        return TASKS[self.case.data.task]

    def unusual(self, *names: str) -> dict[str, Any]:
        """The usual values of those settings whose values are others."""
        return {
            name: getattr(self.usual, name) for name in names if getattr(self.usual, name) != getattr(self.recipe, name)
        }

    @cached_property
    def usual_rate(self) -> float:
        """The learning rate that wxb would choose for this network and optimizer."""
        return default_rate(self.plan, self.recipe.optimizer)

    @cached_property
    def weighted(self) -> list[PlannedLayer]:
        """The CONV and FC layers, in the order of their paths."""
        return [layer for layer in self.plan.layers if family(layer) == "affine"]

    def layers(self, *families: str) -> list[PlannedLayer]:
        """The layers of some families, such as "activation"."""
        return [layer for layer in self.plan.layers if family(layer) in families]

    # --- the training -----------------------------------------------------------------------------------------------

    @cached_property
    def base(self) -> Outcome:
        """The training as it is, in full length. Raises WxbError if it cannot be made."""
        found = self.runs.run({})
        if found is None:
            raise WxbError("the training to examine cannot be made")
        return found

    @property
    def gap(self) -> float:
        """How far the score on training examples lies above that on validation."""
        return self.base.train - self.base.score

    # --- baselines --------------------------------------------------------------------------------------------------

    @cached_property
    def references(self) -> dict[str, float]:
        """The scores of the baselines on validation: "constant", "nearest neighbour", "linear"."""
        held = self.case.held.split
        rows = np.sort(np.concatenate([held.validation, held.test]))
        data = replace(self.case.held, split=Split(held.train, rows[:0], rows, "baselines on validation"))
        found = baselines(data, seed=self.recipe.seed)
        return {"constant" if name == self.task.baseline else name: one.score for name, one in found.items()}

    @property
    def best_reference(self) -> float:
        """The score of the best baseline."""
        return max(self.references.values())

    def behind(self, score: float, errors: float = 2.0) -> bool:
        """Whether the training lies below a score by more than so many standard errors and 2 points."""
        return score - self.base.score > max(0.02, errors * self.base.error)

    # --- data -------------------------------------------------------------------------------------------------------

    @cached_property
    def sample(self) -> NDArray[np.float64]:
        """Training examples as the network's text takes them: (n, features) or (n, channels · height · width)."""
        train = self.case.held.split.train
        some = self.case.data.inputs[train[:: max(1, -(-len(train) // LOOKED_AT))]]
        return np.asarray(some, np.float64).reshape(len(some), -1)

    @cached_property
    def moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation of each number of the sample."""
        return self.sample.mean(axis=0), self.sample.std(axis=0)

    @cached_property
    def copies(self) -> NDArray[np.int64]:
        """The first row with the same numbers as each example."""
        return self.case.data.copies

    @cached_property
    def strata(self) -> tuple[NDArray[np.int64], list[str]]:
        """The class of each example, and the names; of other targets a single one."""
        return self.task.strata(self.case.data.targets, self.case.data.classes)

    def shares(self, part: str) -> NDArray[np.float64]:
        """The share of each class in a part of the data as it is split."""
        strata, names = self.strata
        counted = np.bincount(strata[self.case.data.split.part(part)], minlength=len(names))
        return np.asarray(counted / max(1, counted.sum()))
