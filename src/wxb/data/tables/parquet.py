"""A Parquet file, or several that are parts of one table.

A damaged file can end the process that reads it: polars then asks for more memory than there is. So another process
reads every file once, before this one does.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wxb.data.tables.content import limit
from wxb.errors import WxbError
from wxb.text import first_of

if TYPE_CHECKING:
    import polars as pl


Source = list[Path] | bytes

PASSES = 8  # in which the trial reads the columns
TRIAL = f"""
import io, sys
import polars as pl
from_files = {{"glob": False, "hive_partitioning": False}}
most, *files = sys.argv[1:]
data = b"" if files else sys.stdin.buffer.read()
for file in files or [""]:
    source = lambda: file or io.BytesIO(data)
    whole = pl.scan_parquet(source(), **from_files)
    names = whole.collect_schema().names()
    if 8 * len(names) * whole.select(pl.len()).collect().item() <= int(most):
        step = max(-(-len(names) // {PASSES}), 1)
        for start in range(0, len(names), step):
            pl.read_parquet(source(), columns=names[start:start + step], **from_files)
"""


@dataclass(frozen=True, eq=False)
class Parquet:
    """The columns of a table in Parquet, read when they are asked for."""

    name: str  # of the file, for messages
    names: tuple[str, ...]
    rows: int
    parts: Sequence[Source]  # of one type each, and of types that go together

    def read(self, places: Sequence[int]) -> list[pl.Series]:
        """The columns at these positions, as Parquet types them."""
        import polars as pl

        names = [self.names[place] for place in places]
        with _reading(self.name):
            parts = [
                pl.read_parquet(_opened(part), columns=names, glob=False, hive_partitioning=False).select(names)
                for part in self.parts
            ]
            data = pl.concat(parts, how="vertical_relaxed")  # whole numbers and fractions become fractions
            return [data[name] for name in names]


def open_parquet(name: str, source: list[Path] | bytes) -> Parquet:
    """The table in Parquet files, or in the bytes of one. Raises WxbError if it cannot be read.

    The files are parts of one table: they have the same columns, in any order, and each column one kind of values.
    """
    import polars as pl

    _try(name, source)
    with _reading(name):
        files: list[Source] = [source] if isinstance(source, bytes) else [[file] for file in source]
        wholes = [pl.scan_parquet(_opened(file), glob=False, hive_partitioning=False) for file in files]
        schemas = [whole.collect_schema() for whole in wholes]
        rows = sum(int(whole.select(pl.len()).collect().item()) for whole in wholes)
    alike = all(schema == schemas[0] and list(schema) == list(schemas[0]) for schema in schemas)
    if not isinstance(source, bytes) and not alike:
        _need_one_table(name, source, schemas)
    return Parquet(name, tuple(schemas[0]), rows, [source] if alike else files)


def _need_one_table(name: str, files: Sequence[Path], schemas: Sequence[pl.Schema]) -> None:
    """Raise WxbError if parts of a table have other columns than the first, or a column of another kind of values."""
    import polars as pl

    first = schemas[0]
    for file, schema in zip(files, schemas, strict=True):
        if set(schema) != set(first):
            sides = ((files[0], set(first) - set(schema)), (file, set(schema) - set(first)))
            raise WxbError(
                f"{file.name} of {name} has other columns than {files[0].name}",
                "\n".join(f"only in {where.name}: {first_of(sorted(only))}" for where, only in sides if only),
                "the same columns in every part",
            )
        for column, kind in first.items():
            other = schema[column]
            times = kind.is_temporal() and kind.base_type() == other.base_type()
            if not (kind == other or pl.Null in (kind, other) or (kind.is_numeric() and other.is_numeric()) or times):
                raise WxbError(
                    f"{column} of {name} holds {other} in {file.name}, {kind} in {files[0].name}",
                    fix=f"one type for {column} in every part",
                )


def _try(name: str, source: list[Path] | bytes) -> None:
    """Read a file in another process, and forget it. Raises WxbError if that process fails or dies."""
    if not sys.executable:
        return
    files, data = ([], source) if isinstance(source, bytes) else (list(map(str, source)), b"")
    ended = subprocess.run([sys.executable, "-c", TRIAL, str(limit()), *files], input=data, capture_output=True)
    if ended.returncode:
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        reasons = [line for line in lines if "exceptions." in line or line.startswith("memory allocation")]
        raise _unreadable(name, (reasons or ["it is damaged"])[-1].rpartition("exceptions.")[2])


def _opened(source: Source) -> list[Path] | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what polars raises for a damaged file into a WxbError; a panic of its own is no Exception."""
    import polars as pl

    try:
        yield
    except (Exception, pl.exceptions.PanicException) as problem:
        raise _unreadable(name, (str(problem).splitlines() or [type(problem).__name__])[0]) from problem


def _unreadable(name: str, why: str) -> WxbError:
    return WxbError(f"{name} cannot be read as Parquet", why, "a Parquet file that is whole")
