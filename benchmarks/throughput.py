"""Examples per second of `wxb.learn` and of loops written by hand: same network, data, optimizer, threads.

The hand-written loops get their pictures as float32 that is standardized already, and no scaling in the network; they
neither validate nor augment, and neither does `learn` here. One epoch is timed; data structures are made before.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn

import wxb
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from benchmarks.parts import first_examples
from benchmarks.timing import in_turn
from wxb.allocator import kept
from wxb.data.dataset import Dataset
from wxb.learning.defaults import default, headed
from wxb.learning.machine import Machine, choose
from wxb.learning.precision import chosen
from wxb.learning.recipe import Recipe

RECIPE = Recipe(epochs=1, batch_size=128, optimizer="momentum", learning_rate=0.01, schedule="constant", warm_up=0.0)
PLAIN, TUNED = "plain", "tuned"  # loops as people write them, and the loop with all settings of wxb

Batches = Iterable[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Loop:
    """Bounds of the rate of `wxb.learn` over that of the faster plain loop, and over that of the tuned one."""

    what: str
    data: str
    network: str | None  # None: the default for the data
    examples: int  # of the training part, an epoch's length
    ratio: Bound
    tuned: Bound


@dataclass(frozen=True)
class Throughput(Figure):
    """The figure of all loops."""

    rows: tuple[Loop, ...]
    repetitions: int = 5

    def measure(self, scope: Scope) -> Rows:
        """Every loop."""
        return [measure(loop, scope.repetitions or self.repetitions) for loop in self.rows]

    def table(self, rows: Rows) -> Table:
        """Two lines for each loop; a ratio is of medians, to the faster of the hand-written loops of its line."""
        measured = {row["what"]: row for row in rows}
        table: Table = [
            ("what", "precision", "learn", "loop over tensors", "loop over a DataLoader", "learn / faster", "owed")
        ]
        for loop in self.rows:
            if row := measured.get(loop.what):
                what = f"{loop.what}, batch {row['batch_size']}"
                table.append(line(what, row, PLAIN, loop.ratio))
                table.append(line(f"{what}, wxb's settings", row, TUNED, loop.tuned))
        return table


def line(what: str, row: Row, settings: str, bound: Bound) -> Cells:
    """The line of a loop and settings."""
    rates = row["rates"][settings]
    names = ("learn", "tensors", "DataLoader")
    learn, *others = (statistics.median(rates[name]) for name in names if name in rates)
    cells = [middle(rates[name], 0) if name in rates else "" for name in names]
    ratio = learn / max(others)
    return (what, row["precision"][settings], *cells, f"{ratio:.3f}×", verdict(bound, ratio))


def measure(loop: Loop, repetitions: int) -> Row:
    """Examples per second of each loop at each repetition, in turn."""
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

    def rate(key: tuple[str, str]) -> float:
        value = round(loop.examples / loops[key](), 1)
        print(f"  {loop.what}, {', '.join(key)}: {value:,.0f} examples/s", file=sys.stderr)
        return value

    taken = in_turn({key: partial(rate, key) for key in loops}, repetitions)
    rates = {settings: {name: taken[a, name] for a, name in taken if a == settings} for settings in (PLAIN, TUNED)}
    rates[TUNED].setdefault("learn", rates[PLAIN]["learn"])
    return {
        "what": loop.what, "network": network, "examples": loop.examples, "batch_size": RECIPE.batch_size,
        "threads": plain.threads, "precision": {PLAIN: plain.precision, TUNED: tuned.precision}, "rates": rates,
    }  # fmt: skip


def learn_seconds(data: Dataset, network: str, machine: Machine) -> float:
    """Seconds of an epoch of wxb."""
    model = wxb.build(network, data, seed=0)
    records = wxb.learn(model, data, RECIPE, machine)
    start = time.perf_counter()
    for record in records:
        _ = record.loss
    return time.perf_counter() - start


def standardized(data: Dataset) -> tuple[torch.Tensor, torch.Tensor]:
    """Training examples as float32 with mean 0 and deviation 1 in each channel, and their classes."""
    examples, classes = data.part("train")
    x = torch.from_numpy(examples).float()
    axes = [axis for axis in range(x.ndim) if axis != 1]
    return (x - x.mean(axes, keepdim=True)) / x.std(axes, keepdim=True), torch.from_numpy(classes)


def bare(network: str, data: Dataset) -> nn.Module:
    """The network without its scaling of inputs, which the hand-written loops do beforehand.

    Its weights lie channels last as wxb builds them; plain loops are faster so than with torch's own layout.
    """
    model = wxb.build(network, data, seed=0)
    model.register_module("scale", nn.Identity())
    return model.train()


def shuffled(x: torch.Tensor, y: torch.Tensor) -> Batches:
    """Batches of tensors in memory, in a random order."""
    order = torch.randperm(len(x))
    for begin in range(0, len(x), RECIPE.batch_size):
        rows = order[begin : begin + RECIPE.batch_size]
        yield x[rows], y[rows]


def tensors_seconds(data: Dataset, network: str, machine: Machine) -> float:
    """Seconds of an epoch of a hand-written loop over tensors in memory."""
    return plain_seconds(data, network, machine, shuffled(*standardized(data)))


def dataloader_seconds(data: Dataset, network: str, machine: Machine) -> float:
    """Seconds of an epoch of a hand-written loop over a DataLoader in the same process."""
    tensors = torch.utils.data.TensorDataset(*standardized(data))
    loader = torch.utils.data.DataLoader(tensors, batch_size=RECIPE.batch_size, shuffle=True)
    return plain_seconds(data, network, machine, loader)


def plain_seconds(data: Dataset, network: str, machine: Machine, batches: Batches) -> float:
    """Seconds of an epoch of a loop as people write it."""
    torch.set_num_threads(machine.threads)
    model = bare(network, data)
    optimizer = torch.optim.SGD(model.parameters(), lr=RECIPE.learning_rate, momentum=RECIPE.momentum)
    start = time.perf_counter()
    total = 0.0
    for examples, classes in batches:
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
        total = torch.zeros(())
        for examples, classes in shuffled(x, y):
            optimizer.zero_grad()
            with machine.autocast():
                scores = model(examples)
            loss = nn.functional.cross_entropy(scores.float(), classes)
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return time.perf_counter() - start
