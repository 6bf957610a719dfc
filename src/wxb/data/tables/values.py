"""The values of a table's column, read as numbers or as texts.

What a column holds is decided once, in training, and stored: `Form`. A value is then read by the form alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.kinds import LARGEST
from wxb.data.tables import calendar, marks
from wxb.data.tables.marks import Proofs
from wxb.data.tables.written import (
    FIRST_YEAR,
    NEGATIVE,
    NUMBERS_SHARE,
    PERCENT,
    PLAIN,
    STYLES,
    THREE_PARTS,
    TWO_PARTS,
    ZONED,
    Clock,
    Numbers,
    Style,
    Written,
    clock_of,
    written_in,
)
from wxb.errors import WxbError
from wxb.text import known_as, number_name

if TYPE_CHECKING:
    import polars as pl

Codes = NDArray[np.int64]  # (n,) positions in a list of values, -1 where the value is missing
Kind = Literal["number", "boolean", "text", "nothing"]

# how files write that there is no value
MISSING = (
    "", "NA", "N/A", "n/a", "N.A.", "n.a.", "<NA>", "#N/A", "#NA", "#N/A N/A", "NaN", "nan", "-nan", "-NaN", "NaT",
    "None", "null", "NULL", "\\N", "(null)", "#NULL!", "#VALUE!", "#DIV/0!", "#REF!", "#NAME?", "#NUM!", "1.#IND",
    "-1.#IND", "1.#QNAN", "-1.#QNAN", "?", "-", "--", ".",
)  # fmt: skip
NAMES = tuple(
    word for word in MISSING if word.strip("<>()").isalpha()
)  # that a class or a value of a category may have
MISSING_BEFORE = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?")  # of runs that store no words
DASH, PLUS = "-", "+"  # beside a plus, a dash is a value
BOOLEANS = ("false", "true")
MEANING = {
    **dict.fromkeys(("false", "f", "no", "n", "off", "0", "0.0"), "false"),
    **dict.fromkeys(("true", "t", "yes", "y", "on", "1", "1.0"), "true"),
}
TRUTHS = {word: float(meaning == "true") for word, meaning in MEANING.items()}
STYLE_OF: dict[str, Style] = {"Date": "date", "Datetime": "date", "Duration": "duration", "Time": "duration"}
EXACT = 2**53  # beyond it float64 does not hold every whole number
SHOWN = 40  # characters of a value in a message


class Form(NamedTuple):
    """What a column holds."""

    kind: Kind
    written: Written = PLAIN  # of numbers; of texts that of the most numbers or dates among them
    share: float = 1.0  # of the values that are written so


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts: `values` are the different ones, `codes` (n,) the position of each row's text in them."""

    values: tuple[str, ...]
    codes: Codes


