"""A table: the rows of a CSV, TSV or Parquet file as examples, with one or several of its columns as targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.arrays import Targets
from wxb.data.dataset import Split
from wxb.data.split import Fractions, Rows, divide_apart, plural
from wxb.data.tables import target as targets
from wxb.data.tables.columns import (
    Column,
    Features,
    LeftOut,
    Number,
    Preparation,
    Target,
    default_pieces,
    fit_category,
    fit_number,
    rare,
    read_plain,
)
from wxb.data.tables.frame import Frame, read_frame
from wxb.errors import WxbError, nearest
from wxb.text import count

TEXT_SHARE = 0.5  # of the rows of a column have a value that is not rare, or it is free text
COUNTER, IDENTIFIER = "numbers the rows", "an identifier"


@dataclass(frozen=True, eq=False)
class Table:
    """Examples (n, features) float32, their targets and split, how they were prepared, and what to know of them."""

    examples: Features
    targets: Targets
    task: str
    classes: tuple[str, ...]
    split: Split
    preparation: Preparation
    notes: tuple[str, ...]


def read_table(
    path: Path,
    target: str | Sequence[str] | None,
    task: str | None,
    fractions: Fractions,
    seed: int,
    pieces: int | None = None,
) -> Table:
    """The table in a file, split, its columns prepared by the training part.

    `pieces` is how many features a number has besides itself (columns.Number); None for what fits the number of rows.

    Rows without a target are left out. Raises WxbError where the file is no table, has no such target, or nothing to
    learn from.
    """
    frame = read_frame(path)
    names = targets.named(frame, target)
    columns = tuple(Target(name, frame.form(name)) for name in names)
    frame, notes = _with_targets(frame, columns)
    if len(frame) < 2:
        raise WxbError(
            f"{frame.name} has {plural(len(frame), 'row')} with {' and '.join(names)}",
            "expected at least two, one to train and one to test",
            "a table of more rows",
        )
    predicted = targets.read(frame, columns, task)
    targets.need_different(frame, predicted)
    kinds = {name: _kind(frame, name) for name in frame.columns if name not in names}
    _keep_lone_counters(kinds)
    split, copies = _divided(frame, kinds, predicted, fractions, seed)
    if not len(split.train):
        raise WxbError(
            f"the columns of {frame.name} are prepared by their training part, and the split leaves none",
            split.how,
            "--split 0.64,0.11,0.25; wxb evaluate RUN FILE prepares a file as a run was",
        )
    pieces = default_pieces(len(split.train)) if pieces is None else pieces
    fitted = tuple(_fit(frame, name, kind, split.train, pieces) for name, kind in kinds.items())
    preparation = Preparation(columns, predicted.task, predicted.classes, fitted)
    if not preparation.features:
        reasons = [f"{column.name}: {column.why}" for column in fitted if isinstance(column, LeftOut)]
        raise WxbError(
            f"{frame.name} has no column to learn {' and '.join(names)} from",
            "\n".join(reasons[:10]),
            "a column of numbers, or of texts of which each stands in several rows",
        )
    examples, _ = encode(frame, preparation)
    notes = (*notes, *predicted.notes, *_left_out(fitted), *copies)
    return Table(examples, predicted.targets, predicted.task, predicted.classes, split, preparation, notes)


def read_like(path: Path, plain: object) -> Table:
    """The table in a file, prepared as that of a run was (`plain` is its Preparation); all rows are test.

    Raises WxbError where a column of the run or its target is missing, or a class is not one of the run's.
    """
    frame, preparation = read_frame(path), _preparation(plain)
    for column in preparation.targets:
        frame.need(column.name)
    frame, notes = _with_targets(frame, preparation.targets)
    if not len(frame):
        raise WxbError(f"{frame.name} has no row with {' and '.join(one.name for one in preparation.targets)}")
    predicted = targets.read_like(frame, preparation.targets, preparation.task, preparation.classes)
    examples, strange = encode(frame, preparation)
    none = np.zeros(0, dtype=np.int64)
    split = Split(none, none, np.arange(len(frame), dtype=np.int64), "all rows as test")
    notes = (*notes, *strange)
    return Table(examples, predicted.targets, predicted.task, predicted.classes, split, preparation, notes)


def read_rows(path: Path, plain: object) -> tuple[Features, tuple[str, ...]]:
    """The rows of a file (n, features) without targets, prepared as those of a run were, and notes."""
    return encode(read_frame(path), _preparation(plain))


def encode(frame: Frame, preparation: Preparation) -> tuple[Features, tuple[str, ...]]:
    """Examples (n, features) of a table, and notes on what training has not seen.

    Raises WxbError where the table lacks columns; those that are more are passed over.
    """
    _need_columns(frame, preparation)
    parts, notes = [], []
    for column in preparation.used:
        if isinstance(column, Number):
            numbers = frame.numbers(column.name)
            parts.append(column.encode(numbers))
            notes.append(column.strange(numbers))
        else:
            texts = frame.texts(column.name)
            parts.append(column.encode(texts))
            notes.append(column.strange(texts))
    known = {column.name for column in (*preparation.columns, *preparation.targets)}
    if new := [name for name in frame.columns if name not in known]:
        what = "a column" if len(new) == 1 else "columns"
        notes.append(f"{what} that training had not, not used: {', '.join(new[:10])}{' …' * (len(new) > 10)}")
    return np.concatenate(parts, axis=1), tuple(note for note in notes if note)


def _need_columns(frame: Frame, preparation: Preparation) -> None:
    missing = [column.name for column in preparation.used if column.name not in frame.columns]
    if not missing:
        return
    noun = "column" if len(missing) == 1 else "columns"
    like = nearest(missing[0], [name for name in frame.columns if name not in preparation.features])
    raise WxbError(
        f"{frame.name} has no {noun} {', '.join(missing[:10])}, which the run was trained on"
        + (f"; {like} is one" if like else ""),
        f"columns: {frame.listed}",
        "the same columns as in training; their order does not matter",
    )


def _preparation(plain: object) -> Preparation:
    try:
        return read_plain(plain)
    except msgspec.ValidationError as error:
        raise WxbError("this is no preparation of a table", str(error), "run.data.table of a run on a table") from error


def _with_targets(frame: Frame, columns: tuple[Target, ...]) -> tuple[Frame, tuple[str, ...]]:
    """The rows that have all targets, and a note on the others."""
    there = targets.present(frame, columns)
    lacking = int((~there).sum())
    if not lacking:
        return frame, ()
    names = " and ".join(column.name for column in columns)
    return frame.keep(there), (f"{plural(lacking, 'row')} without {names} left out of {count(len(there))}",)


def _kind(frame: Frame, name: str) -> str:
    """ "number", "category", COUNTER or IDENTIFIER (numbers too), or why the column is left out."""
    form = frame.form(name)
    if form == "nothing":
        return "empty"
    if form == "number":
        numbers = frame.numbers(name)
        if _counts(numbers):
            return COUNTER
        return IDENTIFIER if _identifies(name, numbers) else "number"
    texts = frame.texts(name)
    often = np.bincount(texts.codes[texts.codes >= 0])
    if form == "boolean" or often[often >= rare(len(frame))].sum() >= TEXT_SHARE * often.sum():
        return "category"
    return f"free text, {count(len(often))} different in {count(int(often.sum()))}"


def _counts(numbers: NDArray[np.float64]) -> bool:
    """Whether a column numbers the rows one by one."""
    return bool((np.diff(numbers) == 1).all())


def _identifies(name: str, numbers: NDArray[np.float64]) -> bool:
    """Whether a column is an identifier by its name and its values: whole numbers, all different."""
    called = name.lower() == "id" or name.endswith(("_id", "Id", "ID", " id", "-id"))
    return called and len(np.unique(numbers)) == len(numbers) and bool((numbers == np.round(numbers)).all())


def _keep_lone_counters(kinds: dict[str, str]) -> None:
    """Counters are left out where there is anything else: x = 0, 1, 2, … alone is what there is to learn from."""
    alone = not any(kind in ("number", "category") for kind in kinds.values())
    for name, kind in kinds.items():
        if alone and kind == COUNTER:
            kinds[name] = "number"


def _divided(
    frame: Frame,
    kinds: dict[str, str],
    predicted: targets.Predicted,
    fractions: Fractions,
    seed: int,
) -> tuple[Split, tuple[str, ...]]:
    """The split: of classes stratified, rows with the same values in all columns that are used on one side."""
    values = [frame.numbers(name).astype(np.float32) for name, kind in kinds.items() if kind == "number"]
    values += [frame.texts(name).codes.astype(np.float32) for name, kind in kinds.items() if kind == "category"]
    alike = np.stack(values or [np.arange(len(frame), dtype=np.float32)], axis=1)
    if predicted.task == "classes":
        return divide_apart(alike, predicted.targets.astype(np.int64), predicted.classes, fractions, seed, "row")
    return divide_apart(alike, np.zeros(len(frame), dtype=np.int64), ["all"], fractions, seed, "row")


def _fit(frame: Frame, name: str, kind: str, train: Rows, pieces: int) -> Column:
    if kind == "number":
        return fit_number(name, frame.numbers(name), train, pieces)
    texts = frame.texts(name)
    if kind == "category":
        return fit_category(name, texts, train)
    return LeftOut(name, int((texts.codes < 0).sum()), kind)


def _left_out(columns: Sequence[Column]) -> tuple[str, ...]:
    """The note on columns that are left out, with why."""
    found = [column for column in columns if isinstance(column, LeftOut)]
    if not found:
        return ()
    listed = ", ".join(f"{column.name} ({column.why})" for column in found[:10])
    return (f"{plural(len(found), 'column')} left out: {listed}{' …' * (len(found) > 10)}",)
