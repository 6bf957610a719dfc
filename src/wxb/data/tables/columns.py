"""The columns of a table and the features that each becomes, in plain values that a run stores.

Medians, quantiles, offsets and the values of a category are fitted on the training rows alone, and later rows are
prepared with them: nothing about the validation and test rows is known in training.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.tables import calendar
from wxb.data.tables.described import Described
from wxb.data.tables.free_text import FreeText
from wxb.data.tables.values import BOOLEANS, MISSING_BEFORE, Texts
from wxb.data.tables.vocabulary import Vocabulary, Words
from wxb.data.tables.written import PLAIN, Numbers, Written
from wxb.text import first_of

RARE_SHARE, RARE_MOST, RARE_LEAST = 0.01, 10, 2
SHOWN = 6  # values of a category shown to people
MOST_PIECES, ROWS_PER_PIECE = 96, 100
ROWS_BESIDE = 30  # the least of a piece, where other pieces have more because a number stands in many rows
MOST_VALUES = 50  # of a category that get a feature of their own
MOST_RARE = 1_000  # others that are stored, so that later rows with them are nothing strange
PARTS = ("year", "month", "weekday", "hour")  # of a date
# Largest rounding error of float32, in standard deviations, that a column may have without an offset. It leaves a
# hundred thousand steps between typical values; dates, time stamps and coordinates of one town need an offset.
ROUNDING = 2.0**-16


class Number(Described, frozen=True, tag="number"):
    """A column of numbers: the number itself, its pieces, and a feature that is 1 if the number is missing.

    A piece from a to b is 0 below a, 1 above b, and (x - a) / (b - a) between, so that a first layer can draw a line of
    its own in each (piecewise-linear encoding, Gorishniy, Rubachev, Babenko 2022, arXiv:2203.05556).
    """

    low: float  # minimum and maximum of all rows
    high: float
    median: float  # of the training rows; replaces missing numbers
    changes: bool  # whether the training rows differ; a constant number is no feature
    indicator: bool  # whether some training rows lack it
    edges: tuple[float, ...] = ()  # ascending; with equally many training rows between each two
    offset: float = 0.0  # subtracted in float64 from the number itself, because float32 cannot hold it precisely
    written: Written = PLAIN  # in a file of texts

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        pieces = tuple(f"{self.name} {low:g} to {high:g}" for low, high in pairwise(self.edges))
        return (self.name,) * self.changes + pieces + (f"{self.name} (missing)",) * self.indicator

    @property
    def binary(self) -> bool:
        """Whether its numbers are only 0 and 1."""
        return (self.low, self.high) == (0, 1) and self.median in (0, 0.5, 1) and not self.edges

    def facts(self) -> dict[str, object]:
        """The column as an object of JSON."""
        return super().facts() | {"min": self.low, "max": self.high}

    def holds(self) -> str:
        """Its content in a few words."""
        return f"{self.low:.6g} to {self.high:.6g}"


class Date(Number, frozen=True, tag="date"):
    """A column of dates: the number of days since 1970-01-01, and what its calendar says of each day."""

    parts: tuple[str, ...] = ()  # of `PARTS`, those in which the training rows differ

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        own = super().features
        before = len(own) - self.indicator
        return own[:before] + tuple(f"{self.name} ({part})" for part in self.parts) + own[before:]

    def facts(self) -> dict[str, object]:
        """The column as an object of JSON."""
        return super().facts() | {"min": calendar.text(self.low), "max": calendar.text(self.high)}

    def holds(self) -> str:
        """Its content in a few words."""
        return f"{calendar.text(self.low)} to {calendar.text(self.high)}"


class Category(Described, frozen=True, tag="category"):
    """A column of few different texts: one feature per frequent text, which is 1 in its rows and 0 elsewhere."""

    different: int  # values in all rows
    values: tuple[str, ...]  # of the training rows, without the rare ones
    other: bool  # whether training rows have rare ones
    indicator: bool  # whether some training rows have none
    codes: tuple[int, ...] = ()  # the number that stands for each of `values` in the examples; default: 0, 1, 2, …
    rare: tuple[str, ...] = ()  # the others that training rows have, up to `MOST_RARE`

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        own = tuple(f"{self.name}={value}" for value in self.values)
        return own + (f"{self.name} (other)",) * self.other + (f"{self.name} (missing)",) * self.indicator

    @property
    def seen(self) -> tuple[str, ...]:
        """The values of the training rows, as far as they are stored."""
        return (*self.values, *self.rare)

    @property
    def boolean(self) -> bool:
        """Whether its texts are those of booleans."""
        return set(self.values) <= set(BOOLEANS)

    @property
    def code(self) -> dict[str, int]:
        """The number that stands for each value in the examples."""
        return dict(zip(self.values, self.codes or range(len(self.values)), strict=True))

    def facts(self) -> dict[str, object]:
        """The column as an object of JSON."""
        return super().facts() | {"values": list(self.values), "different": self.different}

    def holds(self) -> str:
        """Its content in a few words."""
        return first_of(self.values, SHOWN, of=self.different)


class LeftOut(Described, frozen=True, tag="left out"):
    """A column that tells a network nothing, and why."""

    why: str

    def facts(self) -> dict[str, object]:
        """The column as an object of JSON."""
        return super().facts() | {"why": self.why}

    def holds(self) -> str:
        """Why it is left out."""
        return self.why


class Weight(LeftOut, frozen=True, tag="weight"):
    """The column that says how much each row counts; new tables need not have it."""

    why: str = "how much each row counts"


class Group(LeftOut, frozen=True, tag="group"):
    """The column whose equal values stay together in a split; new tables need not have it."""

    why: str = "its equal values stay in one part"


Column = Number | Date | Category | FreeText | Words | LeftOut | Weight | Group


class Target(msgspec.Struct, frozen=True):
    """A column that is predicted, and what is written in it."""

    name: str
    form: str  # "number", "boolean", "text"
    offset: float = 0.0  # subtracted from numbers in float64, because float32 cannot hold them precisely
    written: Written = PLAIN  # of numbers in a file of texts, and of dates, which are read as texts


class Preparation(msgspec.Struct, frozen=True):
    """How the rows of a table become features and targets; as plain values it is `table` in a run's data.json."""

    targets: tuple[Target, ...]
    task: str
    classes: tuple[str, ...]
    columns: tuple[Column, ...]  # all but the targets, in the file's order
    inputs: tuple[str, ...] = ()  # names of the columns of an example; default: of those that become features
    missing: tuple[str, ...] = MISSING_BEFORE  # texts that stand for no value
    vocabulary: Vocabulary | None = None  # if columns hold words that a network learns itself

    def __post_init__(self) -> None:
        if not {column.name for column in self.used} <= set(self.names):
            raise ValueError("Expected every column that becomes a feature among the inputs")

    @property
    def used(self) -> tuple[Number | Category | FreeText | Words, ...]:
        """The columns that become features."""
        return tuple(column for column in self.columns if not isinstance(column, LeftOut))

    @property
    def weight(self) -> str | None:
        """The column of weights; None if every row counts the same."""
        return next((column.name for column in self.columns if isinstance(column, Weight)), None)

    @property
    def group(self) -> str | None:
        """The column of groups; None if there are none."""
        return next((column.name for column in self.columns if isinstance(column, Group)), None)

    @property
    def texts(self) -> tuple[FreeText | Words, ...]:
        """The columns of free text."""
        return tuple(column for column in self.columns if isinstance(column, FreeText | Words))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of an example as a network's text takes it."""
        return (len(self.features),) if self.vocabulary is None else self.vocabulary.shape

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns of an example."""
        return self.inputs or tuple(column.name for column in self.used)

    @property
    def all_names(self) -> tuple[str, ...]:
        """Names of all columns of the table, the targets last."""
        return tuple(column.name for column in (*self.columns, *self.targets))

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, each another."""
        names: dict[str, None] = {}
        for column in self.used:
            for name in column.features:
                names[next(one for one in _numbered(name) if one not in names)] = None
        return tuple(names)

    def without_pieces(self) -> Preparation:
        """The same with every number as one feature."""
        whole = (msgspec.structs.replace(one, edges=()) if isinstance(one, Number) else one for one in self.columns)
        return msgspec.structs.replace(self, columns=tuple(whole))

    def plain(self) -> dict[str, Any]:
        """As dicts, lists, texts and numbers."""
        plain = msgspec.to_builtins(self)
        assert isinstance(plain, dict)
        return plain


