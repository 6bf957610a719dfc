"""What is predicted of a table: which columns, and whether they are classes, labels or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from wxb.data.arrays import Targets
from wxb.data.pictures.layout import natural
from wxb.data.split import plural
from wxb.data.tables.columns import Target as Column
from wxb.data.tables.columns import Texts, offset_of
from wxb.data.tables.frame import Frame
from wxb.errors import WxbError
from wxb.text import count

MOST_CLASSES = 20  # different whole numbers that are taken as classes
COULD_BE_CLASSES = 100  # different whole numbers that a person may have meant as classes
ROWS_A_CLASS = 5  # but only where there are so many rows for each, or there are two


@dataclass(frozen=True, eq=False)
class Predicted:
    """Targets as a Dataset has them, of the rows that have all of them."""

    targets: Targets
    task: str
    classes: tuple[str, ...]
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()


def named(frame: Frame, target: str | Sequence[str] | None) -> tuple[str, ...]:
    """The columns that a target names: one, several as "a,b", or a list. Raises WxbError where there is none, or no
    such column.
    """
    if target is None or not target:
        last = frame.columns[-1]
        raise WxbError(
            f"{frame.name} is a table: which of its columns is to be predicted?",
            f"columns: {frame.listed}",
            f'--target "{last}"' if " " in last else f"--target {last}",
        )
    if isinstance(target, str):
        target = [target] if target in frame.columns else [part.strip() for part in target.split(",")]
    names = tuple(frame.need(name) for name in target)
    if len(set(names)) < len(names):
        raise WxbError(f"--target names a column twice: {', '.join(names)}")
    if len(names) == len(frame.columns):
        raise WxbError("--target names all columns: none is left to predict from", f"columns: {frame.listed}")
    return names


def present(frame: Frame, columns: Sequence[Column]) -> NDArray[np.bool_]:
    """Which rows have a value in each of these columns: (n,)."""
    rows = np.ones(len(frame), dtype=bool)
    for column in columns:
        if column.form == "number":
            rows &= np.isfinite(frame.numbers(column.name))
        else:
            rows &= frame.texts(column.name).codes >= 0
    return rows


def read(frame: Frame, columns: tuple[Column, ...], task: str | None) -> Predicted:
    """The targets of a table for training; `task` where it is not to be guessed.

    One column of texts or booleans is classes. One of whole numbers is classes where they are at most 20 different
    ones and there are at least 5 rows for each, or they are two; other numbers are numbers. Several columns are labels
    where all hold only 0 and 1 (or booleans), else numbers. Raises WxbError where this cannot be, or where all rows
    have the same target.
    """
    if len(columns) > 1:
        return _several(frame, columns, task)
    (column,) = columns
    if column.form != "number":
        if task == "numbers" and column.form == "text":
            raise _no_numbers(frame, column)
        return _numbers(frame, columns) if task == "numbers" else _classes(frame, column, as_texts(frame, column))
    numbers = frame.numbers(column.name)
    different = np.unique(numbers)
    whole = bool((different == np.round(different)).all())
    few = len(different) <= 2 or len(different) <= min(MOST_CLASSES, len(numbers) / ROWS_A_CLASS)
    chosen = task or ("classes" if whole and few else "numbers")
    notes: tuple[str, ...] = ()
    if whole and task is None and 1 < len(different) <= COULD_BE_CLASSES:
        other = "numbers" if chosen == "classes" else "classes"
        notes = (
            f"{column.name} has {count(len(different))} different whole numbers, taken as {chosen}; "
            f"--task {other} takes them as {other}",
        )
    if chosen == "numbers":
        return _numbers(frame, columns, notes)
    return _classes(frame, column, as_texts(frame, column), notes)


def read_like(frame: Frame, columns: tuple[Column, ...], task: str, classes: tuple[str, ...]) -> Predicted:
    """The targets of new rows, as those of a run were. Raises WxbError for a class that the run has not."""
    if task == "numbers":
        return _less_offsets([_values(frame, column) for column in columns], columns, ())
    if task == "labels":
        return _several(frame, columns, None)
    texts = as_texts(frame, columns[0])
    unknown = [value for value in texts.values if value not in classes]
    if unknown:
        raise WxbError(
            f"unknown class{'es' * (len(unknown) > 1)} in {columns[0].name} of {frame.name}: {', '.join(unknown[:10])}",
            f"expected {', '.join(classes[:20])}{' …' * (len(classes) > 20)}",
        )
    places = np.array([classes.index(value) for value in texts.values], dtype=np.int64)
    return Predicted(places[texts.codes], task, classes, columns)


def as_texts(frame: Frame, column: Column) -> Texts:
    """A column as names of classes in their order: numbers by their size ("1", "2.5"), texts in natural order."""
    if column.form == "number":
        numbers, codes = np.unique(frame.numbers(column.name), return_inverse=True)
        # as short as tells float64 numbers apart, and without a point where they are whole
        names = [str(int(value)) if value == np.round(value) else repr(float(value)) for value in numbers]
        return Texts(tuple(names), codes.reshape(-1).astype(np.int64))
    texts = frame.texts(column.name)
    order = sorted(texts.values, key=natural)
    places = np.array([order.index(value) for value in texts.values], dtype=np.int64)
    return Texts(tuple(order), places[texts.codes])


def _classes(frame: Frame, column: Column, texts: Texts, notes: tuple[str, ...] = ()) -> Predicted:
    rows, classes = len(texts.codes), texts.values
    if len(classes) < 2:
        raise WxbError(
            f"all rows of {frame.name} have one {column.name}, {classes[0]}",
            "expected at least two different ones",
            "rows of another, or another --target",
        )
    if len(classes) > max(2, rows / 2):
        raise WxbError(
            f"{column.name} has {count(len(classes))} different values in {plural(rows, 'row')}",
            "a class needs several rows",
            "--task numbers" if column.form == "number" else "another --target",
        )
    return Predicted(texts.codes, "classes", classes, (column,), notes)


def _several(frame: Frame, columns: tuple[Column, ...], task: str | None) -> Predicted:
    names = tuple(column.name for column in columns)
    if task == "classes":
        raise WxbError(
            f"--task classes is for one column, not for {', '.join(names)}",
            "several columns are labels where they hold 0 and 1, else numbers",
        )
    values = np.stack([_values(frame, column) for column in columns], axis=1)
    if task == "numbers" or not np.isin(values, (0, 1)).all():
        return _numbers(frame, columns)
    note = f"{', '.join(names)} hold 0 and 1, taken as labels; --task numbers takes them as numbers"
    return Predicted(values.astype(np.float32), "labels", names, columns, (note,))


def _numbers(frame: Frame, columns: tuple[Column, ...], notes: tuple[str, ...] = ()) -> Predicted:
    values = [_values(frame, column) for column in columns]
    columns = tuple(replace(one, offset=offset_of(those)) for one, those in zip(columns, values, strict=True))
    return _less_offsets(values, columns, notes)


def _less_offsets(values: list[NDArray[np.float64]], columns: tuple[Column, ...], notes: tuple[str, ...]) -> Predicted:
    """Numbers as targets: the columns' offsets are subtracted in float64, before float32 rounds what is left."""
    rest = [those - column.offset for those, column in zip(values, columns, strict=True)]
    targets = np.stack(rest, axis=1).astype(np.float32)
    return Predicted(targets, "numbers", tuple(column.name for column in columns), columns, notes)


def need_different(frame: Frame, found: Predicted) -> None:
    """Raises WxbError where a target that is learned is the same number in all rows."""
    for place, column in enumerate(found.columns if found.task != "classes" else ()):
        values = found.targets[:, place]
        if (values == values[0]).all():
            raise WxbError(
                f"all rows of {frame.name} have one {column.name}, {values[0] + column.offset:g}",
                "expected at least two different ones",
                "rows of another, or another --target",
            )


def _values(frame: Frame, column: Column) -> NDArray[np.float64]:
    """A column of numbers or booleans as numbers (n,)."""
    if column.form == "text":
        raise _no_numbers(frame, column)
    if column.form == "number":
        return frame.numbers(column.name)
    texts = frame.texts(column.name)
    return np.array([value == "true" for value in texts.values], dtype=np.float64)[texts.codes]


def _no_numbers(frame: Frame, column: Column) -> WxbError:
    return WxbError(
        f"{column.name} of {frame.name} holds texts, no numbers",
        "several columns are predicted where all hold numbers, or 0 and 1",
        "--target with one column of texts makes classes of them",
    )
