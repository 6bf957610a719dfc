"""Where the time of a training step goes: data, every layer forward, backward, optimizer; and how fast that is here."""

from __future__ import annotations

import copy
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch

from wxb.data.dataset import Split
from wxb.learning.loop import Learner
from wxb.learning.machine import DTYPES, Machine
from wxb.learning.pace import seconds_per_step
from wxb.learning.recipe import Recipe

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.network.build import Model

T = TypeVar("T")

FIRST = 3  # steps that are not counted: kernels are chosen, memory is asked for
COUNTED = 10
SIZE = 2048  # rows and columns of the matrices whose product is the measure
DATA, FORWARD, LOSS, BACKWARD, OPTIMIZER, OTHER = "data", "forward", "loss", "backward", "optimizer", "other"


@dataclass(frozen=True)
class Part:
    """What a step does, and how long it takes of it."""

    name: str  # "data", the path of a layer going forward, "loss", "backward", "optimizer", "other"
    kind: str  # "data", "forward", "loss", "backward", "optimizer", "other"
    seconds: float  # median over the steps
    multiply_adds: int = 0  # of the whole batch; 0 where products are not what its work is


@dataclass(frozen=True)
class Profile:
    """A step of training on a machine. GFLOP/s count two operations a multiply-add, backward twice those of forward."""

    parts: tuple[Part, ...]
    seconds: float  # of a step, median
    batch_size: int
    rate: float  # GFLOP/s of the whole step
    matrix_product: float  # GFLOP/s of the product of two 2048x2048 matrices, in the layers' precision

    @property
    def share(self) -> float:
        """Of the matrix product's rate."""
        return self.rate / self.matrix_product


def profile(model: Model, data: Dataset, recipe: Recipe, machine: Machine) -> Profile:
    """Time some steps of this training on a copy of the model, which itself is left as it was.

    On a GPU each part is waited for, so that its time is its own. The step as a whole, which training may launch as
    one, is timed by itself there, and can be shorter than its parts together.
    """
    rows = data.split.train[: (FIRST + COUNTED) * recipe.batch_size]
    none = np.empty(0, np.int64)
    few = replace(data, split=Split(rows, none, none, "a profile"))
    short = replace(recipe, steps=FIRST + COUNTED, replanned="", average=0.0)
    learner = Learner(copy.deepcopy(model), few, short, machine)
    clock = Clock(machine)
    _attach(clock, learner)
    learner.capture = False  # a recorded step has no parts
    steps = []
    for record in learner.records():
        steps.append((record.seconds, clock.lap()))
    seconds = [later[0] - sooner[0] for sooner, later in zip(steps[FIRST - 1 :], steps[FIRST:], strict=False)]
    counted = [lap for _, lap in steps[FIRST:]]
    size = min(recipe.batch_size, len(rows))
    products = {layer.path: layer.multiply_adds * size for layer in model.plan.layers}
    forward = sum(products.values())
    parts = [
        Part(name, kind, statistics.median(lap[kind, name] for lap in counted), products.get(name, 0))
        for kind, name in counted[0]
    ]
    # what of the gradients' time was neither data nor forward nor loss
    inside = (DATA, FORWARD, LOSS)
    backward = [lap[BACKWARD, BACKWARD] - sum(t for (kind, _), t in lap.items() if kind in inside) for lap in counted]
    parts = [
        replace(part, seconds=statistics.median(backward), multiply_adds=2 * forward) if part.kind == BACKWARD else part
        for part in parts
    ]
    step = statistics.median(seconds)
    alone = seconds_per_step(model, data, recipe, machine) if clock.device.type == "cuda" else step
    parts.append(Part(OTHER, OTHER, max(0.0, step - sum(part.seconds for part in parts))))
    order = (DATA, FORWARD, LOSS, BACKWARD, OPTIMIZER, OTHER)
    parts.sort(key=lambda part: order.index(part.kind))
    product = matrix_rate(DTYPES[machine.precision], machine.threads, device=machine.device)
    return Profile(tuple(parts), alone, size, 6 * forward / alone / 1e9, product)


class Clock:
    """Adds up the seconds of what happens under a name, until `lap` takes them."""

    def __init__(self, machine: Machine) -> None:
        self.device = torch.device(machine.device)
        self.seconds: dict[tuple[str, str], float] = defaultdict(float)
        self.begun: dict[str, float] = {}

    def now(self) -> float:
        """Seconds, when all that was asked of the device is done."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def timed(self, kind: str, function: Callable[..., T]) -> Callable[..., T]:
        """The function, its time added under its kind."""

        def run(*given: Any) -> T:
            began = self.now()
            result = function(*given)
            self.seconds[kind, kind] += self.now() - began
            return result

        return run

    def watch(self, path: str, layer: torch.nn.Module) -> None:
        """Adds the time of a layer's forward pass under its path."""

        def begin(*_: object) -> None:
            self.begun[path] = self.now()

        def end(*_: object) -> None:
            self.seconds[FORWARD, path] += self.now() - self.begun[path]

        layer.register_forward_pre_hook(begin)
        layer.register_forward_hook(end)

    def lap(self) -> dict[tuple[str, str], float]:
        """What was added up since the last lap."""
        taken, self.seconds = dict(self.seconds), defaultdict(float)
        return taken


def _attach(clock: Clock, learner: Learner) -> None:
    """Let the clock see the parts of the learner's steps."""
    clock.watch("scale", learner.model.scale)
    for layer in learner.model.plan.layers:
        clock.watch(layer.path, learner.model.get_submodule(layer.path))
    watched: list[tuple[str, object, str]] = [
        (DATA, learner.batches, "inputs"),
        (DATA, learner.regularize, "apply"),
        (LOSS, learner.objective, "data_loss"),
        (BACKWARD, learner, "_gradients"),
        *((OPTIMIZER, optimizer, "step") for optimizer in learner.optimizers),
    ]
    for kind, owner, method in watched:
        setattr(owner, method, clock.timed(kind, getattr(owner, method)))


def matrix_rate(dtype: torch.dtype, threads: int, size: int = SIZE, repetitions: int = 7, device: str = "cpu") -> float:
    """GFLOP/s of the product of two square matrices, 2·size³ operations, at the median of the repetitions.

    What one pair of matrices costs the first time (memory, kernel choice) is left out by one product before.
    """
    before = torch.get_num_threads()
    clock = Clock(Machine(device, "float32", threads))
    torch.set_num_threads(threads)
    try:
        generator = torch.Generator().manual_seed(0)
        left = torch.randn(size, size, generator=generator).to(device, dtype)
        right = torch.randn(size, size, generator=generator).to(device, dtype)
        _ = left @ right
        seconds = []
        for _ in range(repetitions):
            began = clock.now()
            _ = left @ right
            seconds.append(clock.now() - began)
    finally:
        torch.set_num_threads(before)
    return 2 * size**3 / statistics.median(seconds) / 1e9
