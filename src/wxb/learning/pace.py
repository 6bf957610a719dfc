"""The pace of a training: the seconds per step on this machine, and the number of steps that end on time.

The clock decides the number of steps. The decision is recorded in the run's `steps` and `End` events, so the training
can be repeated bit for bit without a clock.
"""

from __future__ import annotations

import copy
import math
import statistics
import time
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from wxb.allocator import kept
from wxb.data.dataset import Split
from wxb.learning.events import End, Event, MicroBatches
from wxb.learning.inference import batch_size_for, logits
from wxb.learning.loop import Record, learn
from wxb.learning.machine import Machine
from wxb.learning.recipe import Recipe

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

TRIAL = 5  # steps; the first one chooses kernels and allocates memory, and does not count
LOOK = 0.1  # share of the remaining time between two looks at the clock
TOLERATED = 0.02  # share of the remaining steps by which the end may be off before it is moved
LONG_EPOCH = 20  # steps; the pace includes the validation after shorter epochs only


def excerpt(data: Dataset, recipe: Recipe, steps: int) -> tuple[Dataset, Recipe]:
    """Data and recipe for a short training of `steps` steps, without validation, test and averaged weights."""
    rows = data.split.train[: steps * recipe.batch_size * recipe.accumulate]
    none = np.empty(0, np.int64)
    trial = replace(recipe, steps=steps, ema=0.0, calibration="none")
    return replace(data, split=Split(rows, none, none, "a trial")), trial


def seconds_per_step(
    model: Model, data: Dataset, recipe: Recipe, machine: Machine, events: Iterable[Event] = ()
) -> float:
    """The median seconds per step of this training, measured on a copy of the model."""
    few, trial = excerpt(data, recipe, TRIAL)
    cuts = [event for event in events if isinstance(event, MicroBatches)]
    seconds = []
    for record in learn(copy.deepcopy(model), few, trial, machine, events=cuts):
        _ = record.loss  # waits for the device
        seconds.append(time.perf_counter())
    return statistics.median(after - before for before, after in pairwise(seconds))


def seconds_per_example(model: Model, data: Dataset, machine: Machine) -> float:
    """The seconds of scoring one example, without learning from it: the faster of two measurements of a batch."""
    rows = data.split.train[: batch_size_for(model.plan, machine)]
    seconds = []
    with kept():
        for _ in range(2):  # the first chooses kernels and allocates memory
            began = time.perf_counter()
            logits(model, data.model_inputs, machine, rows=rows)
            seconds.append(time.perf_counter() - began)
    return min(seconds) / len(rows)


class Deadline:
    """Moves the end of training so that it finishes at a given time, by the pace of the latest steps."""

    def __init__(self, ends: float, kept: float = 0.0) -> None:
        """`ends` is a time of time.monotonic(); training ends the time of `kept` of the fastest steps before it."""
        self.ends = ends
        self.kept = kept
        self._fastest = math.inf  # seconds per step between two looks
        self._looked = time.monotonic()
        self._soon = (self._looked + ends) / 2
        self._step = 0
        self._epoch_began = 0  # number of steps before the epoch

    def look(self, record: Record) -> End | None:
        """The event that moves the end of training, if it is time to look and the pace asks for it."""
        now = time.monotonic()
        if record.epoch_end:
            length, self._epoch_began = record.step - self._epoch_began, record.step
            if length >= LONG_EPOCH:
                self._looked, self._step = now, record.step
                return None
        if record.step <= TRIAL and now < self._soon:  # the first steps choose kernels, or are recorded
            self._looked, self._step = now, record.step
            return None
        left = self.ends - now
        if record.step >= record.steps or (now - self._looked < LOOK * left and left > 0):
            return None
        pace = (now - self._looked) / (record.step - self._step)
        self._looked, self._step = now, record.step
        self._fastest = min(pace, self._fastest)
        steps = record.step + max(1, round((left - self.kept * self._fastest) / pace))
        if abs(steps - record.steps) <= TOLERATED * (record.steps - record.step):
            return None
        return End(record.step, steps)
