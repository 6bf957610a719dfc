"""Every view of a network on MNIST: the seconds of its arrays and its picture, and whether all numbers are finite."""

from __future__ import annotations

import inspect
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import wxb
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table
from wxb import views
from wxb.data.dataset import Dataset
from wxb.runs.run import Run
from wxb.views.table import VIEWS, about_run, why_not
from wxb.views.view import View

PARTLY_EMPTY = {"calibration"}  # views with NaN where there is nothing to count: bins without examples
ALONE = ("graph", "filters", "templates", "curves")  # that look at no example, or at the history


@dataclass(frozen=True)
class Gallery(Figure):
    """The views of a network, and of a linear one those that need it."""

    data: str
    network: str
    linear: str
    seconds: Bound  # of a view that shows one example, arrays and picture together
    repetitions: int = 5

    def measure(self, scope: Scope) -> Rows:
        """Train each network for an epoch, then take every view that applies, the first time not counted."""
        found = []
        data = wxb.load_data(self.data)
        with tempfile.TemporaryDirectory() as folder:
            done: set[str] = set()
            for network in (self.network, self.linear):
                run = wxb.train(data, network, epochs=1, out=Path(folder) / network)
                names = [name for name in VIEWS if name not in done and not why_not(name, about_run(run))]
                done |= set(names)
                found += [taken(name, network, run, data, scope.repetitions or self.repetitions) for name in names]
        return found

    def table(self, rows: Rows) -> Table:
        """Seconds of arrays and picture, and the arrays; the bound is on both together, for views of one example."""
        head = ("view", "network", "seconds of arrays", "of picture", "arrays", "all finite", "owed")
        return [head, *(self.line(row) for row in rows)]

    def line(self, row: Row) -> Cells:
        """The line of a view."""
        total = statistics.median(row["arrays"]) + statistics.median(row["picture"])
        seconds = (middle(row["arrays"], 3), middle(row["picture"], 3))
        finite = "yes" if row["finite"] else "but for empty bins" if row["what"] in PARTLY_EMPTY else "**no**"
        owed = verdict(self.seconds, total) if row["single"] else ""
        return (f"`{row['what']}`", row["network"], *seconds, str(row["count"]), finite, owed)


def taken(name: str, network: str, run: Run, data: Dataset, repetitions: int) -> Row:
    """Seconds of a view at each repetition; a view of many examples, which may take long, once."""
    show = getattr(views, name)
    given: dict[str, Any] = {"x": data} if "x" in inspect.signature(show).parameters and name != "graph" else {}
    if name == "comparison":
        given["against"] = str(run.path)
    single = name in ALONE or {"example", "x"} <= set(VIEWS[name].options)
    arrays, picture = [], []
    for repetition in range((repetitions if single else 1) + single):
        began = time.perf_counter()
        shown: View = show(run, **given)
        between = time.perf_counter()
        shown.svg()
        ended = time.perf_counter()
        if repetition or not single:
            arrays.append(round(between - began, 4))
            picture.append(round(ended - between, 4))
    numbers = [one.array for one in shown.arrays.values() if one.array.dtype.kind == "f"]
    return {
        "what": name, "network": network, "arrays": arrays, "picture": picture, "single": single,
        "count": len(shown.arrays), "finite": all(bool(np.isfinite(one).all()) for one in numbers),
    }  # fmt: skip
