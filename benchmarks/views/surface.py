"""The seconds of a loss surface of 51×51 places over two random directions.

Every row of the surface has the same work, so that of a large network a few rows are timed and the rest is reckoned.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch

import wxb
from benchmarks.bounds import Bound, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from wxb.data.split import spread
from wxb.views.directions import random
from wxb.views.landscape import Landscape

SIDE = 51


@dataclass(frozen=True)
class Surface:
    """A network on examples of a data set."""

    what: str
    data: str
    network: str
    examples: int
    timed: int  # rows
    seconds: Bound  # of all rows


@dataclass(frozen=True)
class Surfaces(Figure):
    """Surfaces of networks with their initial weights: the time does not depend on what they have learned."""

    rows: tuple[Surface, ...]

    def measure(self, scope: Scope) -> Rows:
        """Time some rows of each surface; the threads of a row are those of the view."""
        return [{"what": case.what, "rows": case.timed, "seconds": round(timed(case), 3)} for case in self.rows]

    def table(self, rows: Rows) -> Table:
        """Seconds of the timed rows and of all."""
        return [("surface", "examples", "rows timed", "seconds", "of all 51 rows", "owed"),
                *lines(self.rows, rows, line)]  # fmt: skip


def timed(case: Surface) -> float:
    """Seconds of the rows that are timed, after what all rows share has been computed."""
    data = wxb.load_data(case.data)
    model = wxb.build(case.network, data).eval().requires_grad_(False)
    chosen = spread(data.split.train, case.examples)
    inputs = torch.from_numpy(np.ascontiguousarray(data.model_inputs[chosen]))
    landscape = Landscape(model, inputs, torch.from_numpy(data.targets[chosen]), random(model))
    xs, ys = landscape.plane.axes(SIDE)
    landscape.loss(0.0, 0.0)
    began = time.perf_counter()
    for _ in landscape.rows(xs, dict(enumerate(ys[: case.timed].tolist()))):
        pass
    return time.perf_counter() - began


def line(case: Surface, row: Row) -> Cells:
    """The line of a surface."""
    whole = row["seconds"] * SIDE / row["rows"]
    cells = (f"{case.examples:,}", f"{row['rows']}", f"{row['seconds']:.1f}", f"{whole:.0f}")
    return (case.what, *cells, verdict(case.seconds, round(whole, 1)))
