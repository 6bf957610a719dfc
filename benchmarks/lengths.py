"""The best use of minutes and of an hour of training: networks and settings after the same amount of arithmetic."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import wxb
from benchmarks.choices import options, typed
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from benchmarks.parts import held_out
from wxb.trials import Trial


@dataclass(frozen=True)
class Tried:
    """A network that is trained for some epochs, with its own `settings` and those that are `changed`."""

    name: str
    network: str  # without its head
    settings: Mapping[str, Any]
    epochs: int
    changed: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)

    @property
    def what(self) -> str:
        """The name of its row."""
        return " ".join((f"{self.name}, {self.epochs} epochs", *self.typed))

    @property
    def typed(self) -> tuple[str, ...]:
        """The changed settings as options of `wxb train`."""
        return typed(options(self.changed))


@dataclass(frozen=True)
class Lengths(Figure):
    """Trainings on `data`, scored on `held` of the training examples and on the validation part."""

    data: str
    held: int
    rows: tuple[Tried, ...]

    def measure(self, scope: Scope) -> Rows:
        """Accuracy on the held-out examples, each together with its mirror image, and seconds of training."""
        data = held_out(wxb.load_data(self.data), self.held)
        rows = []
        for tried in self.rows:
            row: Row = {"what": tried.what, "seeds": list(tried.seeds), "accuracy": [], "seconds": []}
            for seed in tried.seeds:
                its = {"epochs": tried.epochs, "seed": seed, "flip_average": True}
                trial = Trial(data, f"{tried.network}, SOFTMAX", **{**tried.settings, **tried.changed, **its})
                row["accuracy"].append(trial.train().score("test").score)
                row["seconds"].append(round(trial.seconds["train"], 1))
                # six per multiply-add of the forward pass
                row["operations"] = 6.0 * trial.plan.multiply_adds * len(data.split.train) * tried.epochs
                print(f"  {tried.what}, seed {seed}: {row['accuracy'][-1]:.4f}", file=sys.stderr)
            rows.append(row)
        return rows

    def table(self, rows: Rows) -> Table:
        """A line for each training, in the order of the figure."""
        head = ("10¹² operations", "network", "epochs", "changed", "accuracy", "seconds of training")
        return [head, *lines(self.rows, rows, line)]


def line(tried: Tried, row: Row) -> Cells:
    """The line of a training."""
    right = ", ".join(f"{100 * one:.2f}" for one in row["accuracy"])
    changed = f"`{' '.join(tried.typed)}`" if tried.changed else ""
    seconds = f"{statistics.median(row['seconds']):.1f}"
    return f"{row['operations'] / 1e12:,.0f}", tried.name, str(tried.epochs), changed, f"{right} %", seconds
