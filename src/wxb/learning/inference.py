"""Inference: the logits of a network for many examples, computed by its folded form (`wxb.network.folded`)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from wxb.data.pictures.pack import read_ahead
from wxb.learning.machine import DTYPES, Machine
from wxb.network.folded import Folded, fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Examples, Inputs
    from wxb.network.build import Model
    from wxb.notation import Plan
    from wxb.tasks.evaluation import Score


BATCH = 512  # examples at a time: large enough for the matrix product
NUMBERS = 2**27  # upper bound on the outputs of the widest layer per batch: half a gigabyte
# smaller bounds are fastest on a CPU: 8 MB stay in its cache, and the system need not provide new memory each time
BATCH_CPU, NUMBERS_CPU = 256, 2**21


def batch_size_for(plan: Plan, machine: Machine) -> int:
    """The number of examples to compute at a time: safe for the memory and fast on the machine."""
    widest = max(layer.members * math.prod(layer.output) for layer in plan.layers)
    most, numbers = (BATCH_CPU, NUMBERS_CPU) if machine.device == "cpu" else (BATCH, NUMBERS)
    return max(1, min(most, numbers // widest))


def logits(
    model: Model,
    examples: Examples | Inputs,
    machine: Machine,
    batch_size: int | None = None,
    computed: bool = False,
    rows: NDArray[np.int64] | None = None,
    group: int | None = None,
    averaged: bool = True,
) -> torch.Tensor:
    """Logits (n, outputs) float32 on the CPU for examples (n, …), or for n `rows` of them, in evaluation mode.

    `batch_size` examples are computed at a time, by default as many as `batch_size_for` says. `computed` examples are
    those that `features` returned. `group` is the only group of a TEAM that answers; if it is None, all do.
    Unless `averaged`, the logits of a TEAM are those of its members, (n, members, outputs).
    """
    folded = fold(model, DTYPES[machine.precision], 1 if computed else 0, group, averaged)
    return through(folded, examples, machine, batch_size or batch_size_for(model.plan, machine), rows)


def through(
    folded: Folded,
    examples: Examples | Inputs,
    machine: Machine,
    batch_size: int,
    rows: NDArray[np.int64] | None = None,
) -> torch.Tensor:
    """Logits (n, outputs) float32 on the CPU for examples (n, …), or for n `rows` of them, `batch_size` at a time."""
    count = len(examples if rows is None else rows)
    scores = []
    # written in place where a second copy for a moment would matter
    large = count * folded.outputs > NUMBERS and not folded.head.of_places
    whole = torch.empty(count, folded.outputs) if large else None
    with torch.inference_mode(), machine.in_force():
        for start in range(0, count, batch_size):
            if rows is None:
                part = examples[start : start + batch_size]
            else:
                read_ahead(examples, rows[start + batch_size : start + 2 * batch_size])
                part = examples[rows[start : start + batch_size]]
            if not part.flags.writeable or min(part.strides) < 0:  # torch does not accept such arrays
                part = part.copy("K")
            batch = torch.from_numpy(part)
            if folded.preparation is not None and part.dtype == np.float64:  # rows of a table
                batch = folded.preparation(batch)
            if machine.device != "cpu":  # a call of `to` that does nothing still takes microseconds per picture
                batch = batch.to(machine.device)
            if batch.ndim == 4:
                batch = batch.contiguous(memory_format=torch.channels_last)
            if whole is None:
                scores.append(folded(batch))
            else:
                whole[start : start + len(batch)] = folded(batch)
        if whole is not None:
            return whole
        if not scores:
            return torch.empty(0, folded.outputs)
        return (scores[0] if len(scores) == 1 else torch.cat(scores)).to("cpu", torch.float32)


def features(
    model: Model,
    examples: Examples | Inputs,
    machine: Machine,
    rows: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """The designed features (n, features) of a model for examples (n, …), or for n `rows` of them."""
    rows = np.arange(len(examples)) if rows is None else rows
    out = np.empty((len(rows), *model.plan.items[0].output), np.float32)
    with torch.no_grad(), machine.in_force():
        for start in range(0, len(rows), BATCH):
            batch = torch.from_numpy(np.ascontiguousarray(examples[rows[start : start + BATCH]])).to(machine.device)
            out[start : start + BATCH] = model.features(batch).cpu().numpy()
    return out


def codes(
    model: Model, examples: Examples | Inputs, machine: Machine, rows: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """The code (n, numbers), flat, that a model has for examples (n, …), or for n `rows` of them (`Plan.code_item`)."""
    rows = np.arange(len(examples)) if rows is None else rows
    last = model.plan.items.index(model.plan.code_item)
    examples, size = model.inputs(examples), batch_size_for(model.plan, machine)
    out = np.empty((len(rows), model.plan.code), np.float32)
    model.eval()
    with torch.no_grad(), machine.in_force():
        for start in range(0, len(rows), size):
            x = torch.from_numpy(np.ascontiguousarray(examples[rows[start : start + size]])).to(machine.device)
            x = model.scale(x)
            for place in model.places[: last + 1]:
                x = place.layer(x)
            out[start : start + size] = x.flatten(1).float().cpu().numpy()
    return out


def out_of_fold(
    model: Model,
    examples: Examples | Inputs,
    machine: Machine,
    rows: NDArray[np.int64],
    folds: NDArray[np.int64] | None,
    computed: bool = False,
    averaged: bool = True,
) -> torch.Tensor:
    """Logits (n, outputs) float32 of n `rows`, each by the group of a TEAM that has not learned from it.

    `folds` (n,) are the numbers of these groups, from 0; if it is None, all groups answer. Unless `averaged`,
    the logits are those of the members, (n, members, outputs).
    """
    if folds is None:
        return logits(model, examples, machine, None, computed, rows, averaged=averaged)
    parts = [np.flatnonzero(folds == group) for group in range(int(folds.max()) + 1)]
    found = [
        logits(model, examples, machine, None, computed, rows[part], group, averaged)
        for group, part in enumerate(parts)
    ]
    return torch.cat(found)[torch.from_numpy(np.argsort(np.concatenate(parts)))]


def score(
    model: Model,
    examples: Examples | Inputs,
    targets: NDArray[np.int64] | NDArray[np.float32],
    machine: Machine,
    computed: bool = False,
    rows: NDArray[np.int64] | None = None,
    folds: NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> Score:
    """The score of a model on examples (n, …), on n `rows` of them, or on `computed` features; n > 0.

    `weights` (n,) say how much each counts; None for all the same. With `folds` (n,) each example is answered out of
    fold (`out_of_fold`).
    """
    if folds is None or rows is None:
        scores = logits(model, examples, machine, computed=computed, rows=rows)
    else:
        scores = out_of_fold(model, examples, machine, rows, folds, computed)
    losses = model.head.loss(scores, torch.from_numpy(targets))
    loss = float(losses.mean()) if weights is None else float(np.average(losses.double().numpy(), weights=weights))
    return model.task.validate(scores.numpy(), targets, loss, weights)
