"""The effect of each choice of a recipe: the same training with one choice changed at a time."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from benchmarks.training import quoted, spread, train


@dataclass(frozen=True)
class Choice:
    """One change of the base training: other options (None: not given), or another network."""

    what: str
    options: Mapping[str, str | None] = field(default_factory=dict)
    network: str = ""


@dataclass(frozen=True)
class Choices(Figure):
    """A figure of choices: `wxb train DATA NETWORK OPTIONS`, and once more for each choice."""

    seeds: int
    data: str
    network: str
    options: Mapping[str, str]
    rows: tuple[Choice, ...]

    def measure(self, scope: Scope) -> Rows:
        """All trainings of a seed, then those of the next, so that other work of the machine slows them alike."""
        choices = (Choice("as chosen"), *self.rows)
        rows: Rows = [
            {"what": choice.what, "command": self.command(choice), "seeds": [], "accuracy": [], "seconds": []}
            for choice in choices
        ]
        for seed in range(scope.seeds or self.seeds):
            for choice, row in zip(choices, rows, strict=True):
                answer, _ = train(self.arguments(choice), seed)
                row["seeds"].append(seed)
                row["accuracy"].append(answer["test"]["accuracy"])
                row["seconds"].append(answer["seconds"]["train"])
                print(f"  {choice.what}, seed {seed}: {row['accuracy'][-1]:.4f}", file=sys.stderr)
        return rows

    def arguments(self, choice: Choice) -> tuple[str, ...]:
        """The words after `wxb train`."""
        return (self.data, choice.network or self.network, *typed({**self.options, **choice.options}))

    def command(self, choice: Choice) -> str:
        """The network or the options that a choice changes, or the whole command if it changes nothing."""
        if choice.network:
            return quoted(choice.network)
        return " ".join(typed(choice.options) or ("wxb train", *map(quoted, self.arguments(choice))))

    def table(self, rows: Rows) -> Table:
        """Accuracy and seconds of training, and both compared with the first row."""
        measured = {row["what"]: row for row in rows}
        base = measured["as chosen"]
        head = ("what", "changed", "test accuracy", "points", "seconds of training", "against the first")
        return [
            head,
            *(
                line(measured[what], base)
                for what in ("as chosen", *(row.what for row in self.rows))
                if what in measured
            ),
        ]


def options(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as options of `wxb train`."""
    return {name.replace("_", "-"): str(value) for name, value in settings.items()}


def typed(options: Mapping[str, str | None]) -> tuple[str, ...]:
    """{"epochs": "1", "momentum": None} -> ("--epochs", "1")."""
    return tuple(word for name, value in options.items() if value is not None for word in (f"--{name}", value))


def line(row: Row, base: Row) -> Cells:
    """The line of a row, compared with the first row."""
    mean, seconds = (statistics.mean(row[key]) for key in ("accuracy", "seconds"))
    base_mean, base_seconds = (statistics.mean(base[key]) for key in ("accuracy", "seconds"))
    points = "" if row is base else f"{100 * (mean - base_mean):+.2f}".replace("-", "−")
    ratio = "" if row is base else f"{seconds / base_seconds:.2f}×"
    return (row["what"], f"`{row['command']}`", spread(row["accuracy"], "accuracy"), points, f"{seconds:.1f}", ratio)
