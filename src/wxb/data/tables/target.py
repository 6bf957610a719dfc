"""The target columns of a table, read as classes, labels or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from wxb.data.tables.columns import Target as Column
from wxb.data.tables.columns import offset_of
from wxb.data.tables.frame import Frame
from wxb.errors import WxbError
from wxb.tasks import TASKS, need_task
from wxb.tasks.columns import TargetColumn
from wxb.tasks.task import Targets


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
    if target is None or not target:
        last = frame.columns[-1]
        raise WxbError(
            f"{frame.name} is a table: which of its columns is to be predicted?",
            f"columns: {frame.listed}",
            f'`target="{last}"`',
        )
    if isinstance(target, str):
        target = [target] if target in frame.columns else [part.strip() for part in target.split(",")]
    names = tuple(frame.need(name) for name in target)
    if len(set(names)) < len(names):
        raise WxbError(f"`target` names a column twice: {', '.join(names)}")
    if len(names) == len(frame.columns):
        raise WxbError("`target` names all columns: none is left to predict from", f"columns: {frame.listed}")
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


def read(
    frame: Frame, columns: tuple[Column, ...], task: str | None, classes: tuple[str, ...] | None = None
) -> Predicted:
    """The targets of a table: for training, or with the `classes` of a trained run.

    Without `task`, the columns tell it. One column of texts or booleans is classification; one of whole numbers too, if
    at most 20 of them are different and each has 5 rows on average, or if only two are. Several columns are multilabel
    if all hold only 0 and 1 (or booleans). Everything else is regression. Raises WxbError if the columns do not fit the
    task, for classes that the run does not have, and in training if all rows have the same target.
    """
    asked = [_read_column(frame, column, classes is None) for column in columns]
    chosen = next(one for one in TASKS.values() if one.claims(asked)) if task is None else need_task(task)
    encoded = chosen.from_columns(asked, classes, guessed=task is None)
    if encoded.offsets:
        columns = tuple(replace(one, offset=offset) for one, offset in zip(columns, encoded.offsets, strict=True))
    return Predicted(encoded.targets, chosen.name, encoded.names, columns, encoded.notes)


def _read_column(frame: Frame, column: Column, new: bool) -> TargetColumn:
    if column.form == "number":
        values = frame.numbers(column.name)
        return TargetColumn(frame.name, column.name, values, offset=offset_of(values) if new else column.offset)
    texts = frame.texts(column.name)
    numbers = None
    if column.form == "boolean":
        numbers = np.array([value == "true" for value in texts.values], dtype=np.float64)[texts.codes]
    return TargetColumn(frame.name, column.name, numbers, texts.values, texts.codes)
