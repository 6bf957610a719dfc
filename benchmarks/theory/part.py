"""A part of the theory: what the lecture says, how it is measured, and how the page shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

Row = dict[str, Any]
Rows = list[Row]
Table = list[tuple[str, ...]]  # its head, then its rows


@dataclass(frozen=True)
class Part:
    """Rows are plain JSON: tables, sentences and figure are made of them, not of what was in memory."""

    name: str
    title: str
    says: str  # Markdown: what the lecture says and what is done here; no number that is measured
    measure: Callable[[], Rows]
    tables: Callable[[Rows], list[tuple[str, Table]]]  # each with the words above it
    seen: Callable[[Rows], str]  # Markdown: what the rows say
    draw: Callable[[Rows], Figure]
    shows: str  # the figure in words, for those who cannot see it


def of(rows: Rows, **values: object) -> Rows:
    """The rows that have these values."""
    return [row for row in rows if all(row.get(name) == value for name, value in values.items())]


def distinct(rows: Rows, name: str) -> list[Any]:
    """The values of a column, each once, in order of appearance."""
    return list(dict.fromkeys(row[name] for row in rows if name in row))
