"""A table as named columns: a CSV, TSV or Parquet file, or a data frame of any library that narwhals knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.pictures.tree import is_file
from wxb.data.tables.columns import Codes, Numbers, Texts
from wxb.errors import WxbError, nearest
from wxb.hardware import memory
from wxb.paths import exists
from wxb.text import count

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".csv", ".tsv", ".parquet")
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?")  # how files write that there is no value
SEPARATORS = (",", ";", "\t", "|")
BOOLEANS = {"false", "true"}
NUMBERS_SHARE = 0.95  # of a column's values that must be numbers, or it is a column of texts
CSV_FORM = "lines of equally many values in UTF-8, the first line with the columns' names"
HEAD = 2**16  # bytes looked at before the file is read
CELLS = 2**20  # of a file that are held at a time as they stand in it,
MEMORY_SHARE = 0.5  # of the machine's memory that the rows may take
PASSES = 8  # unless the file would be read more often than this


def is_table(path: str | Path) -> bool:
    """Whether a path is that of a table, by its name."""
    return Path(path).suffix.lower() in SUFFIXES


@dataclass(frozen=True, eq=False)
class Frame:
    """The rows of a table, whose columns are asked for by name, as numbers or as texts.

    A few columns are read at a time, and forgotten when others are read: asking for them in their order is fast.
    """

    name: str  # of the file, for messages
    columns: tuple[str, ...]  # names, in the file's order
    read: Callable[[Sequence[int]], list[pl.Series]]  # the columns at these positions
    kept: NDArray[np.bool_] | None = None  # the rows that count; None for all
    _held: dict[str, pl.Series] = field(default_factory=dict)

    @cached_property
    def _length(self) -> int:
        return len(self._series(self.columns[0])) if self.columns else 0

    def __len__(self) -> int:
        return self._length

    def _series(self, column: str) -> pl.Series:
        """A column as it stands in the table, of the rows that count."""
        if column not in self._held:
            first = self.columns.index(column)
            rows = len(next(iter(self._held.values()))) if self._held else 0
            many = max(CELLS // rows, -(-len(self.columns) // PASSES), 1) if rows else 1
            self._held.clear()
            self.hold(self.columns[first : first + many])
        return self._held[column]

    def hold(self, columns: Sequence[str]) -> None:
        """Read these columns together, because they are asked for in turn."""
        for name, series in zip(columns, self.read([self.columns.index(name) for name in columns]), strict=True):
            self._held[name] = series if self.kept is None else _filtered(series, self.kept)

    def keep(self, rows: NDArray[np.bool_]) -> Frame:
        """The same table with only the rows that are True."""
        held = {name: _filtered(series, rows) for name, series in self._held.items()}
        return replace(self, kept=rows, _held=held)

    def form(self, column: str) -> str:
        """What is written in a column: "number", "boolean", "text", or "nothing"."""
        series = self._series(column)
        kind = str(series.dtype)
        if kind == "Boolean" or (kind == "String" and _is_boolean(series.drop_nulls())):
            return "boolean" if series.null_count() < len(series) else "nothing"
        there = len(series) - series.null_count() if kind == "String" else 1
        numbers = int(np.isfinite(self.numbers(column)).sum())
        if not there or not (numbers or kind == "String"):
            return "nothing"
        return "number" if numbers >= NUMBERS_SHARE * there else "text"

    def numbers(self, column: str) -> Numbers:
        """A column as numbers; NaN where there is none, or one too large for float32."""
        import polars as pl

        # not strict: a text that is no number becomes a missing value
        numbers = np.array(self._series(column).cast(pl.Float64, strict=False).to_numpy(), dtype=np.float64)
        numbers[~(np.abs(numbers) <= np.finfo(np.float32).max)] = np.nan
        return numbers

    def texts(self, column: str) -> Texts:
        """A column as texts; its values in the order of their characters, booleans in small letters."""
        import polars as pl

        series = self._series(column).cast(pl.String)
        values = series.drop_nulls().unique().sort()
        if {value.lower() for value in values} <= BOOLEANS:
            series = series.str.to_lowercase()
            values = series.drop_nulls().unique().sort()
        codes: Codes = series.cast(pl.Enum(values)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy().copy()
        return Texts(tuple(values), codes)

    def missing(self, column: str) -> int:
        """How many rows have no value in a column."""
        return int(self._series(column).null_count())

    @cached_property
    def listed(self) -> str:
        """The columns' names for a message."""
        most = 20
        more = f" and {len(self.columns) - most} more" if len(self.columns) > most else ""
        return ", ".join(self.columns[:most]) + more

    def need(self, column: str) -> str:
        """The column's name. Raises WxbError with the nearest name if the table has none of that name."""
        if column in self.columns:
            return column
        like = nearest(column, self.columns)
        raise WxbError(
            f"{self.name} has no column {column}" + (f"; {like} is one" if like else ""), f"columns: {self.listed}"
        )


def _is_boolean(values: pl.Series) -> bool:
    """Whether texts are all "true" and "false", in letters of any case; there is at least one."""
    return len(values) > 0 and values[0].lower() in BOOLEANS and set(values.str.to_lowercase().unique()) <= BOOLEANS


def _filtered(series: pl.Series, rows: NDArray[np.bool_]) -> pl.Series:
    import polars as pl

    return series.filter(pl.Series(rows))


