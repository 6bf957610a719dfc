"""Bagging: each group of a TEAM learns without one fold of the examples, and is validated on that fold.

So every example is learned from by all groups but one, and every example is validated by a group that has not seen it
(k-fold bagging, Parmanto, Munro, Doyle 1996; Erickson et al. 2020, AutoGluon-Tabular, arXiv:2003.06505, section 3.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from wxb.data.folds import dealt
from wxb.data.groups import dealt_groups
from wxb.learning.inference import out_of_fold
from wxb.learning.machine import Machine
from wxb.learning.recipe import Recipe
from wxb.notation import Plan
from wxb.notation.tree import PlannedTeam
from wxb.tasks import TASKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Dataset, Examples, Inputs
    from wxb.network.build import Model


def learned(data: Dataset, recipe: Recipe) -> NDArray[np.int64]:
    """The rows that a training learns from, ascending: the training part, with bagging the validation part too."""
    return data.split.learned if recipe.bagging else data.split.train


def groups_of(plan: Plan) -> int:
    """The number of groups of the network's TEAM; 1 if it has none."""
    last = plan.items[-1]
    return len(last.groups) if isinstance(last, PlannedTeam) else 1


def folds_of(data: Dataset, plan: Plan, seed: int) -> NDArray[np.int64]:
    """The fold of each row of train and validation, ascending: the number of the group that does not learn from it.

    Classes have the same share in every fold, as nearly as whole examples allow, and copies of an example, or the
    examples of a group of the data, are in one fold.
    """
    rows = data.split.learned
    strata, _ = TASKS[data.task].strata(data.targets, data.classes)
    if data.groups is not None:
        return dealt_groups(strata[rows], data.groups.of[rows], groups_of(plan), seed)
    return dealt(strata[rows], data.copies[rows], groups_of(plan), seed)


def apart(data: Dataset) -> int:
    """How many folds the rows of train and validation can be dealt into: groups of the data, or different examples."""
    rows = data.split.learned
    return len(np.unique(data.copies[rows] if data.groups is None else data.groups.of[rows]))


def validation_logits(
    model: Model,
    data: Dataset,
    examples: Examples | Inputs,
    machine: Machine,
    seed: int,
    rows: NDArray[np.int64],
) -> torch.Tensor:
    """Logits (n, outputs) of `rows` of the validation part of `data`, by the groups that did not learn from them.

    `examples` are those of all rows of the data; `rows` (n,) are ascending.
    """
    folds = folds_of(data, model.plan, seed)[np.isin(data.split.learned, rows)]
    return out_of_fold(model, examples, machine, rows, folds)
