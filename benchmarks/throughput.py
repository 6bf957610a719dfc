"""Examples a second of `wxb.learn` against the loop that people write by hand: same network, data, optimizer, threads.

The hand-written loops get their pictures as float32 that is standardized already, and no scaling in the network; they
neither validate nor augment, and neither does `learn` here. What is timed is one epoch, data structures made before.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

import wxb
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Asked, Row, Table
from benchmarks.parts import first_examples
from wxb.data.dataset import Dataset
from wxb.learning.defaults import default, headed
from wxb.learning.machine import Machine, choose
from wxb.learning.recipe import Recipe

RECIPE = Recipe(epochs=1, batch_size=128, optimizer="momentum", learning_rate=0.01, schedule="constant", warm_up=0.0)


@dataclass(frozen=True)
class Loop:
    """Examples a second of `wxb.learn` over those of the faster hand-written loop."""

    what: str
    data: str
    network: str | None  # None: the default for the data
    examples: int  # of the training part, an epoch's length
    ratio: Bound


@dataclass(frozen=True)
class Throughput:
    """The figure of all loops."""

    rows: tuple[Loop, ...]
    repetitions: int = 5
    about: str = ""

    def owed(self) -> str:
        """Every bound with the loop that it is for."""
        return "; ".join(f"{loop.what} {loop.ratio}" for loop in self.rows)

    def measure(self, asked: Asked) -> list[Row]:
        """Every loop."""
        return [measure(loop, asked.repetitions or self.repetitions) for loop in self.rows]

    def table(self, rows: list[Row]) -> Table:
        """Examples a second of the three loops; the ratio is of medians, to the faster of the hand-written ones."""
        measured = {row["what"]: row for row in rows}
        head = ("what", "learn", "loop over tensors", "loop over a DataLoader", "learn / faster loop", "owed")
        return [head, *(_line(loop, measured[loop.what]) for loop in self.rows if loop.what in measured)]


def _line(loop: Loop, row: Row) -> tuple[str, ...]:
    rates = row["rates"]
    faster = max(statistics.median(rates["tensors"]), statistics.median(rates["DataLoader"]))
    ratio = statistics.median(rates["learn"]) / faster
    cells = [middle(rates[name], 0) for name in ("learn", "tensors", "DataLoader")]
    return (f"{loop.what}, batch {row['batch_size']}", *cells, f"{ratio:.3f}×", verdict(loop.ratio, ratio))


def measure(loop: Loop, repetitions: int) -> Row:
    """Examples a second of each loop at each repetition, in turn; the first round warms up and is not counted."""
    data = first_examples(wxb.load_data(loop.data), loop.examples)
    network = loop.network or headed(default(data), data)
    machine = choose(precision="float32")
    loops: dict[str, Callable[[Dataset, str, Machine], float]] = {
        "learn": learn_seconds,
        "tensors": tensors_seconds,
        "DataLoader": dataloader_seconds,
    }
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for repetition in range(repetitions + 1):
        for name, seconds in loops.items():
            rate = loop.examples / seconds(data, network, machine)
            print(f"  {loop.what}, {name}: {rate:,.0f} examples/s", file=sys.stderr)
            if repetition:
                rates[name].append(round(rate, 1))
    return {
        "what": loop.what,
        "network": network,
        "examples": loop.examples,
        "batch_size": RECIPE.batch_size,
        "threads": machine.threads,
        "precision": machine.precision,
        "rates": rates,
    }


def learn_seconds(data: Dataset, network: str, machine: Machine) -> float:
    """Seconds of an epoch of wxb."""
    model = wxb.build(network, data, seed=0)
    records = wxb.learn(model, data, RECIPE, machine)
    start = time.perf_counter()
    for record in records:
        _ = record.loss
    return time.perf_counter() - start


def standardized(data: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    """Training examples as float32 with mean 0 and deviation 1 a channel, and their classes."""
    examples, classes = data.part("train")
    x = torch.from_numpy(examples).float()
    axes = [axis for axis in range(x.ndim) if axis != 1]
    return (x - x.mean(axes, keepdim=True)) / x.std(axes, keepdim=True), torch.from_numpy(classes)


def bare(network: str, data: Dataset) -> nn.Module:
    """The network without its scaling of inputs, which the hand-written loops have done before."""
    model = wxb.build(network, data, seed=0)
    model.register_module("scale", nn.Identity())
    return model.train()


def tensors_seconds(data: Dataset, network: str, machine: Machine) -> float:
    """Seconds of an epoch of a hand-written loop over tensors in memory."""
    torch.set_num_threads(machine.threads)
    x, y = standardized(data)
    model = bare(network, data)
    optimizer = torch.optim.SGD(model.parameters(), lr=RECIPE.learning_rate, momentum=RECIPE.momentum)
    start = time.perf_counter()
    order = torch.randperm(len(x))
    total = 0.0
    for begin in range(0, len(x), RECIPE.batch_size):
        rows = order[begin : begin + RECIPE.batch_size]
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        total += loss.item()
    return time.perf_counter() - start


def dataloader_seconds(data: Dataset, network: str, machine: Machine) -> float:
    """Seconds of an epoch of a hand-written loop over a DataLoader in the same process."""
    torch.set_num_threads(machine.threads)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*standardized(data)), batch_size=RECIPE.batch_size, shuffle=True
    )
    model = bare(network, data)
    optimizer = torch.optim.SGD(model.parameters(), lr=RECIPE.learning_rate, momentum=RECIPE.momentum)
    start = time.perf_counter()
    total = 0.0
    for examples, classes in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(examples), classes)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return time.perf_counter() - start
