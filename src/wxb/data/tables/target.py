"""The target columns of a table, read as classes, labels or numbers."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from wxb.data.tables.choices import KEPT, Choices, listed
from wxb.data.tables.columns import Target as Column
from wxb.data.tables.columns import offset_of
from wxb.data.tables.contradiction import UNREAD, refuse_mixed, refuse_otherwise_written, refuse_unread
from wxb.data.tables.frame import Frame
from wxb.data.tables.novelty import no_numbers
from wxb.data.tables.values import BOOLEANS, NAMES, Values, as_known, renamed
from wxb.errors import WxbError
from wxb.tasks import TASKS, need_task
from wxb.tasks.columns import TargetColumn
from wxb.tasks.task import Targets
from wxb.text import count, first_of, number_name, plural

CLASSES, LABELS = "classification", "multilabel"
EMPTY = "empty"
LISTED = 5  # words in a remark
Reading = Callable[[Frame, str], Values]  # of a column of a frame


@dataclass(frozen=True, eq=False)
class Predicted:
    """Targets as a Dataset stores them, of the rows that have all of them."""

    targets: Targets
    task: str
    classes: tuple[str, ...]
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()


def named(frame: Frame, target: str | Sequence[str] | None) -> tuple[str, ...]:
    """The columns that a target names: one, several as "a,b", or a list. Raises WxbError if there is no such column."""
    chosen = listed(target, frame.columns)
    if not chosen:
        last = frame.columns[-1]
        raise WxbError(
            f"{frame.name} is a table: which of its columns is to be predicted?",
            f"columns: {frame.listed}",
            f'`target="{last}"`; a network that ends in SELF learns without a target',
        )
    names = tuple(frame.need(name, "target", chosen) for name in chosen)
    if len(set(names)) < len(names):
        raise WxbError(f"`target` names a column twice: {', '.join(names)}")
    if len(names) == len(frame.columns):
        raise WxbError("`target` names all columns: none is left to predict from", f"columns: {frame.listed}")
    return names


def columns_in(frame: Frame, names: Sequence[str], task: str | None, choices: Choices) -> tuple[Column, ...]:
    """What the target columns hold, by all of their values."""
    every = [choices.values(frame, name) for name in names]
    for values in every:
        if values.unread and len(values):
            raise WxbError(f"the target {values.name} of {frame.name} {UNREAD}", fix="a number or a text in each row")
    return tuple(_column(values, task if len(names) == 1 else "several", choices) for values in every)


def _column(values: Values, task: str | None, choices: Choices) -> Column:
    form = choices.form(values)
    if form.kind != "number":
        return Column(values.name, form.kind)
    numbers = values.numbers(form.written)
    if form.written.style == "date":
        return Column(values.name, "text", written=form.written)
    classes = task == CLASSES or (task is None and _claimed(values, numbers[np.isfinite(numbers)]))
    exact = not len(values.odd(numbers)) and values.named_by_numbers()
    if classes and not exact and values.name not in choices.types:  # a class is called as in the file
        return Column(values.name, "text")
    return Column(values.name, "number", written=form.written)


def _claimed(values: Values, numbers: NDArray[np.float64]) -> bool:
    return len(numbers) > 0 and TASKS[CLASSES].claims([TargetColumn("", values.name, numbers)])


def present(
    frame: Frame, columns: Sequence[Column], reading: Reading, task: str | None = None
) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Which rows have a value in each of these columns (n,), and remarks on the others. `task` is that of a run."""
    rows, missing = np.ones(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    remarks: list[str] = []
    words: Counter[str] = Counter()
    for column in columns:
        values = reading(frame, column.name)
        if task is not None:
            refuse_unread(frame.name, values)
        words.update(values.words)
        there = values.there.is_not_null().to_numpy()
        missing |= ~there
        rows &= there
        if not _as_texts(column, task):
            numbers = values.numbers(column.written, binary=task == LABELS)
            refuse = refuse_mixed if task is None else refuse_otherwise_written
            refuse(frame.name, values, column.written, numbers, frame.rows)
            rows &= np.isfinite(numbers)
            if len(odd := values.odd(numbers)):
                which = "its row is" if len(odd) == 1 else "their rows are"
                remarks.append(f"{no_numbers(column.written.style, values, odd, frame.rows)}; {which} left out")
    if missing.any():
        names = " and ".join(column.name for column in columns)
        left_out = f"{plural(int(missing.sum()), 'row')} without {names} left out of {count(len(frame))}"
        if any(words):
            counted = [f"{count(often)} {word or EMPTY}" for word, often in words.most_common()]
            left_out += f": {first_of(counted, LISTED)}"
        kept = next((word for word, _ in words.most_common() if word in NAMES), None)
        if kept and task is None and all(column.form != "number" for column in columns):
            left_out += f'; if {kept} is a class: `missing="{kept}{KEPT}"`'
        remarks.insert(0, left_out)
    return rows, tuple(remarks)


def read(
    frame: Frame,
    columns: tuple[Column, ...],
    task: str | None,
    reading: Reading,
    classes: tuple[str, ...] | None = None,
) -> Predicted:
    """The targets of a table: for training, or with the `classes` of a trained run.

    Without `task`, the columns tell it. One column of texts or booleans is classification; one of whole numbers too, if
    at most 20 of them are different and each has 5 rows on average, or if only two are. Several columns are multilabel
    if all hold only 0 and 1 (or booleans). Everything else is regression. Raises WxbError if the columns do not fit the
    task, for classes that the run does not have, and in training if all rows have the same target.
    """
    if not columns:  # nothing is predicted
        return Predicted(np.zeros((len(frame), 0), np.float32), task or CLASSES, (), ())
    described = [_read_column(frame.name, reading(frame, one.name), one, task, classes) for one in columns]
    chosen = next(one for one in TASKS.values() if one.claims(described)) if task is None else need_task(task)
    encoded = chosen.from_columns(described, classes, guessed=task is None)
    if encoded.offsets:
        columns = tuple(replace(one, offset=offset) for one, offset in zip(columns, encoded.offsets, strict=True))
    return Predicted(encoded.targets, chosen.name, encoded.names, columns, encoded.notes)


def _as_texts(column: Column, task: str | None) -> bool:
    """Whether a column is read as texts; its numbers too, where they are to be found among the classes of a run."""
    return column.form != "number" or task == CLASSES


def _read_column(
    table: str, values: Values, column: Column, task: str | None, classes: tuple[str, ...] | None
) -> TargetColumn:
    name, known = column.name, classes is not None
    if not _as_texts(column, task if known else None):
        numbers = values.numbers(column.written, binary=task == LABELS)
        return TargetColumn(table, name, numbers, offset=column.offset if known else offset_of(numbers))
    texts = values.texts(column.form == "boolean")
    if column.form == "number":
        texts = renamed(texts, [number_name(value) or value for value in texts.values])
    # texts that look the same are one, and those of a run are found however they are composed
    names = [unicodedata.normalize("NFC", value) for value in texts.values]
    if len(set(names)) < len(names):
        texts = renamed(texts, names)
    if classes is not None:
        texts = as_known(texts, classes)
    if column.form != "boolean":
        dates = column.written.style == "date"
        return TargetColumn(table, name, None, texts.values, texts.codes, dates=dates)
    if task != CLASSES and (strange := [value for value in texts.values if value not in BOOLEANS]):
        raise WxbError(f"unknown value in {name} of {table}: {first_of(strange)}", f"expected {', '.join(BOOLEANS)}")
    truths = np.array([value == "true" for value in texts.values], dtype=np.float64)
    return TargetColumn(table, name, truths[texts.codes], texts.values, texts.codes)
