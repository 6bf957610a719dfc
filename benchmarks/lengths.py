"""What trainings of minutes and of an hour are best spent on: networks and settings after as much arithmetic each."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import wxb
from benchmarks.choices import options, typed
from benchmarks.figure import Asked, Row, Table
from benchmarks.parts import held_out
from wxb.learning.inference import score
from wxb.learning.loop import learn
from wxb.learning.setup import set_up


@dataclass(frozen=True)
class Tried:
    """A network trained for so many epochs, with `settings` that are its own and what is `changed` of them."""

    name: str
    network: str  # without its head
    settings: Mapping[str, Any]
    epochs: int
    changed: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)

    @property
    def what(self) -> str:
        """What tells its row from all others."""
        return " ".join((f"{self.name}, {self.epochs} epochs", *self.typed))

    @property
    def typed(self) -> tuple[str, ...]:
        """What is changed, as options of `wxb train`."""
        return typed(options(self.changed))


@dataclass(frozen=True)
class Lengths:
    """A figure of trainings on `data`, of which `held` training examples besides the validation part only score."""

    data: str
    held: int
    rows: tuple[Tried, ...]
    about: str = ""

    def owed(self) -> str:
        """Nothing: it explains."""
        return "nothing, it explains what was chosen"

    def measure(self, asked: Asked) -> list[Row]:
        """Accuracy on what was held out, a picture and its mirror image together, and seconds of training."""
        data, held = held_out(wxb.load_data(self.data), self.held)
        rows = []
        for tried in self.rows:
            row: Row = {"what": tried.what, "seeds": list(tried.seeds), "accuracy": [], "seconds": []}
            for seed in tried.seeds:
                given = {
                    **tried.settings,
                    **tried.changed,
                    "epochs": tried.epochs,
                    "seed": seed,
                    "mirror_average": True,
                }
                found = set_up(data, f"{tried.network}, SOFTMAX", options=given)
                seconds = 0.0
                for record in learn(found.model, data, found.recipe, found.machine):
                    seconds = record.seconds
                right = score(found.model, data.examples, data.targets[held], found.machine, rows=held).accuracy
                row["accuracy"].append(right)
                row["seconds"].append(round(seconds, 1))
                # six a multiply-add of the forward pass
                row["operations"] = 6.0 * found.plan.multiply_adds * len(data.split.train) * tried.epochs
                print(f"  {tried.what}, seed {seed}: {right:.4f}", file=sys.stderr)
            rows.append(row)
        return rows

    def table(self, rows: list[Row]) -> Table:
        """By what was computed, in the order of the rows."""
        measured = {row["what"]: row for row in rows}
        head = ("10¹² operations", "network", "epochs", "changed", "right", "seconds of training")
        return [head, *(_line(tried, measured[tried.what]) for tried in self.rows if tried.what in measured)]


def _line(tried: Tried, row: Row) -> tuple[str, ...]:
    right = ", ".join(f"{100 * one:.2f}" for one in row["accuracy"])
    changed = f"`{' '.join(tried.typed)}`" if tried.changed else ""
    seconds = f"{statistics.median(row['seconds']):.1f}"
    return f"{row['operations'] / 1e12:,.0f}", tried.name, str(tried.epochs), changed, f"{right} %", seconds
