"""Examples a second of `wxb.learn` against the loop that people write by hand: same network, data, optimizer, threads.

The hand-written loops get their pictures as float32 that is standardized already, and no scaling in the network; they
neither validate nor augment, and neither does `learn` here. What is timed is one epoch, data structures made before.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import nn

import wxb
from benchmarks.owed import Loop
from wxb.data.dataset import Dataset, Split
from wxb.learning.defaults import default, headed
from wxb.learning.machine import Machine, choose
from wxb.learning.recipe import Recipe

RECIPE = Recipe(epochs=1, batch_size=128, optimizer="momentum", learning_rate=0.01, schedule="constant", warm_up=0.0)


def measure(loop: Loop, repetitions: int, data_dir: str | None = None) -> dict[str, object]:
    """Examples a second of each loop at each repetition, in turn; the first round warms up and is not counted."""
    data = first_examples(wxb.load_data(loop.data, data_dir=data_dir), loop.examples)
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


def first_examples(data: Dataset, count: int) -> Dataset:
    """The same data set with `count` training examples and no validation, so that an epoch is only steps."""
    train = data.split.train[:count]
    if len(train) < count:
        raise SystemExit(f"{data.name} has {len(train):,} training examples, not {count:,}")
    nothing = np.empty(0, dtype=np.int64)
    return replace(data, split=Split(train, nothing, data.split.test, f"the first {count} training examples"))


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
