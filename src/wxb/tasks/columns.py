"""What a table or an array says of its targets before they are read as a kind of target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wxb.errors import WxbError
from wxb.text import count

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TargetColumn:
    """A column of a table that is to be predicted; every row has a value.

    Numbers have `numbers`; texts have `texts`, the different values, and `codes`, their places; booleans have both.
    """

    table: str
    name: str
    numbers: Floats | None = None
    texts: tuple[str, ...] | None = None
    codes: Ints | None = None
    offset: float = 0.0  # subtracted from numbers in float64, if float32 is not precise enough for them
    dates: bool = False  # whether its texts are dates

    @property
    def no_date(self) -> tuple[str, str]:
        """For errors about dates: what may be predicted, and what to do."""
        expected = "numbers or classes are predicted; a date is a class if it stands in several rows"
        return expected, f"write numbers in {self.name}, such as the days since 2000-01-01; or another `target`"


def numbers_of(columns: Sequence[TargetColumn]) -> Floats:
    """Columns of numbers or booleans as numbers (n, columns). Raises WxbError for texts."""
    for column in columns:
        if column.dates:
            raise WxbError(f"{column.name} of {column.table} holds dates, no numbers", *column.no_date)
        if column.numbers is None:
            raise WxbError(
                f"{column.name} of {column.table} holds texts, no numbers",
                "several columns are predicted if all hold numbers, or 0 and 1",
                "a `target` of one column of texts makes classes of them",
            )
    return np.stack([column.numbers for column in columns if column.numbers is not None], axis=1)


def check_names(names: tuple[str, ...] | None, width: int, what: str) -> tuple[str, ...] | None:
    """The names. Raises WxbError if there is not one for each column."""
    if names is not None and len(names) != width:
        raise WxbError(f"{len(names)} names for {width} {what}", f"given: {', '.join(names)}", "one name per column")
    return names


def all_alike(column: TargetColumn, value: str) -> WxbError:
    """The error for a column whose rows all have the same value: there is nothing to learn."""
    return WxbError(
        f"all rows of {column.table} have one {column.name}, {value}",
        "expected at least two different ones",
        "rows of another, or another `target`",
    )


def whole_numbers_note(column: TargetColumn, different: int, taken: str, task: str, other: str) -> str:
    """The note on whole numbers that may be classes as well as numbers."""
    return (
        f"{column.name} has {count(different)} different whole numbers, taken as {taken}; "
        f'`task="{task}"` takes them as {other}'
    )
