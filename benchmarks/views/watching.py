"""What `--watch 50` takes of a training.

The steps of one training are compared with each other, those that are watched with those that are not, so that the pace
of the machine does not matter. A step that ends an epoch counts as neither.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import wxb
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from wxb.settings.python import RecipeOptions
from wxb.trials import Trial

WATCHED = 50


@dataclass(frozen=True)
class Watched:
    """A training that is watched: its data, network and steps; None for the default."""

    what: str
    data: str
    network: str | None
    steps: int | None
    share: Bound  # of the time of the training that watching may take


@dataclass(frozen=True)
class Watching(Figure):
    """Trainings, each watched at 50 steps."""

    rows: tuple[Watched, ...]
    repetitions: int = 3

    def measure(self, scope: Scope) -> Rows:
        """Train each case a few times."""
        return [
            {"what": case.what, "trainings": [measured(case) for _ in range(scope.repetitions or self.repetitions)]}
            for case in self.rows
        ]

    def table(self, rows: Rows) -> Table:
        """The milliseconds of a watched and of another step, and what watching takes."""
        return [("training", "steps", "ms of a watched step", "of another", "watching takes", "owed"),
                *lines(self.rows, rows, line)]  # fmt: skip


def measured(case: Watched) -> Row:
    """Train once: the median seconds of a watched and of another step, and the number of steps."""
    options: RecipeOptions = {} if case.steps is None else {"steps": case.steps}
    seconds: dict[bool, list[float]] = {True: [], False: []}
    last, steps = None, 0
    for record in Trial(wxb.load_data(case.data), case.network, watch=WATCHED, **options):
        now = time.perf_counter()
        if last is not None and not record.epoch_end:
            seconds[record.reading is not None].append(now - last)
        last, steps = time.perf_counter(), record.steps
    return {
        "watched": round(statistics.median(seconds[True]), 6),
        "other": round(statistics.median(seconds[False]), 6),
        "steps": steps,
    }


def line(case: Watched, row: Row) -> Cells:
    """The line of a training."""
    trainings = row["trainings"]
    watched, other = ([1e3 * one[name] for one in trainings] for name in ("watched", "other"))
    shares = [WATCHED * (one["watched"] - one["other"]) / (one["steps"] * one["other"]) for one in trainings]
    said = f"{middle([100 * share for share in shares], 1)} %"
    steps = f"{trainings[0]['steps']:,}"
    owed = verdict(case.share, statistics.median(shares))
    return (case.what, steps, middle(watched, 2), middle(other, 2), said, owed)
