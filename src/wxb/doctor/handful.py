"""Whether a network learns a handful of training examples by heart, with nothing against it.

What does not is wrong in its network, loss, start or rate. What does is wrong in its data, its length, or in what
regularizes it (A. Karpathy, "A recipe for training neural networks", 2019: overfit).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wxb.data.dataset import Dataset
from wxb.doctor.case import Case
from wxb.doctor.fault import DataChange, Remedy
from wxb.doctor.finding import HANDFUL
from wxb.doctor.rewrite import changed, with_dropout
from wxb.doctor.side import SideRuns
from wxb.notation.vocabulary import SELF
from wxb.randomness import generator

STEPS = 200
FREE = {"weight_decay": 0.0, "l2": 0.0, "l1": 0.0, "augment": "none", "mixup": 0.0}  # nothing against it


def handful(case: Case, runs: SideRuns) -> float | None:
    """The score on 32 training examples after 200 steps on them, without decay, dropout and changed pictures.

    None if the budget of `runs` does not allow for it, and for a network that ends in SELF: from a narrow code no
    example is made again exactly, whatever else is right.
    """
    if case.plan.head == SELF:
        return None
    remedy = _alone(case)
    cost = runs.cost(remedy, 1.0)
    if cost is None or not runs.affords(cost):
        return None
    outcome = runs.run(remedy)
    return None if outcome is None else outcome.train


def _alone(case: Case) -> Remedy:
    def few(data: Dataset) -> Dataset:
        drawn = generator(case.recipe.seed, "doctor", "handful").permutation(data.split.train)[:HANDFUL]
        return replace(data, split=replace(data.split, train=np.sort(drawn)))

    network = changed(case.plan, with_dropout(0.0))
    return {**FREE, "steps": STEPS, "network": network, "data": DataChange(f"{HANDFUL} training examples", few)}
