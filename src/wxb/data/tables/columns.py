"""The columns of a table: what each becomes for a network, in plain values that a run stores.

What is fitted here (medians, scales, the values of a category) is fitted on the training rows alone, so that nothing of
the rows that test is known before; rows that come later are prepared by the same values.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]  # (n,), NaN where the value is missing
Codes = NDArray[np.int64]  # (n,) places in a list of values, -1 where the value is missing
Features = NDArray[np.float32]  # (n, features)

RARE_SHARE, RARE_MOST, RARE_LEAST = 0.01, 10, 2
SHOWN = 6  # values of a category, where a person looks at the data
MOST_PIECES, ROWS_A_PIECE = 48, 100
MOST_VALUES = 50  # of a category that have a feature of their own


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts: `values` are those that occur, `codes` (n,) their places."""

    values: tuple[str, ...]
    codes: Codes


class Number(msgspec.Struct, frozen=True, tag="number", tag_field="kind"):
    """A column of numbers: the number itself, its pieces, and a feature that is 1 where the number is missing.

    A piece from a to b is 0 below a, 1 above b, and (x - a) / (b - a) between: a first layer draws a line of its own in
    each (piecewise-linear encoding, Gorishniy, Rubachev, Babenko 2022, arXiv:2203.05556).
    """

    name: str
    missing: int  # rows without a number, of all
    low: float  # the least and the greatest, of all rows
    high: float
    median: float  # of the training rows; stands for what is missing
    changes: bool  # whether the numbers of the training rows differ; else they are no feature
    indicator: bool  # whether some of the training rows lack it
    edges: tuple[float, ...] = ()  # ascending, of the pieces: so many training rows lie in each

    @property
    def features(self) -> tuple[str, ...]:
        """Names of what the column becomes."""
        pieces = tuple(f"{self.name} {low:g} to {high:g}" for low, high in pairwise(self.edges))
        return (self.name,) * self.changes + pieces + (f"{self.name} (missing)",) * self.indicator

    @property
    def kind(self) -> str:
        """What JSON and people call it."""
        return "number"

    def facts(self) -> dict[str, object]:
        """What JSON says of the column."""
        return _facts(self) | {"min": self.low, "max": self.high}

    def holds(self) -> str:
        """What a person wants to know of its content."""
        return f"{self.low:.6g} to {self.high:.6g}"

    def encode(self, numbers: Numbers) -> Features:
        """(n, features) of a column's numbers (n,)."""
        absent = np.isnan(numbers)
        whole = np.where(absent, self.median, numbers)
        with np.errstate(over="ignore"):  # of an edge that lies next to the other
            pieces = [np.clip((whole - low) / (high - low), 0, 1) for low, high in pairwise(self.edges)]
        parts = [whole] * self.changes + pieces + [absent] * self.indicator
        return _side_by_side(parts, len(numbers))

    def strange(self, numbers: Numbers) -> str:
        """What a person should know of new rows; empty where there is nothing."""
        absent = int(np.isnan(numbers).sum())
        if not absent or self.indicator:
            return ""
        return f"{self.name}: {absent:,} missing, which training had none of; its median stands there"


class Category(msgspec.Struct, frozen=True, tag="category", tag_field="kind"):
    """A column of few different texts: a feature for each frequent one, that is 1 where it stands and else 0."""

    name: str
    missing: int  # rows without a value, of all
    different: int  # values, of all rows
    values: tuple[str, ...]  # of the training rows, without the rare ones
    other: bool  # whether training rows have rare ones
    indicator: bool  # whether some of the training rows have none

    @property
    def features(self) -> tuple[str, ...]:
        """Names of what the column becomes."""
        own = tuple(f"{self.name}={value}" for value in self.values)
        return own + (f"{self.name} (other)",) * self.other + (f"{self.name} (missing)",) * self.indicator

    @property
    def kind(self) -> str:
        """What JSON and people call it."""
        return "category"

    def facts(self) -> dict[str, object]:
        """What JSON says of the column."""
        return _facts(self) | {"values": list(self.values), "different": self.different}

    def holds(self) -> str:
        """What a person wants to know of its content."""
        shown = ", ".join(self.values[:SHOWN])
        more = self.different - min(SHOWN, len(self.values))
        return f"{shown} and {more:,} more" if more else shown

    def encode(self, texts: Texts) -> Features:
        """(n, features) of a column's texts. What training has not seen is other; where it had no other, all are 0."""
        place = self._places(texts)
        own, absent = len(self.values), texts.codes < 0
        # without an indicator in training, a missing value is one that was not seen
        other = (place == own) | (absent & (not self.indicator))
        parts = [place == number for number in range(own)] + [other] * self.other + [absent] * self.indicator
        return _side_by_side(parts, len(texts.codes))

    def strange(self, texts: Texts) -> str:
        """What a person should know of new rows; empty where there is nothing."""
        unseen = self._places(texts) == len(self.values)
        names = [texts.values[code] for code in np.unique(texts.codes[unseen])]
        if not names or self.other:
            return ""
        more = ", …" if len(names) > 3 else ""
        return f"{self.name}: {int(unseen.sum()):,} of values that training had none of ({', '.join(names[:3])}{more})"

    def _places(self, texts: Texts) -> Codes:
        """Place of each row's text in `values`, their number for any other text, -1 where it is missing."""
        known = {value: number for number, value in enumerate(self.values)}
        lookup = np.array([*(known.get(value, len(known)) for value in texts.values), -1], dtype=np.int64)
        return np.asarray(lookup[texts.codes])


