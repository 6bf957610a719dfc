"""A table as named columns: a CSV, TSV or Parquet file, or a data frame of any library that narwhals knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wxb.data.tables.content import (
    PARQUET,
    is_stream,
    limit,
    name_of,
    parts_of,
    read_content,
    starts_as_parquet,
    table_suffix,
)
from wxb.data.tables.header import are_numbered, told_apart
from wxb.data.tables.marks import Mark, Proof
from wxb.data.tables.parquet import Parquet, open_parquet
from wxb.data.tables.parts import Joined, open_parts
from wxb.data.tables.separated import Separated, open_separated
from wxb.data.tables.values import MISSING, Values
from wxb.errors import WxbError, nearest
from wxb.paths import exists, is_file, is_folder
from wxb.settings.setting import named
from wxb.text import composed_as, first_of, known_as

if TYPE_CHECKING:
    import polars as pl

CELLS = 2**20  # of a file that are held at a time as they stand in it,
TITLES = 10  # rows in which the names of columns are looked for
PASSES = 8  # unless the file would be read more often than this
PROVING_SHARE = 0.5  # of a column's values must be numbers, or it proves nothing about how numbers are written


@dataclass(frozen=True, eq=False)
class Frame:
    """The rows of a table, whose columns are asked for by name, as numbers or as texts.

    A few columns are read at a time, and forgotten when others are read: asking for them in their order is fast.
    """

    name: str  # of the file, for messages
    columns: tuple[str, ...]  # names, in the file's order
    read: Callable[[Sequence[int]], list[pl.Series]]  # the columns at these positions
    length: int  # rows
    separator: str = ""  # of the values in a file of texts
    renamed: Mapping[str, str] = field(default_factory=dict)  # a name of our own → the one that another column has too
    numbered: bool = False  # whether the file has no names, so that columns are called "column 1" and so on
    first_line: str = ""  # a remark on whether the first line of a text holds names; "" if there is no doubt
    notes: tuple[str, ...] = ()  # what a person should know of how the file was read
    kept: NDArray[np.int64] | None = None  # the rows that count, by their number in the file; None for all
    _held: dict[str, pl.Series] = field(default_factory=dict)

    def __len__(self) -> int:
        return self.length if self.kept is None else len(self.kept)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The number in the file, from 0, of each row that counts; blank lines and comments have none."""
        return np.arange(self.length) if self.kept is None else self.kept

    @cached_property
    def places(self) -> dict[str, int]:
        """The position of each column by its name."""
        return {name: place for place, name in enumerate(self.columns)}

    def series(self, column: str) -> pl.Series:
        """A column as it stands in the table, of the rows that count."""
        if column not in self._held:
            first = self.places[column]
            self._held.clear()
            self.hold(self.columns[first : first + self.together])
        return self._held[column]

    def hold(self, columns: Sequence[str]) -> None:
        """Read these columns together, because they are asked for in turn."""
        for name, series in zip(columns, self.read([self.places[name] for name in columns]), strict=True):
            self._held[name] = series if self.kept is None else series.gather(self.kept)

    def keep(self, rows: NDArray[np.bool_]) -> Frame:
        """The same table with only the rows that are True."""
        places = np.flatnonzero(rows)
        held = {name: series.gather(places) for name, series in self._held.items()}
        return replace(self, kept=self.rows[places], _held=held)

    def values(self, column: str, missing: tuple[str, ...] = MISSING) -> Values:
        """The values of a column, of the rows that count; `missing` are the texts that stand for none."""
        return Values(column, self.series(column), missing, self.separator, lambda: self.proofs)

    @cached_property
    def proofs(self) -> dict[Mark, Proof]:
        """The decimal marks that columns of the file prove, in all of its rows."""
        found: dict[Mark, Proof] = {}
        for start in range(0, len(self.columns), self.together):
            names = self.columns[start : start + self.together]
            for name, series in zip(names, self.read([self.places[name] for name in names]), strict=True):
                values = Values(name, series, separator=self.separator)
                form = values.form(("number",), share=PROVING_SHARE)
                if values.of_texts and form.kind == "number":
                    shown, _ = values.proving(form.written)
                    if shown is not None:
                        found.setdefault(form.written.decimal, Proof(name, shown))
        return found

    def with_column(self, called: str, values: Sequence[Any]) -> tuple[Frame, str]:
        """The same table with one more column, and the name under which it has it; there is a value for each row."""
        others = (f"{called} ({number})" for number in count(2))
        name = next(one for one in chain([called], others) if one not in self.places)
        series, width = _plain(_series(name, list(values))), len(self.columns)

        def read(places: Sequence[int]) -> list[pl.Series]:
            own = iter(self.read([place for place in places if place < width]))
            return [series if place == width else next(own) for place in places]

        return replace(self, columns=(*self.columns, name), read=read, _held={}), name

    def called(self, names: Sequence[str]) -> Frame:
        """The same table, its columns under those of `names` that look the same: letters composed otherwise."""
        found = composed_as(self.columns, names)
        return self if found == self.columns else replace(self, columns=found, _held={})

    @property
    def together(self) -> int:
        """How many columns are read at a time."""
        return max(CELLS // max(self.length, 1), -(-len(self.columns) // PASSES), 1)

    @cached_property
    def listed(self) -> str:
        """The columns' names for a message."""
        return first_of(self.columns, 20)

    def need(self, column: str, setting: str = "", given: Sequence[str] = ()) -> str:
        """The column's name, or the one that looks the same. Raises WxbError with the nearest name if there is none.

        `setting` is what names the column, and `given` are all columns that it names.
        """
        (column,) = known_as([column], self.columns)
        if column in self.places:
            return column
        like = None if self.numbered else nearest(column, self.columns)
        raise WxbError(
            f"{self.name} has no column {column}" + (f"; {like} is one" if like else ""),
            f"columns: {self.listed}\n{self.first_line}",
            self.way_to(column) or self._instead(column, like, setting, given),
        )

    def _instead(self, column: str, like: str | None, setting: str, given: Sequence[str]) -> str:
        """The setting with the nearest name in place of one that is not there; "" without a nearest name."""
        if like is None or not setting:
            return ""
        names = [like if one == column else one for one in given or (column,)]
        return named(setting, ",".join(names))

    def way_to(self, column: str) -> str:
        """How a text is read so that it has this column, by the row in which its name stands; "" if nothing tells."""
        if not self.separator:
            return ""
        if are_numbered([column]) and not self.numbered:
            return "`header=False`"
        first = [series.head(TITLES).to_list() for series in self.read(range(len(self.columns)))]
        for row, values in enumerate(zip(*first, strict=True)):
            if any(column in re.split("[,;\t|]", value) for value in values if value):
                if self.numbered and not row:
                    return "`header=True`"
                return f"delete the lines above the names: {column} stands in row {row}"
        return f"one of the columns, such as {self.columns[-1]}" if self.numbered else ""


def read_frame(path: Path, header: bool | None = None, names: Collection[str] = ()) -> Frame:
    """The table at a path: a file, a folder of parts, or a stream.

    `header` says whether the first line of a text holds the names of the columns; None if the text tells it. `names`
    are those that a trained run expects. Raises WxbError, here or when columns are read, if the table cannot be read.
    """
    name = name_of(path)
    if not is_stream(path) and exists(path):
        files = parts_of(path) if is_folder(path) else [path]
        for file in files:
            if not is_file(file):
                raise WxbError(f"{file} is no file")
        if table_suffix(path) == ".parquet" or starts_as_parquet(files[0]):
            return _of_parquet(open_parquet(name, files), header)
        if is_folder(path):
            parts = list(zip([file.name for file in files], read_content(path), strict=True))
            return _of_text(name, open_parts(name, parts, table_suffix(path), header, names))
    return frame_of_content(name, read_content(path)[0], table_suffix(path), header, names)


def frame_of_content(
    name: str, content: bytes, suffix: str = "", header: bool | None = None, names: Collection[str] = ()
) -> Frame:
    """The table that a file holds, Parquet by its first bytes, else text. Raises WxbError if it cannot be read."""
    if content.startswith(PARQUET):
        return _of_parquet(open_parquet(name, content), header)
    return _of_text(name, open_separated(name, content, suffix, header, names))


def _of_text(name: str, text: Separated | Joined) -> Frame:
    _need_room(name, text.rows, len(text.names))
    return Frame(
        name, text.names, text.read, text.rows, text.separator, text.renamed, text.numbered, text.first_line, text.notes
    )


def _of_parquet(parquet: Parquet, header: bool | None) -> Frame:
    if header is not None:
        raise WxbError(
            f"`header` is for tables of text, not for {parquet.name}", "the columns of a Parquet file have names"
        )
    _need_room(parquet.name, parquet.rows, len(parquet.names))
    columns, renamed = told_apart(parquet.names)

    def read(places: Sequence[int]) -> list[pl.Series]:
        return [_plain(series) for series in parquet.read(places)]

    return Frame(parquet.name, columns, read, parquet.rows, renamed=renamed)


def _need_room(name: str, rows: int, columns: int) -> None:
    """Raise WxbError if the rows as numbers take too much memory: a small Parquet file can hold billions of them."""
    needed, most = 8 * rows * columns, limit()
    if needed > most:
        raise WxbError(
            f"{name} does not fit into memory",
            f"{rows:,} rows of {columns} columns take {needed / 2**30:.1f} GiB; "
            f"at most {most / 2**30:.1f} GiB are for them",
            "fewer rows, or only the columns that matter",
        )


def _plain(series: pl.Series) -> pl.Series:
    """Numbers, booleans, dates and durations as they are, all else as texts; of type Null if it has none.

    Texts are read as those of a file: without the blanks around them, and None where nothing is left.
    """
    import polars as pl

    kind = series.dtype
    if kind.is_numeric() or kind.is_temporal() or kind == pl.Boolean:
        return series
    if kind.is_nested() or kind in (pl.Binary, pl.Object):
        return pl.Series(series.name, [None] * len(series), pl.Null)
    texts = series.cast(pl.String).str.strip_chars()
    return texts.set(texts == "", None)


def _series(name: str, values: list[Any]) -> pl.Series:
    """A column of Python's objects; as texts those that polars knows no type for, such as periods and intervals."""
    import polars as pl

    try:
        series = pl.Series(name, values, strict=False)
        if series.dtype != pl.Object:
            return series
    except (pl.exceptions.PolarsError, TypeError, ValueError, OverflowError):
        pass  # times with a zone beside times without one
    if any(isinstance(value, (bytes, dict, list, tuple, set)) for value in values):
        return pl.Series(name, [None] * len(values), pl.Null)
    return pl.Series(name, [None if value is None else str(value) for value in values], pl.String)


def is_data_frame(value: object) -> bool:
    """Whether a value is a data frame of some library: pandas, polars, an Arrow table.

    Raises WxbError for one whose rows are not there yet, and for one of whose columns two share a name.
    """
    import narwhals as nw

    try:
        frame = nw.from_native(value, pass_through=True)
    except nw.exceptions.DuplicateError as problem:
        raise WxbError(
            "columns of the data frame share a name", " ".join(str(problem).split()), "a name of its own for each"
        ) from problem
    if isinstance(frame, nw.LazyFrame):
        raise WxbError("the rows of a lazy frame are not there yet", fix="frame.collect()")
    return isinstance(frame, nw.DataFrame)


def frame_of(data: Any, name: str = "the data frame") -> Frame:
    """The table in a data frame of any library that narwhals knows."""
    import narwhals as nw

    frame = nw.from_native(data, eager_only=True)
    names, renamed = told_apart([str(column) for column in frame.columns])

    def read(places: Sequence[int]) -> list[pl.Series]:
        found = []
        for place in places:
            series = frame[:, place]
            if frame.implementation.is_polars():
                found.append(_plain(series.to_native()))
                continue
            # pandas has several values for what is missing; polars has None
            values = [None if gone else value for value, gone in zip(series.to_list(), series.is_null(), strict=True)]
            found.append(_plain(_series(names[place], values)))
        return found

    return Frame(name, names, read, len(frame), renamed=renamed)
