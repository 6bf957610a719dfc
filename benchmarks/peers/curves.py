"""The picture of a comparison: test accuracy against what the machine could have computed in the time."""

from __future__ import annotations

import statistics

from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks.peers.roster import PEERS
from benchmarks.results import Row
from wxb.lessons import picture

LEAST = {"mnist": 95.0, "cifar10": 30.0, "cifar10-float32": 30.0}  # %, the lower end of the picture
TICKS = (1, 2, 5)  # times powers of ten


def draw(data: str, rows: list[Row]) -> Figure:
    """A line for each training of a peer, with a point for each epoch; one point for a training towards a single goal.

    Across is R in 10¹² operations, seconds times the median rate of the training, on a logarithmic scale.
    """
    figure, (axes,) = picture.panels(1, height=4.2)
    for peer, colour in zip(PEERS[data], picture.COLOURS, strict=False):
        its = [row for row in rows if row["name"] == peer.name and row["epochs"]]
        if peer.by_goal:
            marks = [point for row in its for point in points(row)[-1:]]
            axes.plot(*across(marks), color=colour, marker="D", linestyle="", label=peer.what)
            continue
        for row in its:
            label = peer.what if row is its[0] else None
            axes.plot(*across(points(row)), color=colour, marker=".", markersize=5, linewidth=1, label=label)
    wxb = [point for row in rows if row["name"] == "wxb" for point in points(row)]
    axes.plot(
        *across(wxb), color=picture.BLACK, marker="*", markersize=11, linestyle="", label="wxb, a training a goal"
    )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=TICKS))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("")
    axes.set_ylim(bottom=LEAST[data])
    picture.label(axes, "up and to the left is better", "R, 10¹² operations", "test accuracy, %")
    picture.legend(axes, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def points(row: Row) -> list[tuple[float, float]]:
    """R in 10¹² operations and test accuracy in % after every epoch."""
    return [(epoch["seconds"] * rate(row) / 1000, 100 * epoch["test_accuracy"]) for epoch in row["epochs"]]


def rate(row: Row) -> float:
    """The median of a row's samples of the matrix product, in GFLOP/s."""
    return float(statistics.median(row["rates"]))


def across(marks: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Both coordinates of points, each as a list."""
    return [x for x, _ in marks], [y for _, y in marks]
