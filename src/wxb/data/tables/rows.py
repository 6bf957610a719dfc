"""The rows of a table as a data set holds them: a float64 number per column, and what each number stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.tables.columns import (
    Category,
    Column,
    Date,
    LeftOut,
    Number,
    Preparation,
    Target,
    default_pieces,
    fit_category,
    fit_number,
    offset_of,
)
from wxb.data.tables.contradiction import refuse_unknown
from wxb.data.tables.free_text import FreeText, fit_text
from wxb.data.tables.values import MISSING, Codes, Texts, as_known
from wxb.data.tables.vocabulary import Words, as_read, fit_words
from wxb.data.tables.written import PLAIN, Numbers, Written
from wxb.errors import WxbError, nearest
from wxb.text import composed_as, first_of

SHOWN = 300  # characters of a text in a row for people
WINDOW = "window"  # a type of column: words, with what WINDOW reads
LEARNED = ("words", WINDOW)
COLUMNS_AT_ONCE = 64  # that are compared
Matrix = NDArray[np.float64]  # (rows, columns)


@dataclass(frozen=True)
class Held:
    """A column that the rows hold: numbers, or texts by the number that stands for each."""

    name: str
    codes: dict[str, int] | None = None  # of a column of texts
    written: Written = PLAIN  # of numbers or dates
    free: bool = False  # whether its texts are free text
    learned: str = ""  # "words" or "window" if a network learns its words itself; see `tokens`
    tokens: tuple[str, ...] = ()  # as of `vocabulary.Words`

    @property
    def content(self) -> str:
        """What it holds, for messages."""
        return "texts" if self.codes is not None else "dates" if self.written.style == "date" else "numbers"


@dataclass(frozen=True, eq=False)
class Columns:
    """What the columns of a table's rows stand for, and how they are prepared for a network.

    Rows and columns are as they stand in the table, whatever the split. A preparation is fitted on the training part
    when it is asked for; it is `given` if the rows are prepared as those of an earlier run.
    """

    columns: tuple[Held | LeftOut, ...]  # all but the targets, in the file's order
    targets: tuple[Target, ...]
    task: str
    classes: tuple[str, ...]
    pieces: int | None = None  # features of a number besides itself; None for what suits the number of rows
    given: Preparation | None = None
    missing: tuple[str, ...] = MISSING  # texts that stand for no value
    order: tuple[str, ...] = ()  # names of all columns of the file, the targets too; () if unknown
    _fitted: list[tuple[NDArray[Any], NDArray[np.int64], Preparation]] = field(default_factory=list)  # the last one

    @cached_property
    def held(self) -> tuple[Held, ...]:
        """The columns of the rows, in order."""
        return tuple(column for column in self.columns if isinstance(column, Held))

    def words(self, row: NDArray[Any]) -> dict[str, str]:
        """The values of a row (columns,) as they stand in the table, by column; empty where they are missing.

        Of a long text the beginning.
        """
        values = zip(self.held, row.tolist(), strict=True)
        return {column.name: _word(value, column.codes) for column, value in values}

    def alike(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """The rows (n, columns) in float32, less the offsets: copies are equal in it, and no others.

        Numbered rows without a column are no copies of each other.
        """
        if not rows.shape[1]:
            return np.arange(len(rows), dtype=np.float32)[:, None]
        out = np.empty(rows.shape, np.float32)
        for start in range(0, rows.shape[1], COLUMNS_AT_ONCE):
            some = rows[:, start : start + COLUMNS_AT_ONCE].astype(np.float64)
            single = some.astype(np.float32)
            inexact = (some != single) & ~np.isnan(some)
            for place in np.flatnonzero(inexact.any(axis=0)):
                values = some[:, place]
                single[:, place] = values - offset_of(values[~np.isnan(values)])
            out[:, start : start + COLUMNS_AT_ONCE] = single
        return out

    def fit(self, rows: NDArray[Any], train: NDArray[np.int64]) -> Preparation:
        """The preparation of the rows (n, columns) by their training part."""
        if self.given is not None:
            return self.given
        if not self._fitted or self._fitted[0][0] is not rows or self._fitted[0][1] is not train:
            pieces = default_pieces(len(train)) if self.pieces is None else self.pieces
            places = {column.name: place for place, column in enumerate(self.held)}
            fitted = tuple(
                column if isinstance(column, LeftOut) else _fit(column, rows[:, places[column.name]], train, pieces)
                for column in self.columns
            )
            of_table = (self.targets, self.task, self.classes, fitted, tuple(places), self.missing)
            preparation = Preparation(*of_table)
            if any(column.learned for column in self.held):
                from wxb.data.tables.sentences import with_vocabulary

                preparation = with_vocabulary(preparation, rows, train, self.texts)
            self._fitted[:] = [(rows, train, preparation)]
        return self._fitted[0][2]

    @property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """The texts that the numbers of each column of texts stand for."""
        return {column.name: tuple(column.codes) for column in self.held if column.codes is not None}

    def with_texts(self, others: Columns, rows: NDArray[Any]) -> tuple[Columns, NDArray[Any]]:
        """These columns with the free texts of `others` too, whose rows (n, columns) then hold their numbers here."""
        rows, held = rows.copy(), dict(enumerate(self.columns))
        places = {column.name: place for place, column in enumerate(self.held)}
        for number, column in enumerate(self.columns):
            own = next((one.codes for one in others.held if one.free and one.name == column.name), None)
            if own is None or not isinstance(column, Held):
                continue
            codes = dict(column.codes or {})
            numbers = np.array([codes.setdefault(text, len(codes)) for text in own], np.float64)
            there = ~np.isnan(values := rows[:, places[column.name]])
            values[there] = numbers[values[there].astype(np.int64)]
            held[number] = replace(column, codes=codes)
        return replace(self, columns=tuple(held.values()), _fitted=[]), rows

    def texts_as(self, preparation: Preparation) -> dict[str, tuple[str, ...]]:
        """The texts under the names that a preparation has for their columns."""
        names = composed_as([column.name for column in self.held], preparation.all_names)
        return {name: tuple(column.codes or ()) for name, column in zip(names, self.held, strict=True)}


def columns_of(
    rows: Matrix, offsets: Numbers | None, task: str, names: tuple[str, ...], target_offsets: Numbers | None
) -> Columns:
    """The columns of an array (n, columns) some of whose numbers, or targets, float32 does not hold precisely."""
    held = tuple(f"feature {place}" for place in range(1, rows.shape[1] + 1))
    lost = np.zeros(len(held)) if offsets is None else offsets
    numbers = tuple(
        Number(name, 0, float(values.min()), float(values.max()), 0.0, True, False, offset=float(offset))
        for name, values, offset in zip(held, rows.T, lost, strict=True)
    )
    moved = () if target_offsets is None else zip(names, target_offsets.tolist(), strict=True)
    targets = tuple(Target(name, "number", offset) for name, offset in moved)
    return Columns(tuple(map(Held, held)), targets, task, names, given=Preparation(targets, task, names, numbers))


def _fit(column: Held, values: Numbers, train: NDArray[np.int64], pieces: int) -> Column:
    if column.codes is None:
        return fit_number(column.name, values, train, pieces, column.written)
    codes: Codes = np.where(np.isnan(values), -1, values).astype(np.int64)
    if column.learned:
        return fit_words(column.name, tuple(column.codes), codes, column.tokens, column.learned == WINDOW)
    if column.free:
        return fit_text(column.name, tuple(column.codes), codes, train)
    return fit_category(column.name, Texts(tuple(column.codes), codes), train)


def matched(name: str, rows: NDArray[Any], columns: Columns, preparation: Preparation) -> Matrix:
    """Rows with the columns of a preparation, in its order and with its codes for texts: (n, its columns).

    Free texts keep the codes that `columns` has for them.

    Columns that it leaves out may be missing. `name` is the data's. Raises WxbError if others are, or hold something
    else than those it was fitted on.
    """
    there = composed_as([column.name for column in columns.held], preparation.all_names)
    need_columns(name, list(there), preparation)
    places = {column: place for place, column in enumerate(there)}
    out = np.full((len(rows), len(preparation.names)), np.nan)
    inputs = {column: place for place, column in enumerate(preparation.names)}
    for used in preparation.used:
        values, column = rows[:, places[used.name]], columns.held[places[used.name]]
        expected = (
            "texts"
            if isinstance(used, Category | FreeText | Words)
            else "dates"
            if isinstance(used, Date)
            else "numbers"
        )
        if column.content != expected:
            raise WxbError(
                f"{used.name} of {name} holds {column.content}; the run was trained on {expected}",
                fix="load_data(file, like=run.data.table) reads a file as that of the run",
            )
        if isinstance(used, Category):
            codes = column.codes or {}
            refuse_unknown(name, used, as_known(Texts(tuple(codes), np.arange(len(codes))), used.seen))
            values = recoded(values, codes, used)
        elif isinstance(used, Number) and not used.written.agrees(column.written):
            raise WxbError(
                f"{used.name} of {name} is not written as in training",
                f"training had {used.written.example}, {name} has {column.written.example}",
                "load_data(file, like=run.data.table) reads a file as that of the run",
            )
        out[:, inputs[used.name]] = values
    return out


def recoded(values: Numbers, codes: dict[str, int], column: Category) -> Numbers:
    """Texts that are numbered by `codes`, numbered as in another column; -1 for those that it does not know."""
    lookup = np.full(max(codes.values(), default=0) + 2, -1.0)  # the last one is that of -1
    known = column.code
    alike = as_known(Texts(tuple(codes), np.arange(len(codes))), column.seen)
    for place, code in enumerate(codes.values()):
        lookup[code] = known.get(alike.values[alike.codes[place]], -1)
    missing = np.isnan(values)
    return np.where(missing, np.nan, lookup[np.where(missing, -1, values).astype(np.int64)])


def need_columns(
    name: str, there: list[str], preparation: Preparation, listed: str = "", way_to: Callable[[str], str] | None = None
) -> None:
    """Raises WxbError, with the nearest name, if columns that become features are missing."""
    present = set(there)
    missing = [column.name for column in preparation.used if column.name not in present]
    if not missing:
        return
    noun = "column" if len(missing) == 1 else "columns"
    like = nearest(missing[0], [one for one in there if one not in preparation.features])
    raise WxbError(
        f"{name} has no {noun} {first_of(missing)}, which the run was trained on"
        + (f"; {like} is one" if like else ""),
        f"columns: {listed or first_of(there, 20)}",
        (way_to and way_to(missing[0])) or "the same columns as in training; their order does not matter",
    )


def _word(value: float, codes: dict[str, int] | None) -> str:
    if value != value:  # NaN
        return ""
    if codes is None:
        return f"{value:.6g}"
    text = next((text for text, code in codes.items() if code == value), "")
    text = as_read(text)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
