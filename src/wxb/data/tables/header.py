"""The names of a table's columns: whether the first record of a file holds them, and how equal names are told apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import pairwise

# how numbers, dates and times begin: a name may hold digits, but does not consist of them
VALUE = re.compile(r"[+-]?[$€£]?(\d[\d.,:/+\-eETZ \t%]*|[.,]\d[\d.,eE+\-%]*)")
MISSING = {"", "?", "-", ".", "na", "n/a", "nan", "null", "none", "\\n"}  # tell nothing, whatever they mean
NUMBERED = "column"
FEW = 0.5  # of the values of a column of few values are repeats
WEIGHT = 3  # a name above values says as much as three values that could be names

Kind = frozenset[str] | str  # of a column: VALUES, FREE, or its few values
VALUES, FREE = "values", "free"


def kinds_of(rows: Sequence[Sequence[str]], width: int) -> list[Kind]:
    """What each column holds in these rows: numbers or dates, a few texts, or any texts."""
    return [_kind([row[place].strip() for row in rows]) for place in range(width)]


def _kind(fields: Sequence[str]) -> Kind:
    there = [field for field in fields if field.lower() not in MISSING]
    if not there:
        return FREE
    if all(VALUE.fullmatch(field) for field in there):
        return VALUES
    different = frozenset(there)
    return different if len(different) <= FEW * len(there) else FREE


def has_names(first: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[bool, bool]:
    """Whether the first record of a file holds the columns' names, judged by the records below, and whether it is sure.

    A text above numbers is a name, and so is one that a column of few values lacks. A number above numbers is none, and
    neither is a text that comes again in its column. Numbers in even steps are names (0, 1, 2, … of a data frame;
    years).
    """
    names = values = 0
    fields = [field.strip() for field in first]
    stepped = _in_steps([field for field in fields if VALUE.fullmatch(field)])
    for field, kind in zip(fields, kinds_of(rows, len(fields)), strict=True):
        if field.lower() in MISSING or kind == FREE:
            continue
        if kind == VALUES and VALUE.fullmatch(field):
            values += not stepped
        elif kind == VALUES:
            names += WEIGHT
        elif field in kind:
            values += 1
        else:
            names += 1
    return names >= values, (names == 0) != (values == 0)


def only_names(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a record can only hold names: texts, but no value, stand above the columns that hold numbers or dates."""
    above = [field.strip() for field, kind in zip(first, kinds_of(rows, len(first)), strict=True) if kind == VALUES]
    told = [field for field in above if field.lower() not in MISSING]
    return bool(told) and not any(VALUE.fullmatch(field) for field in told)


def _in_steps(fields: Sequence[str]) -> bool:
    """Whether these are three or more whole numbers in even steps upwards."""
    if len(fields) < 3 or not all(field.isascii() and field.isdigit() and len(field) < 10 for field in fields):
        return False
    numbers = [int(field) for field in fields]
    return numbers[1] > numbers[0] and len({after - before for before, after in pairwise(numbers)}) == 1


def numbered(width: int) -> tuple[str, ...]:
    """The names of columns that have none: "column 1", "column 2", …"""
    return tuple(f"{NUMBERED} {place}" for place in range(1, width + 1))


def are_numbered(names: Collection[str]) -> bool:
    """Whether all of these are names of columns that have none."""
    return bool(names) and all(re.fullmatch(rf"{NUMBERED} \d+", name) for name in names)


def told_apart(fields: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names that are all different, without blanks around them, and which of them are new ones for which name.

    An empty name becomes "column N". The second of two equal names becomes "y (2)".
    """
    stripped = [field.strip() or f"{NUMBERED} {place}" for place, field in enumerate(fields, 1)]
    taken = set(stripped)
    often: Counter[str] = Counter()
    names: list[str] = []
    renamed: dict[str, str] = {}
    for name in stripped:
        often[name] += 1
        new = name
        while often[name] > 1 and (new == name or new in taken):
            new = f"{name} ({often[name]})"
            often[name] += new in taken
        if new != name:
            renamed[new] = name
            taken.add(new)
        names.append(new)
    return tuple(names), renamed
