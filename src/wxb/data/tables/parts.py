"""A table of text in several files, as Spark and Dask write it: a column is the same in every part by its name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from wxb.data.tables.header import VALUE, only_names, told_apart
from wxb.data.tables.separated import Divided, Separated, divided, first_line
from wxb.errors import WxbError
from wxb.text import first_of, normal, plural

if TYPE_CHECKING:
    import polars as pl

REMARKS = 3  # on single parts that are shown
Order = tuple[int, ...]  # where each column of the first part stands in another


@dataclass(frozen=True, eq=False)
class Joined:
    """The rows of all parts, one part after the other, in the columns of the first; as `Separated` has them."""

    names: tuple[str, ...]
    renamed: dict[str, str]
    numbered: bool
    first_line: str
    separator: str
    notes: tuple[str, ...]
    parts: tuple[tuple[Separated, Order], ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return sum(part.rows for part, _ in self.parts)

    def read(self, places: Sequence[int]) -> list[pl.Series]:
        """The columns at these positions, as `Separated.read` has them."""
        import polars as pl

        of_parts = [part.read([order[place] for place in places]) for part, order in self.parts]
        return [
            pl.concat([series.alias(self.names[place]) for series in column])
            for place, column in zip(places, zip(*of_parts, strict=True), strict=True)
        ]


def open_parts(
    name: str,
    parts: Sequence[tuple[str, bytes]],
    suffix: str = "",
    header: bool | None = None,
    names: Collection[str] = (),
) -> Joined:
    """The columns of a text in parts, each the name of a file and its content.

    The names stand in the first line of the first part, or nowhere. Every other part begins with the same names, in any
    order, or with a row. Raises WxbError for a part of other columns, and as `open_separated` does.
    """
    filled = [(f"{name}/{file}", data) for file, data in parts if data.strip()] or [(name, b"")]
    first = divided(*filled[0], suffix, names)
    others = [divided(*part, suffix, separator=first.separator) for part in filled[1:]]
    named = told_apart(first.first)[0]
    orders = [_order(named, told_apart(one.first)[0]) for one in others]
    rows = list(chain(*(one.below for one in others)))
    rows += [
        one.first
        for one, order in zip(others, orders, strict=True)
        if not order and not only_names(one.first, one.below)
    ]
    titled, sure = first.titled(header, names, [row for row in rows if len(row) == len(named)])
    orders = orders if titled else [None] * len(others)
    remark = "" if header is not None or names else first_line(first.name, titled, sure or any(orders))
    whole = first.called(titled, remark)
    bare = [one.name for one, order in zip(others, orders, strict=True) if order is None]
    notes = [f"only {first.name} has a line of names, not {first_of(bare)}"] if titled and bare else []
    joined = [(whole, tuple(range(len(named))))]
    for one, order in zip(others, orders, strict=True):
        if order is None:
            _refuse_others(first, one, titled, header)
        part = one.called(order is not None)
        joined.append((part, order or joined[0][1]))
        notes += part.notes
    more = [f"{plural(len(notes) - REMARKS, 'more remark')} on parts of {name}"] if len(notes) > REMARKS else []
    said = (*whole.notes, *notes[:REMARKS], *more)
    return Joined(whole.names, whole.renamed, not titled, remark, whole.separator, said, tuple(joined))


def _order(names: Sequence[str], others: Sequence[str]) -> Order | None:
    """Where each of `names` stands among others, in upper or lower case if need be; None if they are not the same."""
    for fold in (False, True):
        places = {normal(name).casefold() if fold else normal(name): place for place, name in enumerate(others)}
        wanted = [normal(name).casefold() if fold else normal(name) for name in names]
        if len(places) == len(others) == len(set(wanted)) and set(wanted) == set(places):
            return tuple(places[name] for name in wanted)
    return None


def _refuse_others(first: Divided, part: Divided, titled: bool, header: bool | None) -> None:
    """Raise WxbError if a part that does not begin with the names of the first begins with others, or is wider."""
    width, there = len(first.first), len(part.first)
    known = {normal(name).casefold() for name in first.first} if titled else set()
    shares = any(normal(field).casefold() in known and not VALUE.fullmatch(field.strip()) for field in part.first)
    rows = [*first.below, *([] if titled else [first.first]), *part.below] if width == there else part.below
    if shares or (header is not False and only_names(part.first, rows)):
        own = first_of(first.first) if titled else "no names"
        raise WxbError(
            f"{part.name} begins with other names than {first.name}",
            f"{first.name}: {own}\n{part.name}: {first_of(part.first)}",
            "the same names in every part, in any order, or in the first part alone",
        )
    if width != there:
        raise WxbError(
            f"{part.name} has {plural(there, 'column')}, {first.name} {width}", fix="the same columns in every part"
        )