def _numbered(name: str) -> Iterator[str]:
    """A name, then as "name (2)", "name (3)", …"""
    yield name
    yield from (f"{name} ({number})" for number in count(2))


def read_plain(plain: object) -> Preparation:
    """The inverse of `Preparation.plain`. Raises msgspec.ValidationError for anything else."""
    return msgspec.convert(plain, type=Preparation)


def offset_of(numbers: Numbers) -> float:
    """What to subtract from numbers before they become float32: 0, unless float32 alone would lose much of them.

    It is their median, if rounding them to float32 moves one by more than 2⁻¹⁶ of their standard deviation.
    """
    if not len(numbers):
        return 0.0
    rounding = float(np.abs(numbers - numbers.astype(np.float32)).max())
    return float(np.median(numbers)) if rounding > ROUNDING * numbers.std() and np.ptp(numbers) > 0 else 0.0


def fit_number(
    name: str, numbers: Numbers, train: NDArray[np.int64], pieces: int = 0, written: Written = PLAIN
) -> Number | LeftOut:
    """A column of numbers or dates fitted on its training rows, with so many pieces; left out if they are all the same.

    The edges of the pieces are `edges_of` the training rows.
    """
    absent = np.isnan(numbers)
    known = numbers[train][~absent[train]]
    offset = offset_of(known)
    changes = len(np.unique((known - offset).astype(np.float32))) > 1
    indicator = 0 < len(known) < len(train)
    if not changes and not indicator:
        shown = calendar.text if written.style == "date" else "{:g}".format
        return _constant(name, int(absent.sum()), shown(float(known[0])) if len(known) else "missing")
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    edges = edges_of(known, pieces)
    ends = tuple(edges.tolist()) if len(edges) > 2 else ()  # a single piece is the number again
    median = float(np.median(known))
    own = (name, int(absent.sum()), low, high, median, changes, indicator, ends, offset, written)
    return Date(*own, parts_of(known)) if written.style == "date" else Number(*own)


