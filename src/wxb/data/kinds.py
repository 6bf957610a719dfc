"""The kinds of input by name, and what follows from the shape of an example alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wxb.text import count, plural, shape

Shape = tuple[int, ...]

LARGEST = 1e30  # of examples; greater numbers stand for "no data", such as -3.4e38, and would end in NaN


@dataclass(frozen=True)
class Kind:
    """A kind of input. Another one adds an entry to `KINDS`, and its default networks to `wxb.learning.defaults`."""

    name: str
    axes: int  # of one example
    spatial: bool  # height and width: examples can be drawn, mirrored and moved, and their numbers have one unit
    bound: float  # the greatest value, if no data says more
    counted: Callable[[int, Shape], str]  # "1,797 pictures 1x8x8"
    scaled: bool = True  # whether examples are numbers that a network scales
    what: str = "rows of numbers"  # that a network takes, for messages


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "pictures",
            3,
            True,
            255.0,
            lambda number, sizes: f"{plural(number, 'picture')} {shape(sizes)}",
            what="pictures",
        ),
        Kind("rows", 1, False, 1.0, lambda number, sizes: f"{plural(number, 'row')} of {plural(sizes[0], 'feature')}"),
        Kind(
            "sentences",
            2,
            False,
            1.0,
            lambda number, sizes: f"{plural(number, 'sentence')} of {count(sizes[0])} different words",
            scaled=False,
            what="sentences of words",
        ),
    )
}


def counted(number: int, sizes: Shape, columns: int | None = None) -> str:
    """Examples of a shape, and those of a table with so many columns used: "120 rows of 2 columns (7 features)"."""
    text = kind_of(sizes).counted(number, sizes)
    if columns is None or not kind_of(sizes).scaled:
        return text
    more = f" ({plural(sizes[0], 'feature')})" if sizes[0] != columns else ""
    return f"{plural(number, 'row')} of {plural(columns, 'column')}{more}"


NO_FEATURES = ("left out", "weight", "group")  # kinds of columns that become none


def columns_used(table: Mapping[str, Any] | None) -> int | None:
    """How many columns of a table, as a run stores it, become features; None without a table.

    A table that was edited may list no columns; what needs them reads them by their types, and refuses it.
    """
    listed = None if table is None else table.get("columns")
    if not isinstance(listed, list):
        return None
    return sum(1 for column in listed if isinstance(column, dict) and column.get("kind") not in NO_FEATURES)


def kind_of(sizes: Shape) -> Kind:
    """The kind of examples of this shape."""
    return next(kind for kind in KINDS.values() if kind.axes == len(sizes))
