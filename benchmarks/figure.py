"""What all kinds of figures have: what is owed, how it is measured, and the table that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Row = dict[str, Any]  # of a file of results
Table = list[tuple[str, ...]]  # the first line is its head

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@dataclass(frozen=True)
class Asked:
    """How a figure is to be taken, where it may be taken in more than one way."""

    seeds: int | None = None  # how many, counted from 0; None: as many as the figure has
    repetitions: int | None = None  # of what is timed; None: as many as the figure has
    shared: Path = SHARED  # the folder of tables and of doubted labels


class Figure(Protocol):
    """A kind of figure; `about` says what a reader must know to read the table."""

    @property
    def about(self) -> str: ...

    def owed(self) -> str:
        """The bounds in words: "digits, default network ≥ 98.5 %; ≤ 30 s"."""

    def measure(self, asked: Asked) -> list[Row]:
        """The rows of results, all that JSON can hold."""

    def table(self, rows: list[Row]) -> Table:
        """What the page shows of these rows; a row belongs to what is owed under the same words."""