def edges_of(known: Numbers, pieces: int) -> Numbers:
    """The edges of about so many pieces of numbers (n,), ascending.

    They are the numbers that stand in more rows than a piece has, and quantiles of the others, which get the remaining
    pieces, but no more than leave `ROWS_BESIDE` rows to each: of a gain that is 0 in nine of ten rows, quantiles of all
    rows would hardly tell the tenth apart.
    """
    if not pieces or not len(known):
        return known[:0]
    values, counts = np.unique(known, return_counts=True)
    often = values[counts > len(known) / pieces]
    others = known[~np.isin(known, often)]
    least = min(ROWS_BESIDE, len(known) / pieces)  # rows of a piece
    left = max(1, min(pieces - len(often), int(len(others) / least)))
    quantiles = np.quantile(others, np.linspace(0, 1, left + 1)) if len(others) else others
    return np.unique(np.concatenate([values[[0, -1]], often, quantiles]))


def parts_of(days: Numbers) -> tuple[str, ...]:
    """What differs between dates: their years, months, weekdays or hours."""
    values = (*calendar.year_and_month(days), calendar.weekday(days), calendar.hour(days))
    return tuple(part for part, value in zip(PARTS, values, strict=True) if np.ptp(value) > 0)


def default_pieces(rows: int) -> int:
    """How many pieces a number gets for so many training rows: 96, but at least 100 rows in each; 0 for none."""
    pieces = min(MOST_PIECES, rows // ROWS_PER_PIECE)
    return pieces if pieces > 1 else 0


def fit_category(name: str, texts: Texts, train: NDArray[np.int64]) -> Category | LeftOut:
    """A column of few texts fitted on its training rows; left out if they are all the same.

    A value is rare if it stands in less than a hundredth of the training rows (10 are always enough, 2 are needed), or
    if 50 others are more frequent.
    """
    codes = texts.codes[train]
    often = np.bincount(codes[codes >= 0], minlength=len(texts.values))
    frequent = [int(code) for code in np.argsort(-often, kind="stable") if often[code] >= rare(len(train))]
    kept = sorted(frequent[:MOST_VALUES])
    rarely = int(often.sum() - often[kept].sum())
    missing, absent = int((texts.codes < 0).sum()), int((codes < 0).sum())
    if np.count_nonzero([*often[kept], rarely, absent]) < 2:
        (value,) = [texts.values[code] for code in kept] or ["missing" if absent else "rare values"]
        return _constant(name, missing, value)
    values = tuple(texts.values[code] for code in kept)
    kept_ones = set(kept)
    rare_ones = tuple(texts.values[code] for code in np.flatnonzero(often) if code not in kept_ones)
    known = rare_ones if len(rare_ones) <= MOST_RARE else ()
    return Category(name, missing, len(texts.values), values, rarely > 0, absent > 0, tuple(kept), known)


def rare(rows: int) -> int:
    """In how many of so many rows a value must stand for a network to learn what it means."""
    return max(RARE_LEAST, min(RARE_MOST, round(RARE_SHARE * rows)))


def _constant(name: str, missing: int, value: str) -> LeftOut:
    return LeftOut(name, missing, f"always {value}")
