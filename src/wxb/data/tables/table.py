"""A table: its rows as they stand, one or several columns as targets, and a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.dataset import Split
from wxb.data.split import Fractions, divide_apart
from wxb.data.tables import target as targets
from wxb.data.tables.columns import LeftOut, Number, Preparation, Target, Texts, offset_of, rare, read_plain
from wxb.data.tables.frame import Frame
from wxb.data.tables.rows import Columns, Held, Matrix, need_columns, recoded
from wxb.errors import WxbError
from wxb.tasks import TASKS
from wxb.tasks.task import Targets
from wxb.text import count, plural

TEXT_SHARE = 0.5  # of a column's rows must have a value that is not rare, or it is free text
COUNTER, IDENTIFIER = "numbers the rows", "an identifier"


@dataclass(frozen=True, eq=False)
class Table:
    """Rows (n, columns) float64 and what they hold, their targets and split, and remarks for people."""

    rows: Matrix
    columns: Columns
    targets: Targets
    split: Split
    notes: tuple[str, ...]
    numbers: NDArray[np.int64]  # of the rows in the file, from 0: some may have been left out


def read_table(
    frame: Frame,
    target: str | Sequence[str] | None,
    task: str | None,
    fractions: Fractions,
    seed: int,
    pieces: int | None = None,
) -> Table:
    """A table to learn from, split.

    `pieces` is how many features a number has besides itself (columns.Number); None for what suits the number of rows.
    Rows without a target are left out. Raises WxbError if the table has no such target, or nothing to learn from.
    """
    names = targets.named(frame, target)
    frame.hold(names)
    chosen = tuple(Target(name, frame.form(name)) for name in names)
    frame, notes = _with_targets(frame, chosen)
    if len(frame) < 2:
        raise WxbError(
            f"{frame.name} has {plural(len(frame), 'row')} with {' and '.join(names)}",
            "expected at least two, one to train and one to test",
            "a table of more rows",
        )
    predicted = targets.read(frame, chosen, task)
    rows, held = _rows(frame, [name for name in frame.columns if name not in names], names)
    columns = Columns(held, predicted.columns, predicted.task, predicted.classes, pieces)
    split, copies = _divided(rows, columns, predicted, fractions, seed)
    if not len(split.train):
        raise WxbError(
            f"the columns of {frame.name} are prepared by their training part, and the split leaves none",
            split.how,
            "--split 0.64,0.11,0.25; wxb evaluate RUN FILE prepares a file as a run was",
        )
    fitted = columns.fit(rows, split.train)
    if not fitted.features:
        reasons = [f"{column.name}: {column.why}" for column in fitted.columns if isinstance(column, LeftOut)]
        raise WxbError(
            f"{frame.name} has no column to learn {' and '.join(names)} from",
            "\n".join(reasons[:10]),
            "a column of numbers, or of texts of which each stands in several rows",
        )
    remarks = (*frame.notes, *notes, *predicted.notes, *_left_out(fitted.columns), *copies)
    return Table(rows, columns, predicted.targets, split, remarks, frame.rows)


def read_like(frame: Frame, plain: object) -> Table:
    """A table with the columns and targets of a run's (`plain` is its Preparation); all rows are test.

    Raises WxbError if a column of the run or its target is missing, or a class is not one of the run's.
    """
    preparation = preparation_of(plain)
    for column in preparation.targets:
        frame.need(column.name)
    frame.hold([column.name for column in preparation.targets])
    frame, notes = _with_targets(frame, preparation.targets)
    if not len(frame):
        raise WxbError(f"{frame.name} has no row with {' and '.join(one.name for one in preparation.targets)}")
    predicted = targets.read(frame, preparation.targets, preparation.task, preparation.classes)
    rows, strange = read_rows(frame, preparation)
    held = [Held(name) for name in preparation.names]
    for used in preparation.used:
        if not isinstance(used, Number):
            held[preparation.names.index(used.name)] = Held(used.name, used.code)
    columns = Columns(tuple(held), preparation.targets, preparation.task, preparation.classes, given=preparation)
    none = np.zeros(0, dtype=np.int64)
    split = Split(none, none, np.arange(len(frame), dtype=np.int64), "all rows as test")
    return Table(rows, columns, predicted.targets, split, (*frame.notes, *notes, *strange), frame.rows)


def read_rows(frame: Frame, preparation: Preparation) -> tuple[Matrix, tuple[str, ...]]:
    """Rows (n, columns) with the columns of a run's table, and remarks on what its training part did not have.

    Raises WxbError if columns are missing that become features. More columns are passed over.
    """
    if frame.numbered:
        _need_width(frame, preparation)
    need_columns(frame.name, list(frame.columns), preparation, frame.listed)
    rows = np.full((len(frame), len(preparation.names)), np.nan)
    notes = []
    for used in sorted(preparation.used, key=lambda column: frame.columns.index(column.name)):
        place = preparation.names.index(used.name)
        if isinstance(used, Number):
            rows[:, place] = frame.numbers(used.name)
            notes.append((place, used.strange(rows[:, place])))
        else:
            texts = frame.texts(used.name)
            rows[:, place] = recoded(_numbered(texts), _codes(texts), used)
            notes.append((place, used.strange(texts)))
    remarks = [note for _, note in sorted(notes) if note]
    known = {column.name for column in (*preparation.columns, *preparation.targets)}
    if new := [name for name in frame.columns if name not in known]:
        what = "a column" if len(new) == 1 else "columns"
        remarks.append(f"{what} that training had not, not used: {', '.join(new[:10])}{' …' * (len(new) > 10)}")
    return rows, tuple(remarks)


def _need_width(frame: Frame, preparation: Preparation) -> None:
    """Raise WxbError if columns without names may be others than in training; targets at the end may be missing."""
    known = preparation.all_names
    targets = {column.name for column in preparation.targets}
    if len(frame.columns) > len(known) or any(name not in frame.places and name not in targets for name in known):
        there = plural(len(frame.columns), "column")
        raise WxbError(
            f"{frame.name} has no names and {there}; the run was trained on {count(len(known))}",
            f"it predicts {', '.join(sorted(targets))}",
            "all columns in the order of training; that of the target may be empty",
        )


def preparation_of(plain: object) -> Preparation:
    """The preparation that a run stores. Raises WxbError for anything else."""
    try:
        return read_plain(plain)
    except msgspec.ValidationError as error:
        raise WxbError("this is no preparation of a table", str(error), "run.data.table of a run on a table") from error


def _with_targets(frame: Frame, columns: tuple[Target, ...]) -> tuple[Frame, tuple[str, ...]]:
    """The rows that have all targets, and a remark on the others."""
    there = targets.present(frame, columns)
    lacking = int((~there).sum())
    if not lacking:
        return frame, ()
    names = " and ".join(column.name for column in columns)
    return frame.keep(there), (f"{plural(lacking, 'row')} without {names} left out of {count(len(there))}",)


def _rows(frame: Frame, names: Sequence[str], targets: Sequence[str]) -> tuple[Matrix, tuple[Held | LeftOut, ...]]:
    """The rows of the columns that may tell something, and what all columns hold.

    A column that is called like a target in the file is left out: it would give the answer away.
    Counters are left out unless nothing else is there: x = 0, 1, 2, … alone is what there is to learn from.
    """
    rows = np.empty((len(frame), len(names)))
    held: list[Held | LeftOut] = []
    counters: dict[str, NDArray[np.float64]] = {}
    filled = 0
    called = {frame.renamed.get(name, name) for name in targets}
    for name in names:
        if frame.renamed.get(name, name) in called:
            held.append(LeftOut(name, frame.missing(name), "called like the target"))
            continue
        column, values = _column(frame, name)
        held.append(column)
        if isinstance(column, Held):
            rows[:, filled] = values
            filled += 1
        elif column.why == COUNTER:
            counters[name] = values
    if not filled:
        held = [Held(one.name) if one.name in counters else one for one in held]
        for filled, values in enumerate(counters.values(), 1):
            rows[:, filled - 1] = values
    return rows if filled == len(names) else np.ascontiguousarray(rows[:, :filled]), tuple(held)


def _column(frame: Frame, name: str) -> tuple[Held | LeftOut, NDArray[np.float64]]:
    """What a column holds, or why it is left out, and its values (n,)."""
    form = frame.form(name)
    if form == "nothing":
        return LeftOut(name, frame.missing(name), "empty"), np.empty(0)
    if form == "number":
        numbers = frame.numbers(name)
        if _counts(numbers):
            return LeftOut(name, frame.missing(name), COUNTER), numbers
        if _identifies(name, numbers):
            return LeftOut(name, frame.missing(name), IDENTIFIER), numbers
        return Held(name), numbers
    texts = frame.texts(name)
    often = np.bincount(texts.codes[texts.codes >= 0])
    if form == "boolean" or often[often >= rare(len(frame))].sum() >= TEXT_SHARE * often.sum():
        return Held(name, _codes(texts)), _numbered(texts)
    why = f"free text, {count(len(often))} different in {count(int(often.sum()))}"
    return LeftOut(name, frame.missing(name), why), np.empty(0)


def _codes(texts: Texts) -> dict[str, int]:
    return {value: code for code, value in enumerate(texts.values)}


def _numbered(texts: Texts) -> NDArray[np.float64]:
    """Texts as the numbers that stand for them (n,), NaN where they are missing."""
    return np.where(texts.codes < 0, np.nan, texts.codes)


def _counts(numbers: NDArray[np.float64]) -> bool:
    """Whether a column numbers the rows one by one."""
    return bool((np.diff(numbers) == 1).all())


def _identifies(name: str, numbers: NDArray[np.float64]) -> bool:
    """Whether a column is an identifier by its name and its values: whole numbers, all different."""
    called = name.lower() == "id" or name.endswith(("_id", "Id", "ID", " id", "-id"))
    return called and len(np.unique(numbers)) == len(numbers) and bool((numbers == np.round(numbers)).all())


def _divided(
    rows: Matrix, columns: Columns, predicted: targets.Predicted, fractions: Fractions, seed: int
) -> tuple[Split, tuple[str, ...]]:
    """The split, stratified by class; rows that are equal in all columns stay in one part."""
    alike = np.empty(rows.shape, np.float32)
    # in the order of earlier versions: numbers first, then texts
    order = sorted(range(rows.shape[1]), key=lambda place: columns.held[place].codes is not None)
    for place, old in enumerate(order):
        values = rows[:, old]
        missing = np.isnan(values)
        if columns.held[old].codes is not None:
            values = np.where(missing, -1, values)
        alike[:, place] = values - offset_of(values[~missing])
    if not len(order):
        alike = np.arange(len(rows), dtype=np.float32)[:, None]
    strata, names = TASKS[predicted.task].strata(predicted.targets, predicted.classes)
    return divide_apart(alike, strata, names, fractions, seed, "row")


def _left_out(columns: Sequence[object]) -> tuple[str, ...]:
    """The remark on columns that are left out, with why."""
    left = [column for column in columns if isinstance(column, LeftOut)]
    if not left:
        return ()
    listed = ", ".join(f"{column.name} ({column.why})" for column in left[:10])
    return (f"{plural(len(left), 'column')} left out: {listed}{' …' * (len(left) > 10)}",)
