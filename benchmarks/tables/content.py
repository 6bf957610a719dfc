"""The content of a table as wxb reads it: a data set in folds, and the same columns as arrays for the other methods."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import sklearn.datasets
from numpy.typing import NDArray

import wxb
from benchmarks.figure import SHARED
from benchmarks.tables.roster import FOLDS, TASK_OF, Table
from wxb.data.dataset import Dataset
from wxb.data.folds import folds as folds_of
from wxb.data.tables import calendar

Numbers = NDArray[np.float64]


def folder() -> Path:
    """The folder with the files: tables/ in that of WXB_DATA, or in ../shared/data."""
    return Path(os.environ.get("WXB_DATA") or SHARED) / "tables"


def load(table: Table) -> Dataset:
    """The data set, read as a person would who knows the target. Raises FileNotFoundError where its file is absent."""
    options: dict[str, Any] = {"target": table.target, "task": TASK_OF[table.name], "name": table.name, **table.options}
    if table.maker:
        return wxb.load_data(getattr(sklearn.datasets, table.maker)(as_frame=True).frame, **options)
    file = folder() / table.file
    if not file.exists():
        raise FileNotFoundError(str(file))
    return wxb.load_data(file, **options)


def folds(data: Dataset, seed: int) -> tuple[Dataset, ...]:
    """The data set once for each fold, which is the test part; wxb's own validation part is among the others."""
    return folds_of(data, FOLDS, seed)


def checksum(rows: NDArray[np.int64]) -> str:
    """Eight hexadecimal digits that tell one set of row numbers from another."""
    return f"{crc32(rows.astype('<i8').tobytes()):08x}"


def targets(data: Dataset) -> NDArray[Any]:
    """Class numbers (n,) int64, or numbers (n,) float64."""
    return data.targets if data.task == "classification" else data.targets_in_units()[:, 0].astype(np.float64)


@dataclass(frozen=True, eq=False)
class Columns:
    """The columns of all rows: numbers (n, a) float64 with NaN, and categories (n, b) int64 with -1 where missing.

    A date is its number of days with its year, month, weekday and hour. What wxb leaves out of a table, such as
    identifiers and free text, is in neither. `sizes` are the numbers of categories.
    """

    numbers: Numbers
    categories: NDArray[np.int64]
    sizes: tuple[int, ...]


def columns(data: Dataset) -> Columns:
    """The columns of a table."""
    assert data.columns is not None
    numbers: list[Numbers] = []
    categories: list[NDArray[np.int64]] = []
    sizes: list[int] = []
    for held, values in zip(data.columns.held, data.examples.T.astype(np.float64), strict=True):
        if held.codes is not None:
            categories.append(np.where(np.isnan(values), -1, values).astype(np.int64))
            sizes.append(len(held.codes))
        else:
            numbers.append(values)
            if held.content == "dates":
                numbers += [*calendar.year_and_month(values), calendar.weekday(values), calendar.hour(values)]
    empty = np.empty((len(data.examples), 0))
    return Columns(
        np.column_stack([empty, *numbers]), np.column_stack([empty, *categories]).astype(np.int64), tuple(sizes)
    )


def save(fold: Dataset, its: Columns, path: Path) -> None:
    """Write a fold as every script reads it: the training part, with what wxb validates on, and the test part."""
    train = np.sort(np.concatenate([fold.split.train, fold.split.validation]))
    test, wanted = fold.split.test, targets(fold)
    np.savez(
        path,
        train_numbers=its.numbers[train],
        train_categories=its.categories[train],
        train_targets=wanted[train],
        test_numbers=its.numbers[test],
        test_categories=its.categories[test],
        sizes=np.array(its.sizes, dtype=np.int64),
        classes=len(fold.classes) if fold.task == "classification" else 0,
    )
