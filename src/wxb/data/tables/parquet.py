"""A Parquet file, or several that are parts of one table."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wxb.errors import WxbError

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, eq=False)
class Parquet:
    """The columns of a table in Parquet, read when they are asked for."""

    name: str  # of the file, for messages
    names: tuple[str, ...]
    rows: int
    source: list[Path] | bytes

    def read(self, places: Sequence[int]) -> list[pl.Series]:
        """The columns at these positions, as Parquet types them."""
        import polars as pl

        names = [self.names[place] for place in places]
        with _reading(self.name):
            data = pl.read_parquet(_opened(self.source), columns=names, glob=False, hive_partitioning=False)
            return [data[name] for name in names]


def open_parquet(name: str, source: list[Path] | bytes) -> Parquet:
    """The table in Parquet files, or in the bytes of one. Raises WxbError if it cannot be read."""
    import polars as pl

    with _reading(name):
        whole = pl.scan_parquet(_opened(source), glob=False, hive_partitioning=False)
        names = tuple(whole.collect_schema().names())
        rows = int(whole.select(pl.len()).collect().item())
    return Parquet(name, names, rows, source)


def _opened(source: list[Path] | bytes) -> list[Path] | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what polars raises for a damaged file into a WxbError; a panic of its own is no Exception."""
    import polars as pl

    try:
        yield
    except (Exception, pl.exceptions.PanicException) as problem:
        first = (str(problem).splitlines() or [type(problem).__name__])[0]
        raise WxbError(f"{name} cannot be read as Parquet", first, "a Parquet file that is whole") from problem
