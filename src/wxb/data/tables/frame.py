"""A file of a table as named columns: CSV, TSV or Parquet, read by polars."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wxb.data.pictures.layout import is_file
from wxb.data.tables.columns import Codes, Numbers, Texts
from wxb.errors import WxbError, nearest

if TYPE_CHECKING:
    import polars as pl

SUFFIXES = (".csv", ".tsv", ".parquet")
MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "?")  # how files write that there is nothing
SEPARATORS = (",", ";", "\t", "|")
BOOLEANS = {"false", "true"}
NUMBERS_SHARE = 0.95  # of the values of a column: so many are numbers, or it is a column of texts
CSV_FORM = "lines of equally many values in UTF-8, the first line with the columns' names"
HEAD = 2**16  # bytes looked at before the file is read


def is_table(path: str | Path) -> bool:
    """Whether a path is that of a table, by its name."""
    return Path(path).suffix.lower() in SUFFIXES


@dataclass(frozen=True, eq=False)
class Frame:
    """The rows of a file. Columns are asked for by name, as numbers or as texts."""

    name: str  # the file's
    data: pl.DataFrame

    def __len__(self) -> int:
        return self.data.height

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns, in the file's order."""
        return tuple(self.data.columns)

    def keep(self, rows: NDArray[np.bool_]) -> Frame:
        """Only the rows that are True."""
        import polars as pl

        return replace(self, data=self.data.filter(pl.Series(rows)))

    def form(self, column: str) -> str:
        """What is written in a column: "number", "boolean", "text", or "nothing"."""
        kind = str(self.data.schema[column])
        if kind in ("String", "Boolean"):
            values = self.texts(column).values
            if values and set(values) <= BOOLEANS:
                return "boolean"
        there = len(self) - self.data[column].null_count() if kind == "String" else 1
        numbers = int(np.isfinite(self.numbers(column)).sum())
        if not there or not (numbers or kind == "String"):
            return "nothing"
        return "number" if numbers >= NUMBERS_SHARE * there else "text"

    def numbers(self, column: str) -> Numbers:
        """A column as numbers; NaN where there is none, or one too large for float32."""
        import polars as pl

        series = self.data[column]
        # not strict: a text that is no number becomes a missing value
        numbers = np.array(series.cast(pl.Float64, strict=False).to_numpy(), dtype=np.float64)
        numbers[~(np.abs(numbers) <= np.finfo(np.float32).max)] = np.nan
        return numbers

    def texts(self, column: str) -> Texts:
        """A column as texts; its values in the order of their characters, booleans in small letters."""
        import polars as pl

        series = self.data[column].cast(pl.String)
        values = series.drop_nulls().unique().sort()
        if {value.lower() for value in values} <= BOOLEANS:
            series = series.str.to_lowercase()
            values = series.drop_nulls().unique().sort()
        codes: Codes = series.cast(pl.Enum(values)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy().copy()
        return Texts(tuple(values), codes)

    @cached_property
    def listed(self) -> str:
        """The columns' names for a message."""
        most = 20
        more = f" and {len(self.columns) - most} more" if len(self.columns) > most else ""
        return ", ".join(self.columns[:most]) + more

    def need(self, column: str) -> str:
        """The column's name. Raises WxbError, with the nearest, where the table has none of that name."""
        if column in self.columns:
            return column
        like = nearest(column, self.columns)
        raise WxbError(
            f"{self.name} has no column {column}" + (f"; {like} is one" if like else ""), f"columns: {self.listed}"
        )


def read_frame(path: Path) -> Frame:
    """The table in a file, by its suffix. Raises WxbError where it cannot be read as one."""
    import polars as pl

    if not is_file(path):
        raise WxbError(f"there is no file {path}" if not path.exists() else f"{path} is no file")
    try:
        data = _parquet(path) if path.suffix.lower() == ".parquet" else _separated(path)
    except (pl.exceptions.PolarsError, OSError) as problem:
        first = (str(problem).splitlines() or [type(problem).__name__])[0]
        kind = "Parquet" if path.suffix.lower() == ".parquet" else "CSV"
        raise WxbError(
            f"{path.name} cannot be read as {kind}",
            first,
            "a Parquet file that is whole" if kind == "Parquet" else CSV_FORM,
        ) from problem
    names = [name.strip() or f"column {place}" for place, name in enumerate(data.columns, 1)]
    if len(set(names)) == len(names):
        data = data.rename(dict(zip(data.columns, names, strict=True)))
    return Frame(path.name, data)


def _separated(path: Path) -> pl.DataFrame:
    """A text file of separated values, every value a text. Raises WxbError where its first line names nothing."""
    import polars as pl

    with path.open("rb") as file:
        head = file.read(HEAD)
    if b"\0" in head:
        raise WxbError(f"{path.name} cannot be read as CSV", "it is no text in UTF-8", CSV_FORM)
    first = re.sub(r'"[^"]*"', "", head.decode("utf-8-sig", "replace")).split("\n", 1)[0]
    separator = "\t" if path.suffix.lower() == ".tsv" else max(SEPARATORS, key=first.count)
    data = pl.read_csv(path, separator=separator, infer_schema=False)
    data = data.with_columns(pl.all().str.strip_chars())
    if all(_is_number(name) for name in data.columns):
        raise WxbError(
            f"the first line of {path.name} holds numbers, no names",
            f"it reads {first.strip()[:60]}",
            "a first line with the columns' names",
        )
    return data.with_columns(pl.when(pl.all().is_in(MISSING)).then(None).otherwise(pl.all()).name.keep())


def _parquet(path: Path) -> pl.DataFrame:
    """A Parquet file: numbers and booleans as they are, all else as texts; what has none is an empty column."""
    import polars as pl

    data = pl.read_parquet(path)
    others = [name for name, kind in data.schema.items() if not kind.is_numeric() and kind != pl.Boolean]
    plain = [name for name in others if not data.schema[name].is_nested() and data.schema[name] != pl.Binary]
    nothing = [pl.lit(None, pl.String).alias(name) for name in others if name not in plain]
    return data.with_columns([pl.col(name).cast(pl.String) for name in plain] + nothing)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
