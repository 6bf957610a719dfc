"""Examples a second of `wxb.learn` against loops that people write by hand: same network, data, optimizer, threads.

The hand-written loops get their pictures as float32 that is standardized already, and no scaling in the network; they
neither validate nor augment, and neither does `learn` here. What is timed is one epoch, data structures made before.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

import wxb
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Asked, Row, Table
from benchmarks.parts import first_examples
from wxb.allocator import kept
from wxb.data.dataset import Dataset
from wxb.learning.defaults import default, headed
from wxb.learning.machine import Machine, choose
from wxb.learning.precision import chosen
from wxb.learning.recipe import Recipe

RECIPE = Recipe(epochs=1, batch_size=128, optimizer="momentum", learning_rate=0.01, schedule="constant", warm_up=0.0)
PLAIN, TUNED = "plain", "tuned"  # loops as people write them, and the loop with all settings of wxb


@dataclass(frozen=True)
class Loop:
    """Examples a second of `wxb.learn` over those of the faster plain loop, and over those of the tuned one."""

    what: str
    data: str
    network: str | None  # None: the default for the data
    examples: int  # of the training part, an epoch's length
    ratio: Bound
    tuned: Bound


@dataclass(frozen=True)
class Throughput:
    """The figure of all loops."""

    rows: tuple[Loop, ...]
    repetitions: int = 5
    about: str = ""

    def owed(self) -> str:
        """Every bound with the loop that it is for."""
        return "; ".join(f"{loop.what} {loop.ratio}, with wxb's settings {loop.tuned}" for loop in self.rows)

    def measure(self, asked: Asked) -> list[Row]:
        """Every loop."""
        return [measure(loop, asked.repetitions or self.repetitions) for loop in self.rows]

    def table(self, rows: list[Row]) -> Table:
        """Two lines a loop; a ratio is of medians, to the faster of the hand-written loops of its line."""
        measured = {row["what"]: row for row in rows}
        head = ("what", "precision", "learn", "loop over tensors", "loop over a DataLoader", "learn / faster", "owed")
        lines = [_lines(loop, measured[loop.what]) for loop in self.rows if loop.what in measured]
        return [head, *(line for both in lines for line in both)]


def _lines(loop: Loop, row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    what = f"{loop.what}, batch {row['batch_size']}"
    plain, tuned = row["rates"][PLAIN], row["rates"][TUNED]
    return (
        _line(what, row["precision"][PLAIN], plain, ("tensors", "DataLoader"), loop.ratio),
        _line(f"{what}, wxb's settings", row["precision"][TUNED], tuned, ("tensors",), loop.tuned),
    )


def _line(
    what: str, precision: str, rates: dict[str, list[float]], loops: tuple[str, ...], bound: Bound
) -> tuple[str, ...]:
    cells = [middle(rates[name], 0) if name in rates else "" for name in ("learn", "tensors", "DataLoader")]
    ratio = statistics.median(rates["learn"]) / max(statistics.median(rates[name]) for name in loops)
    return (what, precision, *cells, f"{ratio:.3f}×", verdict(bound, ratio))


def measure(loop: Loop, repetitions: int) -> Row:
    """Examples a second of each loop at each repetition, in turn; the first round warms up and is not counted."""
    data = first_examples(wxb.load_data(loop.data), loop.examples)
    network = loop.network or headed(default(data), data)
    plain = choose(precision="float32")
    tuned = chosen(plain, wxb.build(network, data, seed=0), data)
    loops: dict[tuple[str, str], Callable[[], float]] = {
        (PLAIN, "learn"): partial(learn_seconds, data, network, plain),
        (PLAIN, "tensors"): partial(tensors_seconds, data, network, plain),
        (PLAIN, "DataLoader"): partial(dataloader_seconds, data, network, plain),
        (TUNED, "learn"): partial(learn_seconds, data, network, tuned),
        (TUNED, "tensors"): partial(tuned_seconds, data, network, tuned),
    }
    if tuned == plain:
        del loops[TUNED, "learn"]
    rates: dict[str, dict[str, list[float]]] = {PLAIN: {}, TUNED: {}}
    for repetition in range(repetitions + 1):
        for (settings, name), seconds in loops.items():
            rate = loop.examples / seconds()
            print(f"  {loop.what}, {settings}, {name}: {rate:,.0f} examples/s", file=sys.stderr)
            if repetition:
                rates[settings].setdefault(name, []).append(round(rate, 1))
    if tuned == plain:
        rates[TUNED]["learn"] = rates[PLAIN]["learn"]
    return {
        "what": loop.what,
        "network": network,
        "examples": loop.examples,
        "batch_size": RECIPE.batch_size,
        "threads": plain.threads,
        "precision": {PLAIN: plain.precision, TUNED: tuned.precision},
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
    """The network without its scaling of inputs, which the hand-written loops have done before.

    Its weights lie channels last as wxb builds them; plain loops are faster so than with torch's own layout.
    """
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


def tuned_seconds(data: Dataset, network: str, machine: Machine) -> float:
    """Seconds of an epoch of the loop over tensors with all that wxb sets: channels last, precision, kept memory, a
    fused optimizer, and no wait for the loss of a step.
    """
    torch.set_num_threads(machine.threads)
    x, y = standardized(data)
    if x.ndim == 4:
        x = x.contiguous(memory_format=torch.channels_last)  # x[rows] keeps it
    model = bare(network, data)
    optimizer = torch.optim.SGD(model.parameters(), lr=RECIPE.learning_rate, momentum=RECIPE.momentum, fused=True)
    with kept():
        start = time.perf_counter()
        order = torch.randperm(len(x))
        total = torch.zeros(())
        for begin in range(0, len(x), RECIPE.batch_size):
            rows = order[begin : begin + RECIPE.batch_size]
            optimizer.zero_grad()
            with machine.autocast():
                scores = model(x[rows])
            loss = nn.functional.cross_entropy(scores.float(), y[rows])
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return time.perf_counter() - start
