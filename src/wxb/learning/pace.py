"""How long a step takes here, and what that means for a training that is to end on time.

What is timed here decides how many steps are made, and is written down: a run's settings hold the steps, so that they
give the same bits again without a clock.
"""

from __future__ import annotations

import copy
import math
import statistics
import time
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from wxb.allocator import kept
from wxb.data.dataset import Split
from wxb.learning.duration import Duration
from wxb.learning.inference import batch_size_for, logits
from wxb.learning.loop import Record, learn
from wxb.learning.machine import Machine
from wxb.learning.recipe import Recipe

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

TRIAL = 5  # steps; the first, which chooses kernels and asks for memory, does not count
LOOK = 0.1  # of the time that is left passes between two looks at the clock
TOLERATED = 0.02  # share of the steps that are left by which the end may be off before it is moved
LONG_EPOCH = 20  # steps; the validation behind so long an epoch is no part of the pace, behind shorter ones it is


def seconds_per_step(model: Model, data: Dataset, recipe: Recipe, machine: Machine) -> float:
    """Median seconds of a step of this training, tried on a copy: the model is left as it was."""
    train = data.split.train[: TRIAL * recipe.batch_size]
    few = replace(data, split=Split(train, np.empty(0, np.int64), np.empty(0, np.int64), "a trial"))
    trial = replace(recipe, steps=TRIAL, replanned="", average=0.0)
    seconds = []
    for record in learn(copy.deepcopy(model), few, trial, machine):
        _ = record.loss  # waits for the device
        seconds.append(time.perf_counter())
    return statistics.median(after - before for before, after in pairwise(seconds))


def seconds_per_example(model: Model, data: Dataset, machine: Machine) -> float:
    """Seconds to score an example without learning from it: the faster of two tries of a batch."""
    rows = data.split.train[: batch_size_for(model.plan, machine)]
    seconds = []
    with kept():
        for _ in range(2):  # the first chooses kernels and asks for memory
            began = time.perf_counter()
            logits(model, data.examples, machine, rows=rows)
            seconds.append(time.perf_counter() - began)
    return min(seconds) / len(rows)


class Deadline:
    """Moves the end of a course so that its steps are over at a time, by the pace of the last of them."""

    def __init__(self, ends: float, course: Duration, kept: float = 0.0) -> None:
        """`ends` is a time of time.monotonic(); as long as `kept` of the fastest steps take is kept free before it."""
        self.ends = ends
        self.course = course
        self.kept = kept
        self._fastest = math.inf  # seconds a step between two looks
        self._looked = time.monotonic()
        self._soon = (self._looked + ends) / 2
        self._step = 0
        self._epoch_began = 0  # after so many steps

    def look(self, record: Record) -> bool:
        """Where it is time to look and the pace asks for it, let the course end elsewhere; whether it does."""
        now = time.monotonic()
        if record.epoch_end:
            length, self._epoch_began = record.step - self._epoch_began, record.step
            if length >= LONG_EPOCH:
                self._looked, self._step = now, record.step
                return False
        if record.step <= TRIAL and now < self._soon:  # steps that choose kernels, or are recorded, tell no pace
            self._looked, self._step = now, record.step
            return False
        left = self.ends - now
        if record.step >= self.course.steps or (now - self._looked < LOOK * left and left > 0):
            return False
        pace = (now - self._looked) / (record.step - self._step)
        self._looked, self._step = now, record.step
        self._fastest = min(pace, self._fastest)
        steps = record.step + max(1, round((left - self.kept * self._fastest) / pace))
        if abs(steps - self.course.steps) <= TOLERATED * (self.course.steps - record.step):
            return False
        self.course.end_at(record.step, steps)
        return True