@dataclass(frozen=True, eq=False)
class Values:
    """The values of a column as a table has them: texts, numbers, booleans, dates or durations.

    `missing` are the texts that stand for no value. A number among them stands for itself however it is written.
    """

    name: str
    series: pl.Series
    missing: tuple[str, ...] = MISSING
    separator: str = ""  # of the file
    proofs: Callable[[], Proofs] = dict  # the decimal marks that the columns of the file prove
    _proving: dict[Written, tuple[str | None, bool]] = field(init=False, default_factory=dict)

    @cached_property
    def there(self) -> pl.Series:
        """The column with None where a value is missing."""
        import polars as pl

        series = self.series.fill_nan(None) if self.series.dtype.is_float() else self.series
        marks = [number for word in self.missing if (number := number_of(word)) is not None and np.isfinite(number)]
        if series.dtype == pl.String:
            series = series.set(series.is_in(self.missing), None)
        if marks and (series.dtype == pl.String or series.dtype.is_numeric()):
            series = series.set(series.cast(pl.Float64, strict=False).is_in(marks).fill_null(False), None)
        return series

    @cached_property
    def different(self) -> pl.Series:
        """The different values as texts, in the order in which they first come."""
        import polars as pl

        return self.there.drop_nulls().unique(maintain_order=True).cast(pl.String)

    def proving(self, written: Written) -> tuple[str | None, bool]:
        """A value that shows the decimal mark of numbers written so, None without one; and whether some have a mark."""
        if written not in self._proving:
            self._proving[written] = marks.proving(self.different, written)
        return self._proving[written]

    def __len__(self) -> int:
        return len(self.series)

    @property
    def of_texts(self) -> bool:
        """Whether the table has texts, which are to be read."""
        import polars as pl

        return self.series.dtype == pl.String

    @property
    def unread(self) -> bool:
        """Whether the column has values of a type that is not read, such as lists."""
        import polars as pl

        return self.series.dtype == pl.Null

    @property
    def absent(self) -> int:
        """How many rows have no value."""
        return int(self.there.null_count())

    @property
    def words(self) -> dict[str, int]:
        """How many rows have each of the texts that stand for none, the commonest first; "" is an empty one."""
        import polars as pl

        if not self.absent:
            return {}
        if self.series.dtype.is_temporal():
            return {"": self.absent}
        gone = self.series.cast(pl.String).filter(self.there.is_null()).fill_null("")
        counted = sorted(gone.value_counts(name="rows").iter_rows(), key=lambda one: (-one[1], one[0]))
        return dict(counted)

    def form(self, styles: Sequence[Style] = STYLES, share: float = NUMBERS_SHARE) -> Form:
        """What the column holds: numbers of one of these styles, if at least this share of its values are some."""
        import polars as pl

        kind = self.there.dtype
        if self.absent == len(self):
            return Form("nothing")
        if kind == pl.Boolean:
            return Form("boolean")
        texts = self.there.drop_nulls()
        if kind.is_integer() and styles == ("date",):
            texts = texts.cast(pl.String)
        elif kind != pl.String:
            return Form("number", Written(_style(kind), zone=self.zone if kind.is_temporal() else None))
        if texts[0].lower() in BOOLEANS and set(texts.str.to_lowercase().unique()) <= set(BOOLEANS):
            return Form("boolean")
        written = written_in(self.different, self.separator, styles)
        read = float((~np.isnan(written.read(texts))).mean())
        if not read or read < share:
            return Form("text", written, read)
        shown, marked = self.proving(written)
        if marked and shown is None:
            readable = self.different.filter(~np.isnan(written.read(self.different)))
            written = marks.settled(self.name, readable, written, self.separator, self.proofs())
        if written.style == "date":
            written = msgspec.structs.replace(written, zone=self.zone)
        if written.style == "duration":
            written = msgspec.structs.replace(written, clock=self._clock())
        return Form("number", written)

    def _clock(self) -> Clock:
        """How many parts the durations have. Raises WxbError if two of them could be hours or minutes."""
        clock = clock_of(self.different)
        if clock is None:
            value = self.different.filter(self.different.str.contains(TWO_PARTS))[0]
            whole = value.partition(":")[0].lstrip("-")
            raise WxbError(
                f"{value} of {self.name} could be {whole} hours or {whole} minutes",
                f"beside {self.different.filter(self.different.str.contains(THREE_PARTS))[0]}",
                f'write {value}:00 or 0:{value} in the file, or leave the column out: `drop="{self.name}"`',
            )
        return clock

    @property
    def zoned(self) -> NDArray[np.bool_]:
        """Which values (n,) are times with a zone."""
        import polars as pl

        if self.of_texts:
            return np.asarray(self.there.str.contains(ZONED).fill_null(False).to_numpy())
        zone = isinstance(self.there.dtype, pl.Datetime) and self.there.dtype.time_zone is not None
        return np.asarray(self.there.is_not_null().to_numpy() & zone)

    @property
    def zone(self) -> bool | None:
        """Whether a time of the column has a zone; None if it has no times."""
        import polars as pl

        times = self.there.str.contains(r"\d:\d{2}").any() if self.of_texts else self.there.dtype == pl.Datetime
        return bool(self.zoned.any()) if times else None

    def numbers(self, written: Written, binary: bool = False) -> Numbers:
        """The column as numbers; NaN where there is none, or one beyond 1e30. Of a `binary` one, "yes" is 1."""
        numbers = self._read(written, binary)
        numbers[~(np.abs(numbers) <= LARGEST)] = np.nan
        return numbers

    def _read(self, written: Written, binary: bool) -> Numbers:
        import polars as pl

        series = self.there
        if series.dtype.is_integer() and written.style == "date":
            series = series.cast(pl.String)  # 20241231
        if series.dtype == pl.Boolean and not binary:
            return np.full(len(self), np.nan)
        if series.dtype != pl.String:
            fits = _style(series.dtype) == written.style and written.unit != PERCENT
            return _measured(series) if fits else np.full(len(self), np.nan)
        numbers = written.read(series)
        if written.unit not in ("", PERCENT) and np.isnan(numbers).any():  # 5 beside $5, but 5 could be 5 % or 500 %
            numbers = np.where(np.isnan(numbers), msgspec.structs.replace(written, unit="").read(series), numbers)
        if written.style == "number" and len(rest := self.odd(numbers)):
            for negative in NEGATIVE:  # (5) and 5- are below zero in every column
                others = msgspec.structs.replace(written, negative=negative).read(series.gather(rest))
                numbers[rest] = np.where(np.isnan(numbers[rest]), others, numbers[rest])
        if binary and np.isnan(numbers).any():
            truths = series.str.to_lowercase().replace_strict(TRUTHS, default=None, return_dtype=pl.Float64)
            numbers = np.where(np.isnan(numbers), truths.to_numpy(), numbers)
        return numbers

    def odd(self, numbers: Numbers) -> Codes:
        """The rows that have a value which is no number, or one beyond 1e30, if the column was read as these."""
        return np.flatnonzero(np.isnan(numbers) & self.there.is_not_null().to_numpy())

    def at(self, rows: Codes) -> Values:
        """The values of these rows."""
        return replace(self, series=self.series.gather(rows))

    def shown(self, row: int) -> str:
        """The value of a row, for a message."""
        text = str(self.series[row])
        return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"

    def example(self, written: Written, numbers: Numbers) -> str:
        """How the column is read: "price (1,234.50 is 1234.5)"; empty for plain numbers.

        By the longest value that tells how the others are read: one that the style's plain form does not read.
        """
        if written.plain or not self.of_texts:
            return ""
        readable = np.isfinite(numbers)
        short = written.short_years(self.there)
        if written.clock in ("h:mm", "mm:ss"):
            short = self.there.str.contains(TWO_PARTS).fill_null(False).to_numpy()
        telling = short if short.any() else readable & np.isnan(Written(written.style).read(self.there))
        lengths = self.there.str.len_chars().fill_null(0).to_numpy()
        row = int(np.argmax((telling if telling.any() else readable) * lengths))
        number = calendar.text(float(numbers[row])) if written.style == "date" else f"{numbers[row]:.10g}"
        dated = written.style == "date" and short.any()
        years = f"; two digits are a year from {FIRST_YEAR} to {FIRST_YEAR + 99}" if dated else ""
        return f"{self.name} ({self.shown(row)} is {number}{years})"

    def doubt(self, written: Written) -> str:
        """The column, where nothing tells which mark of its numbers is decimal: "x (12 values such as 9,595, …)"."""
        if not self.of_texts or self.proving(written) != (None, True):
            return ""
        return marks.doubt(self.name, self.there, written, self.separator, self.proofs)

    def texts(self, boolean: bool = False) -> Texts:
        """The column as texts, its values in the order of their characters.

        Of booleans, "True", "yes" and "1" are true, "False", "no" and "0" are false; other texts stay as they are.
        """
        import polars as pl

        series = self.there
        if series.dtype in (pl.Duration, pl.Time):
            series = pl.Series(_measured(series), nan_to_null=True)
        if series.dtype.is_float():
            series = series.cast(pl.String).str.replace(r"\.0$", "")
        series = series.cast(pl.String)
        if boolean:
            lower = series.str.to_lowercase()
            series = lower.replace_strict(MEANING, default=series, return_dtype=pl.String)
        values = series.drop_nulls().unique().sort()
        codes: Codes = series.cast(pl.Enum(values)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy().copy()
        return Texts(tuple(values), codes)

    def named_by_numbers(self) -> bool:
        """Whether the numbers that the column holds tell its values apart as well as its texts do."""
        import polars as pl

        values = self.there.drop_nulls().unique()
        if values.dtype != pl.String:
            return not values.dtype.is_integer() or bool((values.cast(pl.Float64).abs() <= EXACT).all())
        names = [number_name(value) for value in values]
        return None not in names and len(set(names)) == len(names)


def without(missing: tuple[str, ...], values: Collection[str]) -> tuple[str, ...]:
    """The texts that stand for no value in a column of texts that is known to have these values."""
    return tuple(word for word in missing if word not in values)


def as_known(texts: Texts, known: Collection[str]) -> Texts:
    """Texts, each under that of `known` which stands for the same: "1.0" for "1", and "True" for "yes" beside "no".

    A text that is known, or could be several of them, stays as it is.
    """
    meanings = {MEANING.get(name.lower()): name for name in known}
    if None in meanings or len(meanings) < len(known):
        meanings = {}
    names = known_as(texts.values, known)
    return renamed(
        texts, [name if name in known else meanings.get(MEANING.get(name.lower(), ""), name) for name in names]
    )


def renamed(texts: Texts, names: Sequence[str]) -> Texts:
    """Texts under other names; those of one name become one."""
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    codes = np.array([*(places[name] for name in names), -1], dtype=np.int64)  # the last one is that of a missing text
    return Texts(tuple(places), codes[texts.codes])


def number_of(text: str) -> float | None:
    """The number that a text is, as programs write it; None for other texts."""
    try:
        return float(text)
    except ValueError:
        return None


def _style(kind: pl.DataType) -> Style:
    """What values of a type stand for."""
    return STYLE_OF.get(kind.base_type().__name__, "number")


def _measured(series: pl.Series) -> Numbers:
    """Numbers as they are, dates as days since 1970, durations and times of the day as seconds."""
    import polars as pl

    parts = 1.0
    if series.dtype in (pl.Date, pl.Datetime):
        series, parts = series.cast(pl.Datetime("us")).to_physical(), 86_400e6
    elif series.dtype == pl.Duration:
        series, parts = series.cast(pl.Duration("us")).to_physical(), 1e6
    elif series.dtype == pl.Time:
        series, parts = series.to_physical(), 1e9
    return np.array(series.cast(pl.Float64).to_numpy(), dtype=np.float64) / parts
