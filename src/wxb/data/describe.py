"""Descriptions of a data set: as a dict for `wxb data --json`, and as lines for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wxb.data.copies import pieces
from wxb.data.dataset import PARTS, Dataset
from wxb.data.kinds import KINDS
from wxb.data.split import Rows
from wxb.data.tables.sentences import Sentences
from wxb.tasks import TASKS
from wxb.text import count, percent

if TYPE_CHECKING:
    from wxb.data.dataset import Inputs
    from wxb.data.tables.columns import Preparation

HEAD = ("column", "kind", "missing", "holds")


def describe(data: Dataset) -> dict[str, object]:
    """Describe a data set as plain dicts, lists, texts and numbers, for JSON.

    `kind` ("pictures" or "rows"), `name`, `task`, `examples` (their number), `shape` of one, `dtype`; `classes`
    (names); `counts` (name → number of examples of the class or with the label; None in regression); `splits` (part →
    number of examples), `split_counts` (part → counts) and `split` (how it was made); `values` {min, max, mean, std} of
    all examples; `target_values` (name → the same, in regression, else None); `features` (names of the numbers of a
    table's example, else empty) and `columns` (of a table: name, kind, missing, and min and max, or values, or the
    reason why it is left out; else None); `notes`; `fingerprint`.
    """
    rows = {part: data.split.part(part) for part in PARTS}
    return {
        "name": data.name,
        "kind": data.kind,
        "task": data.task,
        "examples": len(data.examples),
        "shape": list(data.shape),
        "dtype": data.inputs.dtype.name,
        "classes": list(data.classes),
        "counts": counts(data),
        "splits": {part: len(rows[part]) for part in PARTS},
        "split_counts": {part: counts(data, rows[part]) for part in PARTS},
        "split": data.split.how,
        "values": value_range(data.inputs),
        "target_values": None if counts(data) is not None else target_values(data),
        "features": list(data.features),
        "columns": None if data.preparation is None else [column.facts() for column in data.preparation.columns],
        "notes": list(data.notes),
        "fingerprint": data.fingerprint,
    }


def counts(data: Dataset, rows: Rows | None = None) -> dict[str, int] | None:
    """The number of examples per class or label, among all rows or these; None if the task has nothing to count."""
    return TASKS[data.task].counts(data.targets if rows is None else data.targets[rows], data.classes)


def target_values(data: Dataset) -> dict[str, dict[str, float]]:
    """The value range of each regression target, in its own unit."""
    columns = data.targets_in_units().reshape(len(data.targets), -1).astype(np.float64)
    return {name: value_range(columns[:, place]) for place, name in enumerate(data.classes)}


def value_range(values: Inputs | NDArray[np.float64]) -> dict[str, float]:
    """Minimum, maximum, mean and standard deviation of all numbers."""
    if values.dtype == np.uint8:
        # bytes have 256 values: their frequencies are enough, without a float copy
        counted = (np.bincount(piece.reshape(-1), minlength=256) for piece in pieces(values))
        occurs = sum(counted, np.zeros(256, dtype=np.int64)).astype(np.float64)
        levels = np.arange(256)
        there = np.flatnonzero(occurs)
        mean = float((occurs * levels).sum() / occurs.sum())
        variance = float((occurs * (levels - mean) ** 2).sum() / occurs.sum())
        return {"min": int(there[0]), "max": int(there[-1]), "mean": mean, "std": math.sqrt(variance)}
    if isinstance(values, np.ndarray):
        wide = values.astype(np.float64)
        return {
            "min": float(wide.min()),
            "max": float(wide.max()),
            "mean": float(wide.mean()),
            "std": float(wide.std()),
        }
    # features of a table are computed, and dropped again, one piece at a time
    numbers = len(values) * values.shape[1]
    mean = sum(float(piece.sum(dtype=np.float64)) for piece in pieces(values)) / numbers
    squares = sum(float(np.square(piece - mean, dtype=np.float64).sum()) for piece in pieces(values))
    low, high = zip(*((float(piece.min()), float(piece.max())) for piece in pieces(values)), strict=True)
    return {"min": min(low), "max": max(high), "mean": mean, "std": math.sqrt(squares / numbers)}


def lines(data: Dataset) -> list[str]:
    """Summarize a data set for people: one line, value ranges, a table of classes or targets, and the notes."""
    values = value_range(data.inputs)
    numbers = ", mean {mean:.4g}, standard deviation {std:.4g}".format(**values)
    told = f"values from {values['min']:.4g} to {values['max']:.4g}{numbers}"
    out = [str(data), told if KINDS[data.kind].scaled else _words_of(data), ""]
    out += _range_table(data) if counts(data) is None else _count_table(data)
    if data.preparation is not None:
        out += ["", *_column_table(data.preparation)]
    for note in data.notes:
        out += ["", *note.splitlines()]
    return out


def _words_of(data: Dataset) -> str:
    """How many words of the training part have a number of their own, and how long the sentences are."""
    assert isinstance(data.inputs, Sentences)
    lengths = data.inputs.lengths
    return (
        f"{count(data.shape[0] - 1)} words of the training part stand in several of its sentences; "
        f"sentences of {int(lengths.min())} to {int(lengths.max())} words, mean {lengths.mean():.1f}"
    )


def _count_table(data: Dataset) -> list[str]:
    """One line per class or label: its number of examples in total and in each part, and its share."""
    columns = [counts(data) or {}]
    columns += [counts(data, data.split.part(part)) or {} for part in PARTS]
    head = [TASKS[data.task].counted or TASKS[data.task].noun, "all", *PARTS, "share"]
    all_of = sum(columns[0].values()) if TASKS[data.task].of_words else len(data.examples)
    rows = [
        [name, *(count(column[name]) for column in columns), percent(columns[0][name] / all_of)]
        for name in data.classes
    ]
    return table([head, *rows])


def _range_table(data: Dataset) -> list[str]:
    """One line per target: its minimum, maximum, mean and standard deviation."""
    keys = ("min", "max", "mean", "std")
    rows = [[name, *(f"{values[key]:.4g}" for key in keys)] for name, values in target_values(data).items()]
    if not rows:  # the numbers of pictures have no names
        return []
    return table([[TASKS[data.task].noun, *keys], *rows])


def _column_table(preparation: Preparation) -> list[str]:
    """One line per column that is not a target: its kind, its number of missing values, and its content."""
    rows = [[column.name, column.kind, count(column.missing), column.holds()] for column in preparation.columns]
    names, kinds, missing = (max(len(text) for text in column) for column in list(zip(HEAD, *rows, strict=True))[:3])
    return [
        f"{name:<{names}}  {kind:<{kinds}}  {lack:>{missing}}  {holds}".rstrip()
        for name, kind, lack, holds in (HEAD, *rows)
    ]


def table(rows: list[list[str]]) -> list[str]:
    """Format rows as lines, with the first column left-aligned, the others right-aligned, and two spaces between."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(text.rjust(w) for text, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
