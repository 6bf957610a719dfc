"""The arithmetic that turns rows of a table into features, the same for NumPy arrays and torch tensors.

A row is a float64 number per column: the number that stands in the table, the code of a text, or NaN if the value is
missing. Everything is computed in float64, and features are rounded to float32 once, at the end. Texts are no numbers:
a row holds a place in the texts of its own table, and the features of each text come from there (`Prepared`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wxb.data.tables import calendar
from wxb.data.tables.columns import Date, Number, Preparation
from wxb.data.tables.free_text import Bags, FreeText
from wxb.data.tables.vocabulary import Words

LINE, RAMP, MATCH, MISSING, OTHER, YEAR, MONTH, WEEKDAY, HOUR, TERM = range(10)
PARTS = {"year": YEAR, "month": MONTH, "weekday": WEEKDAY, "hour": HOUR}  # of a date, in days since 1970-01-01
SHARES = (RAMP, MATCH, MISSING, OTHER)  # features from 0 to 1
NO_CODE = -1.0  # stands for a missing text, and for one that training has not seen
NUMBERS_AT_ONCE = 2**17  # features computed at a time: their float64 intermediates stay in the cache


class Encoding(NamedTuple):
    """The five arrays that describe how rows (n, columns) become features (n, features).

    A feature of column value x, or of the column's `fill` if x is missing, is by its `kind`
        LINE     x - low
        RAMP     (x - low) / width, clipped to [0, 1]
        MATCH    1 if x is low, else 0
        MISSING  1 if x is missing, else 0
        OTHER    1 if all other features of the column are 0, else 0
        YEAR, MONTH, WEEKDAY, HOUR    of the date that is x days after 1970-01-01
        TERM     of the text x, by its table
    """

    column: Any  # (features,) int64
    kind: Any  # (features,) int64
    low: Any  # (features,) float64
    width: Any  # (features,) float64
    fill: Any  # (columns,) float64


def encoding(preparation: Preparation) -> Encoding:
    """The encoding of a fitted preparation, as NumPy arrays."""
    places = {name: place for place, name in enumerate(preparation.names)}
    fill = np.full(len(places), NO_CODE)
    features: list[tuple[int, int, float, float]] = []
    for column in preparation.used:
        place = places[column.name]
        if isinstance(column, Number):
            fill[place] = column.median
            features += [(place, LINE, column.offset, 1.0)] * column.changes
            features += [(place, RAMP, low, high - low) for low, high in pairwise(column.edges)]
            if isinstance(column, Date):
                features += [(place, PARTS[part], 0.0, 1.0) for part in column.parts]
        elif isinstance(column, Words):
            continue
        elif isinstance(column, FreeText):
            features += [(place, TERM, 0.0, 1.0)] * (len(column.features) - column.indicator)
        else:
            features += [(place, MATCH, float(code), 1.0) for code in column.code.values()]
            features += [(place, OTHER, 0.0, 1.0)] * column.other
        features += [(place, MISSING, 0.0, 1.0)] * column.indicator
    columns, kinds, lows, widths = zip(*features, strict=True) if features else ((), (), (), ())
    return Encoding(
        np.array(columns, np.int64), np.array(kinds, np.int64), np.array(lows, np.float64), np.array(widths), fill
    )


def encode(rows: Any, how: Encoding, xp: Any = np) -> Any:
    """Features (n, features) float32 of rows (n, columns) float64; `xp` is NumPy or torch, whichever made the rows."""
    missing = xp.isnan(rows)
    values = xp.where(missing, how.fill, rows)
    features = xp.empty((len(rows), len(how.kind)), dtype=xp.float32)

    def put(kind: int, source: Any, formula: Any) -> None:
        mine = how.kind == kind
        found = formula(source[:, how.column[mine]], how.low[mine], how.width[mine])
        features[:, mine] = xp.asarray(found, dtype=xp.float32)

    put(LINE, values, lambda x, low, width: x - low)
    put(RAMP, values, lambda x, low, width: ((x - low) / width).clip(0, 1))
    put(MATCH, values, lambda x, low, width: x == low)
    put(MISSING, missing, lambda x, low, width: x)
    kinds, columns = how.kind.tolist(), how.column.tolist()
    if any(OTHER < kind < TERM for kind in kinds):
        put(YEAR, values, lambda x, low, width: calendar.year_and_month(x, xp)[0])
        put(MONTH, values, lambda x, low, width: calendar.year_and_month(x, xp)[1])
        put(WEEKDAY, values, lambda x, low, width: calendar.weekday(x, xp))
        put(HOUR, values, lambda x, low, width: calendar.hour(x, xp))
    start = 0
    for place, kind in enumerate(kinds):
        start = start if columns[start] == columns[place] else place
        if kind == OTHER:  # a missing text is the feature behind it
            missing_too = columns[place + 1 : place + 2] == [columns[place]]
            others = features[:, start:place].sum(1)
            features[:, place] = 1 - (others + features[:, place + 1] if missing_too else others)
    return features


class Prepared:
    """Features (n, features) float32 of rows (n, columns) float64, computed whenever some are asked for.

    It is indexed by rows as an array is, and takes no memory of its own but for texts. `texts` are those that the
    numbers of a column of free text stand for, by its place among the columns.
    """

    ndim = 2
    dtype = np.dtype(np.float32)

    def __init__(self, rows: NDArray[Any], how: Encoding, texts: Mapping[int, Bags] | None = None) -> None:
        self.rows = rows
        self.how = how
        self.texts = dict(texts or {})

    @property
    def shape(self) -> tuple[int, ...]:
        """(rows, features)."""
        return len(self.rows), len(self.how.kind)

    @property
    def shares(self) -> NDArray[np.bool_]:
        """Whether each feature lies from 0 to 1: (features,)."""
        return np.isin(self.how.kind, SHARES)

    @property
    def nbytes(self) -> int:
        """Bytes of all features together."""
        return 4 * self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> NDArray[np.float32]:
        """The features of these rows: (n, features), or (features,) of a single one."""
        chosen = self.rows[rows]
        if chosen.ndim == 1:
            return np.asarray(self[rows : rows + 1][0], np.float32)
        if not self.texts:
            return self._numbers(chosen, self.how)
        features = np.zeros((len(chosen), self.shape[1]), np.float32)
        terms = self.how.kind == TERM
        if not terms.all():
            features[:, ~terms] = self._numbers(chosen, self.without_texts)
        for place, texts in self.texts.items():
            first = int(np.flatnonzero(terms & (self.how.column == place))[0])
            texts.fill(features[:, first : first + texts.width], chosen[:, place])
        return features

    @cached_property
    def without_texts(self) -> Encoding:
        """The encoding of the other features."""
        return others(self.how)

    def _numbers(self, chosen: NDArray[Any], how: Encoding) -> NDArray[np.float32]:
        features = np.empty((len(chosen), len(how.kind)), np.float32)
        step = max(1, NUMBERS_AT_ONCE // max(1, len(how.kind)))
        with np.errstate(over="ignore"):  # of a ramp whose ends are neighbours in float64
            for start in range(0, len(chosen), step):
                features[start : start + step] = encode(chosen[start : start + step], how)
        return features


def others(how: Encoding) -> Encoding:
    """The encoding without the terms of texts."""
    kept = how.kind != TERM
    return Encoding(how.column[kept], how.kind[kept], how.low[kept], how.width[kept], how.fill)
