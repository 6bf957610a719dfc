"""How exactly `wxb train --time` keeps time, and how much of it goes to what is not training."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from benchmarks.bounds import Bound, at_most, middle, verdict
from benchmarks.figure import Asked, Row, Table
from benchmarks.training import train

ASIDE = ("checks", "baselines", "report")  # stages that are neither data nor training nor the test
ALWAYS = at_most(2, "s")  # that they may take of however short a training


@dataclass(frozen=True)
class Timed:
    """`wxb train DATA --time SECONDS`."""

    data: str
    seconds: int
    off: Bound  # of the difference, as a share of what was asked
    aside: Bound  # of what goes to the stages aside, as a share of the training

    @property
    def what(self) -> str:
        """The command."""
        return " ".join(("wxb train", *self.arguments))

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows `wxb train`."""
        return (self.data, "--time", f"{self.seconds}s")


@dataclass(frozen=True)
class Timekeeping:
    """The figure of all commands."""

    rows: tuple[Timed, ...]
    seeds: int = 3
    about: str = ""

    def owed(self) -> str:
        """Every bound with the command that it is for."""
        return "; ".join(f"`{one.what}` off by {one.off}, aside {one.aside} or {ALWAYS}" for one in self.rows)

    def measure(self, asked: Asked) -> list[Row]:
        """Every command, once a seed: what it says of its stages, and the seconds of its process."""
        return [measure(one, asked.seeds or self.seeds) for one in self.rows]

    def table(self, rows: list[Row]) -> Table:
        """Seconds of all stages, of training, and of those aside; the worst seed is held against the bounds."""
        measured = {row["what"]: row for row in rows}
        head = ("command", "whole, s", "off by at most", "process, s", "training, s", "aside, s", "owed")
        return [head, *(_line(one, measured[one.what]) for one in self.rows if one.what in measured)]


def _line(one: Timed, row: Row) -> tuple[str, ...]:
    whole, training = ([stages[name] for stages in row["stages"]] for name in ("total", "train"))
    aside = [sum(stages[name] for name in ASIDE) for stages in row["stages"]]
    off = max(abs(seconds - one.seconds) / one.seconds for seconds in whole)
    shares = [part / of for part, of in zip(aside, training, strict=True) if not ALWAYS.met(part)]
    told = verdict(one.aside, max(shares, default=0.0))
    return (
        f"`{one.what}`",
        middle(whole, 2),
        f"{100 * off:.1f} %",
        middle(row["seconds"], 2),
        middle(training, 2),
        middle(aside, 2),
        f"{verdict(one.off, off)}; aside {told.replace(str(one.aside), f'{one.aside} or {ALWAYS}', 1)}",
    )


def measure(one: Timed, seeds: int) -> Row:
    """The command with seeds 0 to seeds - 1."""
    row: Row = {"what": one.what, "seeds": list(range(seeds)), "stages": [], "seconds": [], "networks": []}
    for seed in row["seeds"]:
        answer, took = train(one.arguments, seed)
        row["stages"].append(answer["seconds"])
        row["seconds"].append(round(took, 2))
        row["networks"].append(answer["network"])
        print(f"  {one.what}, seed {seed}: {answer['seconds']['total']:.2f} s", file=sys.stderr)
    return row
