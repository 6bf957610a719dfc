"""Faults that are put into healthy trainings, each with a strength."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.faults.plain import Plain
from benchmarks.faults.program import Program
from wxb.data.dataset import Dataset, Split

Injection = Callable[[Any, Any], Any]  # a healthy program and a strength make a faulty one


# --- data, of both forms ----------------------------------------------------------------------------------------------


def _with_labels(program: Any, change: Callable[[NDArray[Any], np.random.Generator], NDArray[Any]]) -> Any:
    data: Dataset = program.data
    targets = change(data.targets.copy(), np.random.default_rng(7))
    return replace(program, data=replace(data, targets=targets, known=None), honest=data)


def _with_examples(program: Any, change: Callable[[NDArray[np.float32]], NDArray[np.float32]], honest: bool) -> Any:
    """Changed examples; `honest` scores what was not changed."""
    data: Dataset = program.data
    examples = change(np.asarray(data.examples, np.float32).copy())
    changed = replace(data, examples=examples.astype(np.float32), known=None)
    return replace(program, data=changed, honest=data if honest else None)


def labels_shuffled(program: Any, share: float) -> Any:
    """A share of the labels belongs to other examples."""

    def change(targets: NDArray[Any], draw: np.random.Generator) -> NDArray[Any]:
        rows = draw.permutation(len(targets))[: round(share * len(targets))]
        targets[np.sort(rows)] = targets[rows]
        return targets

    return _with_labels(program, change)


def labels_wrong(program: Any, share: float) -> Any:
    """A share of the labels is another class."""

    def change(targets: NDArray[Any], draw: np.random.Generator) -> NDArray[Any]:
        rows = draw.permutation(len(targets))[: round(share * len(targets))]
        count = int(targets.max()) + 1
        targets[rows] = (targets[rows] + draw.integers(1, count, len(rows))) % count
        return targets

    return _with_labels(program, change)


def labels_moved(program: Any, places: int) -> Any:
    """The labels belong to the example so many rows before, in an order of the rows that is drawn.

    Where classes take turns from row to row, moved labels are those of other classes, and nobody could tell.
    """
    data = program.data
    drawn = _ordered(data, np.random.default_rng(7).permutation(len(data.targets)))
    return _with_labels(replace(program, data=drawn), lambda targets, _: np.roll(targets, places, axis=0))


def _ordered(data: Dataset, order: NDArray[np.int64]) -> Dataset:
    """The data with their rows in another order, in the same parts."""
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    parts = [np.sort(place[data.split.part(part)]) for part in ("train", "validation", "test")]
    split = Split(parts[0], parts[1], parts[2], "in another order")
    return replace(data, examples=data.examples[order], targets=data.targets[order], split=split, known=None)


def classes_renumbered(program: Any, places: int) -> Any:
    """The classes of the training examples have numbers so many too high; those of validation and test are right."""
    data, train = program.data, program.data.split.train

    def change(targets: NDArray[Any], _: np.random.Generator) -> NDArray[Any]:
        targets[train] = (targets[train] + places) % data.outputs
        return targets

    return _with_labels(program, change)


def copied(program: Program, share: float) -> Program:
    """A share of the validation examples are copies of training examples, of which there are 150."""
    program = few(program, 150)
    data = program.data
    held = data.split.validation
    taken = np.random.default_rng(7).permutation(data.split.train)[: round(share * len(held))]
    examples, targets = data.examples.copy(), data.targets.copy()
    examples[held[: len(taken)]], targets[held[: len(taken)]] = examples[taken], targets[taken]
    return replace(program, data=replace(data, examples=examples, targets=targets, known=None), leaky=True)


def columns_scaled(program: Any, times: float) -> Any:
    """Every third number is in a unit so many times smaller, and nothing standardizes."""

    def change(examples: NDArray[np.float32]) -> NDArray[np.float32]:
        examples.reshape(len(examples), -1)[:, ::3] *= times
        return examples

    return _unscaled(_with_examples(program, change, honest=False))


def inputs_scaled(program: Any, times: float) -> Any:
    """All inputs so many times larger, and nothing standardizes."""
    return _unscaled(_with_examples(program, lambda examples: examples * times, honest=False))


def inputs_moved(program: Any, offset: float) -> Any:
    """An offset on all inputs, and nothing standardizes."""
    return _unscaled(_with_examples(program, lambda examples: examples + offset, honest=False))


def _unscaled(program: Any) -> Any:
    if isinstance(program, Plain):
        return replace(program, inputs="none")
    return replace(program, options={**program.options, "normalize": "none"})


def target_as_feature(program: Program, noise: float) -> Program:
    """A column that is the target in training and validation, and says nothing later."""
    data = program.data
    draw = np.random.default_rng(7)
    told = data.targets.astype(np.float32).reshape(len(data.targets), -1)[:, :1]
    there = np.concatenate([np.asarray(data.examples, np.float32), told + noise], axis=1)
    later = there.copy()
    rows = data.split.test
    later[rows, -1] = later[draw.permutation(rows), -1]
    faulty = replace(data, examples=there, known=None)
    return replace(program, data=faulty, honest=replace(data, examples=later, known=None))


def prepared_otherwise(program: Program, times: float) -> Program:
    """Validation and test are in another unit, with another zero, than training."""
    data = program.data

    def change(examples: NDArray[np.float32]) -> NDArray[np.float32]:
        others = np.concatenate([data.split.validation, data.split.test])
        spread = examples[data.split.train].std()
        examples[others] = examples[others] * times + 2 * times * spread
        return examples

    changed: Program = _with_examples(program, change, honest=False)
    return changed


def few(program: Any, count: int) -> Any:
    """So many training examples only."""
    split = program.data.split
    rows = np.sort(np.random.default_rng(7).permutation(split.train)[:count])
    # a loop in plain PyTorch learns from both parts
    held = split.validation[:0] if isinstance(program, Plain) else split.validation
    return replace(program, data=replace(program.data, split=replace(split, train=rows, validation=held)))


def torn(program: Any, _: object) -> Any:
    """Pictures whose channels came last are read with channels first."""

    def change(examples: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ascontiguousarray(examples.transpose(0, 2, 3, 1)).reshape(examples.shape)

    data = program.data
    examples = change(np.asarray(data.examples)).astype(data.examples.dtype)
    return replace(program, data=replace(data, examples=examples, known=None))


def split_by_class(program: Program, absent: int) -> Program:
    """The last classes stand in validation and test only."""
    data = program.data
    keep = data.targets[data.split.train] < data.outputs - absent
    gone = data.split.train[~keep]
    half = len(gone) // 2
    split = Split(
        data.split.train[keep],
        np.sort(np.concatenate([data.split.validation, gone[:half]])),
        np.sort(np.concatenate([data.split.test, gone[half:]])),
        "by class",
    )
    return replace(program, data=replace(data, split=split))


def rare(program: Program, share: float) -> Program:
    """One class of two is rare, and judged like the other one."""
    data = program.data
    draw = np.random.default_rng(7)
    kept = {}
    for part in ("train", "validation", "test"):
        rows = data.split.part(part)
        ones = rows[data.targets[rows] == 1]
        others = rows[data.targets[rows] != 1]
        most = max(2, round(share * len(others)))
        kept[part] = np.sort(np.concatenate([others, draw.permutation(ones)[:most]])) if part != "test" else rows
    split = Split(kept["train"], kept["validation"], kept["test"], "with a rare class")
    return replace(program, data=replace(data, split=split), balanced=True)


def in_order_of_classes(program: Any, settings: dict[str, Any]) -> Any:
    """The examples stand class by class, and are not shuffled."""
    sorted_data = _ordered(program.data, np.argsort(program.data.targets, kind="stable"))
    if isinstance(program, Plain):
        return replace(program, data=sorted_data, shuffle=False, **settings)
    return replace(program, data=sorted_data, options={**program.options, "shuffle": False, **settings})


# --- settings and networks --------------------------------------------------------------------------------------------


def settings(program: Program, changed: dict[str, Any]) -> Program:
    """Other settings."""
    options = {**program.options, **changed}
    if changed.get("l2") or changed.get("l1"):
        options.setdefault("optimizer", "adam")
    return replace(program, options=options)


def network(program: Program, line: str) -> Program:
    """Another network."""
    return replace(program, network=line)


def loop(program: Plain, changed: dict[str, Any]) -> Plain:
    """Another line of the loop."""
    return replace(program, **changed)
