"""A profile of a training step: seconds of the data, each layer's forward pass, the backward pass and the optimizer."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import torch

from wxb.learning.events import Event, MicroBatches
from wxb.learning.loop import learn
from wxb.learning.machine import DTYPES, Machine
from wxb.learning.pace import excerpt, seconds_per_step
from wxb.learning.recipe import Recipe
from wxb.learning.watch import BACKWARD, DATA, FORWARD, LOSS, OPTIMIZER, SECONDS, now

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

FIRST = 3  # steps that do not count: they choose kernels and allocate memory
COUNTED = 10
SIZE = 2048  # rows and columns of the matrices whose product sets the reference rate
OTHER = "other"


@dataclass(frozen=True)
class Part:
    """A part of a step and its duration."""

    name: str  # "data", the path of a layer going forward, "loss", "backward", "optimizer", "other"
    kind: str  # "data", "forward", "loss", "backward", "optimizer", "other"
    seconds: float  # median over the steps
    multiply_adds: int = 0  # of all examples of the step; 0 if products are not its work


@dataclass(frozen=True)
class Profile:
    """The profile of a training step. GFLOP/s count two operations per multiply-add, and backward twice as forward."""

    parts: tuple[Part, ...]
    seconds: float  # of a step, median
    batch_size: int  # examples per step
    rate: float  # GFLOP/s of the whole step
    matrix_product: float  # GFLOP/s of the product of two 2048x2048 matrices, in the layers' precision

    @property
    def share(self) -> float:
        """The step's rate as a share of the matrix product's."""
        return self.rate / self.matrix_product


def profile(model: Model, data: Dataset, recipe: Recipe, machine: Machine, events: Iterable[Event] = ()) -> Profile:
    """Time some steps of this training on a copy of the model.

    On a GPU the clock waits for each part, so that parts are timed separately. The whole step, which training may
    launch as one, is timed on its own there and can be shorter than the sum of its parts.
    """
    few, short = excerpt(data, recipe, FIRST + COUNTED)
    cuts = [event for event in events if isinstance(event, MicroBatches)]
    ends, laps = [], []
    for record in learn(copy.deepcopy(model), few, short, machine, events=cuts, watch=[SECONDS]):
        assert record.reading is not None  # seconds are watched
        ends.append(record.seconds)
        laps.append(record.reading.seconds)
    step = statistics.median(after - before for before, after in pairwise(ends[FIRST - 1 :]))
    counted = laps[FIRST:]
    size = min(recipe.batch_size * recipe.accumulate, len(few.split.train))
    products = {layer.path: layer.multiply_adds * size for layer in model.plan.layers}
    forward = sum(products.values())
    parts = [
        Part(name, kind, statistics.median(lap[kind, name] for lap in counted), products.get(name, 0))
        for kind, name in counted[0]
    ]
    # the watched backward time includes data, forward and loss
    inside = (DATA, FORWARD, LOSS)
    backward = [lap[BACKWARD, BACKWARD] - sum(t for (kind, _), t in lap.items() if kind in inside) for lap in counted]
    parts = [
        replace(part, seconds=statistics.median(backward), multiply_adds=2 * forward) if part.kind == BACKWARD else part
        for part in parts
    ]
    launched_as_one = torch.device(machine.device).type == "cuda"
    alone = seconds_per_step(model, data, recipe, machine, cuts) if launched_as_one else step
    parts.append(Part(OTHER, OTHER, max(0.0, step - sum(part.seconds for part in parts))))
    order = (DATA, FORWARD, LOSS, BACKWARD, OPTIMIZER, OTHER)
    parts.sort(key=lambda part: order.index(part.kind))
    product = matrix_rate(DTYPES[machine.precision], machine.threads, device=machine.device)
    return Profile(tuple(parts), alone, size, 6 * forward / alone / 1e9, product)


def matrix_rate(dtype: torch.dtype, threads: int, size: int = SIZE, repetitions: int = 7, device: str = "cpu") -> float:
    """GFLOP/s of the product of two square matrices, 2·size³ operations, by the median time of the repetitions.

    One product before them, which is not timed, allocates memory and chooses a kernel.
    """
    before = torch.get_num_threads()
    on = torch.device(device)
    torch.set_num_threads(threads)
    try:
        generator = torch.Generator().manual_seed(0)
        left = torch.randn(size, size, generator=generator).to(device, dtype)
        right = torch.randn(size, size, generator=generator).to(device, dtype)
        _ = left @ right
        seconds = []
        for _ in range(repetitions):
            began = now(on)
            _ = left @ right
            seconds.append(now(on) - began)
    finally:
        torch.set_num_threads(before)
    return 2 * size**3 / statistics.median(seconds) / 1e9