class LeftOut(msgspec.Struct, frozen=True, tag="left out", tag_field="kind"):
    """A column that tells a network nothing, and why."""

    name: str
    missing: int
    why: str

    @property
    def features(self) -> tuple[str, ...]:
        """None."""
        return ()

    @property
    def kind(self) -> str:
        """What JSON and people call it."""
        return "left out"

    def facts(self) -> dict[str, object]:
        """What JSON says of the column."""
        return _facts(self) | {"why": self.why}

    def holds(self) -> str:
        """Why it is left out."""
        return self.why


Column = Number | Category | LeftOut


class Target(msgspec.Struct, frozen=True):
    """A column that is predicted, and what is written in it."""

    name: str
    form: str  # "number", "boolean", "text"


class Preparation(msgspec.Struct, frozen=True):
    """How the rows of a table become examples and targets; as plain values it is `table` in a run's data.json."""

    targets: tuple[Target, ...]
    task: str
    classes: tuple[str, ...]
    columns: tuple[Column, ...]  # all that are not targets, in the file's order

    @property
    def used(self) -> tuple[Number | Category, ...]:
        """The columns that become features."""
        return tuple(column for column in self.columns if not isinstance(column, LeftOut))

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the numbers of an example."""
        return tuple(name for column in self.used for name in column.features)

    def plain(self) -> dict[str, Any]:
        """As dicts, lists, texts and numbers."""
        found = msgspec.to_builtins(self)
        assert isinstance(found, dict)
        return found


def read_plain(plain: object) -> Preparation:
    """What `Preparation.plain` gave. Raises msgspec.ValidationError where it is something else."""
    return msgspec.convert(plain, type=Preparation)


def fit_number(name: str, numbers: Numbers, train: NDArray[np.int64], pieces: int = 0) -> Number | LeftOut:
    """A column of numbers by its training rows, with so many pieces; left out where it is the same in all of them.

    The pieces' edges are quantiles: fewer pieces come out where many rows have one number.
    """
    absent = np.isnan(numbers)
    known = numbers[train][~absent[train]]
    # as float32, which is what a network sees of it
    changes = len(np.unique(known.astype(np.float32))) > 1
    indicator = 0 < len(known) < len(train)
    if not changes and not indicator:
        return _constant(name, int(absent.sum()), f"{known[0]:g}" if len(known) else "missing")
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    edges = np.unique(np.quantile(known, np.linspace(0, 1, pieces + 1)))
    ends = tuple(edges.tolist()) if len(edges) > 2 else ()  # one piece alone is the number again
    median = float(np.median(known))
    return Number(name, int(absent.sum()), low, high, median, changes, indicator, ends)


def default_pieces(rows: int) -> int:
    """How many pieces a number has where there are so many training rows: 48, but 100 rows in each; 0 for none."""
    pieces = min(MOST_PIECES, rows // ROWS_A_PIECE)
    return pieces if pieces > 1 else 0


def fit_category(name: str, texts: Texts, train: NDArray[np.int64]) -> Category | LeftOut:
    """A column of few texts by its training rows; left out where it is the same in all of them.

    A value is rare where it stands in less than a hundredth of the training rows (but 10 are enough, and 2 needed), or
    50 are more frequent.
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
    return Category(name, missing, len(texts.values), values, rarely > 0, absent > 0)


def rare(rows: int) -> int:
    """How many of some rows a value must stand in, so that a network can learn what it means."""
    return max(RARE_LEAST, min(RARE_MOST, round(RARE_SHARE * rows)))


def _facts(column: Column) -> dict[str, object]:
    about = {"name": column.name, "kind": column.kind, "missing": column.missing}
    return {**about, "features": list(column.features)}


def _constant(name: str, missing: int, value: str) -> LeftOut:
    return LeftOut(name, missing, f"always {value}")


def _side_by_side(parts: list[Any], rows: int) -> Features:
    return np.stack(parts, axis=1).astype(np.float32) if parts else np.zeros((rows, 0), np.float32)
