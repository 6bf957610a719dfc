"""The table of a comparison with peers: seconds, effort and accuracy to a goal, the median over seeds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from benchmarks.peers.curves import rate
from benchmarks.peers.roster import PEERS, WXB
from benchmarks.results import Row


def has_peers(rows: list[Row]) -> bool:
    """Whether there are rows of anything but wxb."""
    return any(row["name"] != "wxb" for row in rows)


def table(data: str, goal: float, rows: list[Row]) -> list[tuple[str, ...]]:
    """Head and rows of a goal's table, in the order of the roster."""
    head = ("what", "seconds", "R", "R / wxb's", "accuracy", "epochs", "seeds at the goal", "versions")
    wxb = of(rows, "wxb", goal)
    base = middle([effort(row, goal) for row in wxb]) if wxb else math.inf
    whats = [("wxb", f"**wxb**, `{shown(wxb, data, goal)}`"), *((peer.name, peer.what) for peer in PEERS[data])]
    lines = []
    for name, what in whats:
        its = of(rows, name, goal)
        if its:
            lines.append((what, *cells(its, goal, base)))
    return [head, *lines]


def shown(rows: list[Row], data: str, goal: float) -> str:
    """The command that wxb's rows were made with."""
    return str(rows[0]["command"]) if rows else " ".join(("wxb", "train", *WXB[data][goal]))


def of(rows: list[Row], name: str, goal: float) -> list[Row]:
    """The rows of a participant that belong to a goal."""
    return [row for row in rows if row["name"] == name and row["goal"] in (None, goal)]


def cells(rows: list[Row], goal: float, base: float) -> tuple[str, ...]:
    """The cells of a participant; `base` is the median R of wxb."""
    versions = ", ".join(f"{name} {release}" for name, release in rows[-1]["versions"].items())
    failed = next((row["error"] for row in rows if row["ended"] == "error"), None)
    if failed is not None:
        return (f"does not run here: `{failed}`", "", "", "", "", "", versions)
    reached = [row for row in rows if first(row, goal) is not None]
    efforts = [effort(row, goal) for row in rows]
    spent = [row["seconds"] * rate(row) / 1000 for row in rows]
    trained = [row for row in rows if row["epochs"]]
    accuracies = [(first(row, goal) or best(row["epochs"]))["test_accuracy"] for row in trained]
    numbers = [(first(row, goal) or row["epochs"][-1])["epoch"] for row in trained]
    return (
        spread([duration(row, goal) for row in rows], [row["seconds"] for row in rows]),
        spread(efforts, spent),
        ratio(efforts, spent, base),
        percent(statistics.median(accuracies)) if accuracies else "none",
        f"{statistics.median(numbers):g}" if numbers else "0",
        f"{len(reached)} of {len(rows)}",
        versions,
    )


def first(row: Row, goal: float) -> Row | None:
    """The first epoch at the goal."""
    return next((epoch for epoch in row["epochs"] if epoch["test_accuracy"] >= goal), None)


def best(epochs: list[Row]) -> Row:
    """The epoch with the highest test accuracy."""
    return max(epochs, key=lambda epoch: float(epoch["test_accuracy"]))


def duration(row: Row, goal: float) -> float:
    """Seconds to the goal; infinite if it was not reached."""
    epoch = first(row, goal)
    return math.inf if epoch is None else float(epoch["seconds"])


def effort(row: Row, goal: float) -> float:
    """R, in 10¹² operations: seconds to the goal times the rate."""
    return duration(row, goal) * rate(row) / 1000


def middle(values: Sequence[float]) -> float:
    """The median; of an even number of values the higher middle one, since some may be infinite."""
    return statistics.median_high(values)


def spread(values: Sequence[float], had: Sequence[float]) -> str:
    """ "12.3 (11.9–14.0)"; an infinite value is shown as more than the least time of such a seed."""
    least = min((own for value, own in zip(values, had, strict=True) if math.isinf(value)), default=0.0)

    def text(value: float) -> str:
        return f"> {amount(least)}" if math.isinf(value) else amount(value)

    whole = text(middle(values))
    if len(values) == 1 or all(map(math.isinf, values)):
        return whole
    return f"{whole} ({text(min(values))}–{text(max(values))})"


def ratio(efforts: Sequence[float], spent: Sequence[float], base: float) -> str:
    """How many times wxb's R; "> …" if the goal was not reached, nothing if wxb's is not known."""
    if math.isinf(base):
        return ""
    if not math.isinf(middle(efforts)):
        return f"{middle(efforts) / base:.1f}×"
    least = min(had for effort, had in zip(efforts, spent, strict=True) if math.isinf(effort))
    return f"> {least / base:.1f}×"


def recipes(data: str) -> list[str]:
    """A list of the scripts and the pages that they follow."""
    lines = [f"- {peer.what}: {linked(peer.source)}, `benchmarks/peers/scripts/{peer.script}`" for peer in PEERS[data]]
    return ["Recipes", "", *lines]


def linked(source: str) -> str:
    """A page as a link; this project's own loops have none."""
    return f"<{source}>" if source.startswith("https://") else "written for this comparison"


def progress(row: Row) -> str:
    """A row as a line of progress."""
    goal = f" for {percent(row['goal'])}" if row["goal"] else ""
    if row["ended"] == "error":
        return f"{row['name']}{goal}, seed {row['seed']}: {row['error']}"
    reached = f"{percent(best(row['epochs'])['test_accuracy'])} at best" if row["epochs"] else "no epoch"
    return (
        f"{row['name']}{goal}, seed {row['seed']}: {row['seconds']:.1f} s, {rate(row):.0f} GFLOP/s, {reached}, "
        f"ended by {row['ended'].removeprefix('by ')}"
    )


def amount(value: float) -> str:
    """1234.5 -> "1,234"; 12.34 -> "12.3"."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def percent(value: float) -> str:
    """0.995 -> "99.5 %"."""
    return f"{100 * value:.4g} %"
