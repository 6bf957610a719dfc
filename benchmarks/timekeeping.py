"""How exactly `wxb train --time` keeps time, and how much of the time goes to anything but training."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.bounds import Bound, at_most, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from benchmarks.training import train

ASIDE = ("checks", "baselines", "report")  # stages that are neither data nor training nor the test
ALWAYS = at_most(2, "s")  # that they may take of however short a training


@dataclass(frozen=True)
class Timed:
    """`wxb train DATA --time SECONDS`."""

    data: str
    seconds: int
    off: Bound  # of the difference, as a share of the time given
    aside: Bound  # of the stages aside, as a share of the training

    @property
    def what(self) -> str:
        """The command."""
        return " ".join(("wxb train", *self.arguments))

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words after `wxb train`."""
        return (self.data, "--time", f"{self.seconds}s")


@dataclass(frozen=True)
class Timekeeping(Figure):
    """The figure of all commands."""

    rows: tuple[Timed, ...]
    seeds: int = 3

    def measure(self, scope: Scope) -> Rows:
        """Every command, once for each seed: the seconds of its stages, and of its process."""
        return [measure(one, scope.seeds or self.seeds) for one in self.rows]

    def table(self, rows: Rows) -> Table:
        """Seconds of all stages, of training, and of those aside; the worst seed is held against the bounds."""
        head = ("command", "whole, s", "off by at most", "process, s", "training, s", "aside, s", "owed")
        return [head, *lines(self.rows, rows, line)]


def line(one: Timed, row: Row) -> Cells:
    """The line of a command."""
    whole, training = ([stages[name] for stages in row["stages"]] for name in ("total", "train"))
    aside = [sum(stages[name] for name in ASIDE) for stages in row["stages"]]
    off = max(abs(seconds - one.seconds) / one.seconds for seconds in whole)
    shares = [part / of for part, of in zip(aside, training, strict=True) if not ALWAYS.met(part)]
    owed = verdict(one.aside, max(shares, default=0.0)).replace(str(one.aside), f"{one.aside} or {ALWAYS}", 1)
    cells = (middle(values, 2) for values in (row["seconds"], training, aside))
    return (f"`{one.what}`", middle(whole, 2), f"{100 * off:.1f} %", *cells, f"{verdict(one.off, off)}; aside {owed}")


def measure(one: Timed, seeds: int) -> Row:
    """The command with seeds 0 to seeds - 1."""
    row: Row = {"what": one.what, "seeds": list(range(seeds)), "stages": [], "seconds": [], "networks": []}
    for seed in row["seeds"]:
        answer, seconds = train(one.arguments, seed)
        row["stages"].append(answer["seconds"])
        row["seconds"].append(round(seconds, 2))
        row["networks"].append(answer["network"])
    return row