def read_frame(path: Path) -> Frame:
    """The table in a file, by its suffix. Raises WxbError, here or when columns are read, if it cannot be read."""
    import polars as pl

    if not is_file(path):
        raise WxbError(f"there is no file {path}" if not exists(path) else f"{path} is no file")
    try:
        if path.suffix.lower() == ".parquet":
            whole = pl.scan_parquet(path)
            rows = whole.select(pl.len()).collect().item()
            read = partial(_parquet, path)
        else:
            separator = _separator(path)
            whole = pl.scan_csv(path, separator=separator, infer_schema=False)
            _need_names(path, whole.collect_schema().names())
            # of all columns: when only some are read, polars passes over lines with more values than the first
            counted = whole.select(pl.len().alias(""), pl.all().null_count().name.suffix(" missing"))
            rows = counted.collect(engine="streaming")[""].item()
            read = partial(_separated, path, separator)
        columns = whole.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as problem:
        raise _unreadable(path, problem) from problem
    _need_room(path, rows, len(columns))
    names = [name.strip() or f"column {place}" for place, name in enumerate(columns, 1)]
    if len(set(names)) != len(names):
        names = columns

    def read_some(places: Sequence[int]) -> list[pl.Series]:
        try:
            return read([columns[place] for place in places])
        except (pl.exceptions.PolarsError, OSError) as problem:
            raise _unreadable(path, problem) from problem

    return Frame(path.name, tuple(names), read_some)


def _need_room(path: Path, rows: int, columns: int) -> None:
    """Raise WxbError if the rows as numbers take too much memory: a small Parquet file can hold billions of them."""
    needed, there = 8 * rows * columns, memory()
    if there is not None and needed > MEMORY_SHARE * there:
        raise WxbError(
            f"{path.name} does not fit into memory",
            f"{count(rows)} rows of {columns} columns take {needed / 2**30:.1f} GiB; "
            f"at most {MEMORY_SHARE * there / 2**30:.1f} GiB are for them",
            "fewer rows, or only the columns that matter",
        )


def _unreadable(path: Path, problem: Exception) -> WxbError:
    first = (str(problem).splitlines() or [type(problem).__name__])[0]
    if path.suffix.lower() == ".parquet":
        return WxbError(f"{path.name} cannot be read as Parquet", first, "a Parquet file that is whole")
    return WxbError(f"{path.name} cannot be read as CSV", first, CSV_FORM)


def _separator(path: Path) -> str:
    """What separates the values of a text file: the separator that its first line has most of."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if b"\0" in head:
        raise WxbError(f"{path.name} cannot be read as CSV", "it is no text in UTF-8", CSV_FORM)
    if path.suffix.lower() == ".tsv":
        return "\t"
    return max(SEPARATORS, key=re.sub(r'"[^"]*"', "", _first_line(head)).count)


def _first_line(head: bytes) -> str:
    return head.decode("utf-8-sig", "replace").split("\n", 1)[0]


def _need_names(path: Path, columns: Sequence[str]) -> None:
    """Raises WxbError if all columns are called by numbers: the file has no first line of names."""
    if all(_is_number(name.strip()) for name in columns):
        with path.open("rb") as file:
            first = _first_line(file.read(HEAD))
        raise WxbError(
            f"the first line of {path.name} holds numbers, no names",
            f"it reads {first.strip()[:60]}",
            "a first line with the columns' names",
        )


def _separated(path: Path, separator: str, columns: Sequence[str]) -> list[pl.Series]:
    """Columns of a file of separated values: texts, without the blanks around them."""
    import polars as pl

    data = pl.read_csv(path, separator=separator, infer_schema=False, columns=list(columns))
    found = []
    for name in columns:  # one at a time, so that one copy is held and not one of all
        stripped = data.drop_in_place(name).str.strip_chars()
        found.append(stripped.set(stripped.is_in(MISSING), None))
    return found


def _parquet(path: Path, columns: Sequence[str]) -> list[pl.Series]:
    """Columns of a Parquet file."""
    import polars as pl

    data = pl.read_parquet(path, columns=list(columns))
    return [_plain(data[name]) for name in columns]


def _plain(series: pl.Series) -> pl.Series:
    """Numbers and booleans as they are, everything else as texts; what has no text is missing."""
    import polars as pl

    kind = series.dtype
    if kind.is_numeric() or kind in (pl.Boolean, pl.String):
        return series
    if kind.is_nested() or kind in (pl.Binary, pl.Object):
        return pl.Series(series.name, [None] * len(series), pl.String)
    return series.cast(pl.String)


def is_data_frame(value: object) -> bool:
    """Whether a value is a data frame of some library: pandas, polars, an Arrow table."""
    import narwhals as nw

    return isinstance(nw.from_native(value, eager_only=True, pass_through=True), nw.DataFrame)


def frame_of(data: Any, name: str = "the data frame") -> Frame:
    """The table in a data frame of any library that narwhals knows."""
    import narwhals as nw
    import polars as pl

    frame = nw.from_native(data, eager_only=True)
    names = [str(column) for column in frame.columns]

    def read(places: Sequence[int]) -> list[pl.Series]:
        found = []
        for place in places:
            series = frame[:, place]
            if frame.implementation.is_polars():
                found.append(_plain(series.to_native()))
                continue
            # pandas has several values for what is missing; polars has None
            values = [None if gone else value for value, gone in zip(series.to_list(), series.is_null(), strict=True)]
            found.append(_plain(pl.Series(names[place], values, strict=False)))
        return found

    return Frame(name, tuple(names), read)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
