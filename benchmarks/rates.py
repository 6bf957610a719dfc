"""GFLOP/s of training steps as a share of the machine's best rate in the same precision and threads.

The best is the faster of the product of two 2048x2048 matrices and a 3x3 convolution of 256 channels at 8x8, forward.
Both and some steps of every network take turns in one process.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

import wxb
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from benchmarks.parts import NOTHING
from benchmarks.throughput import RECIPE
from wxb.allocator import kept
from wxb.data.dataset import Dataset, Split
from wxb.learning.loop import Record
from wxb.learning.machine import DTYPES, Machine, choose
from wxb.learning.precision import multiplies_bfloat16
from wxb.learning.profile import matrix_rate

WARM_UP, STEPS = 3, 4  # steps that are not counted, and steps of a repetition
BATCHES = 4  # in an epoch
CLASSES = 10
CHANNELS, SIDE, KERNEL = 256, 8, 3  # of the convolution
TIMES = 7  # products per repetition


@dataclass(frozen=True)
class Share:
    """Bound of the share of the best rate that a network's training steps reach in a precision."""

    what: str
    network: str
    precision: str  # "float32", "bfloat16"
    share: Bound
    shape: tuple[int, int, int] = (3, 32, 32)


@dataclass(frozen=True)
class Rates(Figure):
    """The figure of all networks."""

    rows: tuple[Share, ...]
    repetitions: int = 5

    def measure(self, scope: Scope) -> Rows:
        """Every network, in the precisions that the processor multiplies."""
        here = [one for one in self.rows if one.precision == "float32" or multiplies_bfloat16()]
        return measure(here, scope.repetitions or self.repetitions)

    def table(self, rows: Rows) -> Table:
        """GFLOP/s of the steps and of both products; the share is of medians."""
        head = ("what", "training steps", "matrix product", "convolution", "share of the faster", "owed")
        return [head, *lines(self.rows, rows, line)]


def line(one: Share, row: Row) -> Cells:
    """The line of a network and precision."""
    rates = [row[name] for name in ("steps", "matrix_product", "convolution")]
    steps, *products = map(statistics.median, rates)
    share = steps / max(products)
    return (one.what, *(middle(its, 0) for its in rates), f"{100 * share:.0f} %", verdict(one.share, share))


def measure(networks: list[Share], repetitions: int) -> Rows:
    """GFLOP/s of every network's steps and of the products in its precision, at each repetition."""
    trainings = [_Training(one, repetitions) for one in networks]
    rows: Rows = [
        {
            "what": one.what,
            "network": one.network,
            "precision": one.precision,
            "batch_size": RECIPE.batch_size,
            "threads": training.machine.threads,
            "multiply_adds": training.multiply_adds,
            "steps": [],
            "matrix_product": [],
            "convolution": [],
        }
        for one, training in zip(networks, trainings, strict=True)
    ]
    for _ in range(repetitions):
        products = {}
        for machine in {training.machine: None for training in trainings}:
            with kept():
                matrix = matrix_rate(DTYPES[machine.precision], machine.threads, repetitions=TIMES)
                products[machine] = (matrix, convolution_rate(machine))
        for training, row in zip(trainings, rows, strict=True):
            row["steps"].append(round(training.rate(), 1))
            for name, rate in zip(("matrix_product", "convolution"), products[training.machine], strict=True):
                row[name].append(round(rate, 1))
            text = f"{row['steps'][-1]:.0f}, of {row['matrix_product'][-1]:.0f} and {row['convolution'][-1]:.0f}"
            print(f"  {row['what']}: {text} GFLOP/s", file=sys.stderr)
    return rows


class _Training:
    """A training of wxb that pauses between its steps."""

    def __init__(self, one: Share, repetitions: int) -> None:
        self.machine = replace(choose("cpu", "float32"), precision=one.precision)
        data = pictures(BATCHES * RECIPE.batch_size, one.shape)
        model = wxb.build(one.network, data, seed=0)
        self.multiply_adds = model.plan.multiply_adds
        recipe = replace(RECIPE, steps=WARM_UP + repetitions * STEPS)
        self.records: Iterator[Record] = wxb.learn(model, data, recipe, self.machine)
        for _ in range(WARM_UP):
            next(self.records)

    def rate(self) -> float:
        """Median GFLOP/s of the next steps: six operations per multiply-add (two forward, four backward)."""
        seconds = []
        for _ in range(STEPS):
            began = time.perf_counter()
            next(self.records)
            seconds.append(time.perf_counter() - began)
        return 6 * self.multiply_adds * RECIPE.batch_size / statistics.median(seconds) / 1e9


def pictures(count: int, shape: tuple[int, int, int]) -> Dataset:
    """Random pictures (count, *shape) of random classes, all of them to train on: no time depends on the pictures."""
    random = np.random.default_rng(0)
    examples = random.integers(0, 256, (count, *shape), dtype=np.uint8)
    data = wxb.load_data(examples, np.arange(count) % CLASSES)
    return replace(data, split=Split(np.arange(count), NOTHING, NOTHING, "all to learn from"))


def convolution_rate(machine: Machine) -> float:
    """GFLOP/s of a convolution, channels last, two operations per multiply-add, at the median."""
    dtype = DTYPES[machine.precision]
    layer = nn.Conv2d(CHANNELS, CHANNELS, KERNEL, padding=KERNEL // 2, bias=False).to(dtype)
    layer.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.randn(RECIPE.batch_size, CHANNELS, SIDE, SIDE).to(dtype).contiguous(memory_format=torch.channels_last)
    seconds = []
    with torch.inference_mode(), machine.in_force():
        for _ in range(TIMES + 1):  # the first chooses a kernel
            began = time.perf_counter()
            layer(x)
            seconds.append(time.perf_counter() - began)
    multiply_adds = RECIPE.batch_size * SIDE**2 * CHANNELS**2 * KERNEL**2
    return 2 * multiply_adds / statistics.median(seconds[1:]) / 1e9
