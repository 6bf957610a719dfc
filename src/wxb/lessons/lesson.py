"""A lesson: a statement about learning, the trainings that test it, and how their results are presented."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from wxb.errors import WxbError, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Row = dict[str, Any]  # plain values that JSON can hold
Rows = list[Row]
Table = list[tuple[str, ...]]  # the head, then the body

TITLES = {  # in the order of docs/theory.md; the module of a lesson has its name
    "bias": "The bias trick",
    "reduction": "Total cost as a sum or as a mean",
    "penalty": "Prefer simpler models",
    "capacity": "Fit against the size of the network",
    "size": "How many training examples",
    "transfer": "A learned representation moves to a new task",
    "surface": "The error surface and its minima",
    "universality": "One wide hidden layer fits any continuous function",
}
SEEDS = 3  # of the full lesson


@dataclass(frozen=True)
class Lesson:
    """The content of one lesson. Tables, findings and picture are made from the rows alone."""

    text: str  # Markdown: what the lecture says and what is done here
    cases: Sequence[Any]  # the trainings of the full lesson
    short: Sequence[Any]  # those that take no longer than a minute
    measure: Callable[[Any, int], Rows]  # the rows of a case and seed
    tables: Callable[[Rows], list[tuple[str, Table]]]  # each with its caption
    findings: Callable[[Rows], str]  # Markdown
    draw: Callable[[Rows], Figure]  # needs matplotlib
    shows: str  # the picture in words, for those who cannot see it
    seeded: bool = True  # False: nothing is drawn at random, one seed is enough

    def run(self, seeds: int = 1, full: bool = False) -> Iterator[Rows]:
        """Yield the rows of every case with seeds 0 to seeds - 1, one training after the other."""
        for case in self.cases if full else self.short:
            for seed in range(seeds if self.seeded else 1):
                yield self.measure(case, seed)

    def trainings(self, seeds: int = 1, full: bool = False) -> int:
        """The number of times that `run` yields."""
        return len(self.cases if full else self.short) * (seeds if self.seeded else 1)


def lesson(name: str) -> Lesson:
    """The lesson with this name. Raises WxbError if there is none."""
    if name not in TITLES:
        like = nearest(name, TITLES)
        raise WxbError(f"no lesson is called {name}" + (f"; {like} is one" if like else ""), fix="wxb lesson lists all")
    loaded: Lesson = import_module(f"wxb.lessons.{name}").LESSON
    return loaded


def where(rows: Rows, **values: object) -> Rows:
    """The rows that have these values."""
    return [row for row in rows if all(row.get(name) == value for name, value in values.items())]


def distinct(rows: Rows, column: str) -> list[Any]:
    """The values of a column, each once, in order of appearance."""
    return list(dict.fromkeys(row[column] for row in rows if column in row))


def mean(rows: Rows, column: str, **values: object) -> float:
    """The mean of a column over the rows that have these values."""
    numbers = [row[column] for row in where(rows, **values)]
    return float(sum(numbers) / len(numbers))


def seeds(rows: Rows) -> str:
    """The number of seeds: "1 seed", "3 seeds"."""
    number = len(distinct(rows, "seed"))
    return f"{number} seed{'s' if number != 1 else ''}"
