"""How many training examples a network needs: two rules of thumb against learning curves.

The rules: 5 to 10 examples a weight; N > |W|/(1 − a) for an accuracy a (Baum, Haussler 1989, "What size net gives valid
generalization?": of order W/ε examples for an error ε = 1 − a).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

import wxb
from benchmarks import pictures
from benchmarks.theory import fit
from benchmarks.theory.part import Part, Row, Rows, Table, distinct, of
from wxb.data.dataset import Dataset
from wxb.learning.inference import score
from wxb.randomness import generator
from wxb.text import count, percent

SEEDS = (0, 1, 2)
STEPS = 500
NEAR = 0.01  # of accuracy, that a curve is taken to have arrived within
RULE = (5, 10)  # examples a weight


@dataclass(frozen=True)
class Curves:
    """Networks for one data set, and the numbers of training examples that they are given."""

    networks: tuple[str, ...]
    examples: tuple[int, ...]
    drawn: int | None = None  # how many points a toy has


CURVES = {
    "ring": Curves(
        ("FC-8-RELU, SOFTMAX", "FC-32-RELU, SOFTMAX", "FC-32-RELU-FC-32-RELU, SOFTMAX"),
        (25, 100, 400, 1600, 12800), 24_000,
    ),
    "digits": Curves(
        ("SOFTMAX", "FC-16-RELU, SOFTMAX", "FC-64-RELU, SOFTMAX"), (25, 100, 400, 1347)
    ),
}  # fmt: skip


def measure(curves: dict[str, Curves] = CURVES, seeds: Sequence[int] = SEEDS, steps: int = STEPS) -> Rows:
    """A row a data set, network, number of examples and seed: the accuracy on the same test examples."""
    rows = []
    for name, these in curves.items():
        loaded = {seed: wxb.load_data(name, examples=these.drawn, seed=seed, split=(0.75, 0, 0.25)) for seed in seeds}
        for network in these.networks:
            for examples in these.examples:
                rows += [fitted(loaded[seed], network, examples, seed, steps) for seed in seeds]
            print(f"  {name}, {network}: {percent(statistics.mean(row['accuracy'] for row in rows[-len(seeds) :]))}")
    return rows


def fitted(data: Dataset, network: str, examples: int, seed: int, steps: int) -> Row:
    """Train on the first `examples` of one order of the training part, and test."""
    order = generator(seed, "theory", "size").permutation(data.split.train)
    fewer = replace(data, split=replace(data.split, train=order[:examples]))
    model = wxb.build(network, fewer, seed=seed)
    fit.train(model, fewer, steps, seed=seed, batch_size=min(32, examples))
    accuracy = score(model, *data.part("test"), fit.ONE_THREAD).accuracy
    return {
        "data": data.name, "network": network, "parameters": model.plan.parameters, "examples": len(fewer.split.train),
        "seed": seed, "accuracy": accuracy,
    }  # fmt: skip


# --- the page -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Read:
    """What a learning curve says beside the rules."""

    data: str
    network: str
    parameters: int
    last: int  # the most examples that it was given
    accuracy: float  # with them
    arrived: int  # the fewest examples with an accuracy within NEAR of that
    reached: float  # and the accuracy there

    @property
    def by_error(self) -> float:
        """|W|/(1 − a) at the accuracy that the curve ends with."""
        return self.parameters / max(1 - self.accuracy, 1e-9)


def curve(rows: Rows, data: str, network: str) -> dict[int, list[float]]:
    """Accuracies of all seeds by the number of examples."""
    ones = of(rows, data=data, network=network)
    return {n: [row["accuracy"] for row in of(ones, examples=n)] for n in distinct(ones, "examples")}


def reading(rows: Rows, data: str, network: str) -> Read:
    """A curve's end, and where it first comes near to it."""
    means = {n: statistics.mean(values) for n, values in curve(rows, data, network).items()}
    last = max(means)
    arrived = min(n for n, mean in means.items() if mean >= means[last] - NEAR)
    parameters = of(rows, data=data, network=network)[0]["parameters"]
    return Read(data, network, parameters, last, means[last], arrived, means[arrived])


def readings(rows: Rows) -> list[Read]:
    """All curves."""
    pairs = dict.fromkeys((row["data"], row["network"]) for row in rows)
    return [reading(rows, data, network) for data, network in pairs]


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """The rules' numbers and the curve's own."""
    low, high = RULE
    table: Table = [
        ("data", "network", "weights", f"{low} to {high} × weights", "accuracy a at the most examples", "|W|/(1 − a)",
         f"examples within {100 * NEAR:g} point of a", "of them a weight")
    ]  # fmt: skip
    for one in readings(rows):
        table.append((
            one.data, f"`{one.network}`", count(one.parameters),
            f"{count(low * one.parameters)} to {count(high * one.parameters)}",
            f"{percent(one.accuracy)} at {count(one.last)}", count(round(one.by_error)), count(one.arrived),
            f"{one.arrived / one.parameters:.2g}",
        ))  # fmt: skip
    seeds = len(distinct(rows, "seed"))
    return [(f"Weights count biases too; accuracies are test accuracies, means of {seeds} seeds.", table)]


def seen(rows: Rows) -> str:
    """Where the curves of each data set arrive, beside what the rules ask for."""
    said = [about(data, [one for one in readings(rows) if one.data == data]) for data in distinct(rows, "data")]
    return " ".join([
        *said,
        "Few numbers of examples were tried, so that an arrival is known no closer than from one dot to the next.",
        "The rules know neither the data nor how training chooses among the functions that a network could be; the "
        "learning curve does.",
    ])  # fmt: skip


def about(data: str, ones: list[Read]) -> str:
    """The curves of one data set in words."""
    low, _ = RULE
    ratios = [one.arrived / one.parameters for one in ones]
    best, largest = max(ones, key=lambda one: one.accuracy), max(ones, key=lambda one: one.parameters)
    beside = "fewer than" if max(ratios) < low else "at least" if min(ratios) >= low else "some fewer, some more than"
    over = sum(one.arrived > one.by_error for one in ones)
    text = (
        f"On {data} the curves come within {100 * NEAR:g} point of their end with {min(ratios):.2g} to "
        f"{max(ratios):.2g} examples a weight, {beside} the {low} of the first rule; {over} of {len(ones)} take more "
        "than |W|/(1 − a)."
    )
    if best is largest:
        share = best.last / best.parameters
        text += f" The largest network ends best, with {share:.2g} examples a weight at the most."
    return text


def draw(rows: Rows) -> Figure:
    """Learning curves, a panel a data set, with the rules' numbers as marks in the network's colour."""
    names = distinct(rows, "data")
    figure, axes = pictures.panels(len(names), height=3.8)
    for one, name in zip(axes, names, strict=True):
        for network, colour in zip(distinct(of(rows, data=name), "network"), pictures.COLOURS, strict=False):
            points = curve(rows, name, network)
            found = reading(rows, name, network)
            pictures.band(one, list(points), list(points.values()), colour, f"{network}: {count(found.parameters)}")
            low, high = (times * found.parameters for times in RULE)
            one.plot([low, high], [found.accuracy] * 2, color=colour, linewidth=5, alpha=0.4, solid_capstyle="butt")
            one.plot([found.by_error], [found.accuracy], color=colour, marker="D", markersize=6, linestyle="")
        one.plot([], [], color=pictures.GREY, linewidth=5, alpha=0.4, label=f"{RULE[0]} to {RULE[1]} × weights")
        one.plot([], [], color=pictures.GREY, marker="D", linestyle="", label="|W|/(1 − a)")
        one.set_xscale("log")
        one.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        pictures.label(one, f"{name}; networks with their weights", "training examples, count", "test accuracy, %")
        pictures.legend(one, loc="lower right")
    return figure


PART = Part(
    "size",
    "How many training examples",
    "The lecture gives two rules for the size of the training data: 5 to 10 examples a weight, and N > |W|/(1 − a) for "
    "an accuracy a. Here networks of different sizes learn from more and more examples of the toy `ring`, which has as "
    f"many as one likes, and of `digits`, which has few; each training takes {STEPS} steps, however many examples "
    "there are. The test examples stay the same. In the figure the rules' numbers stand at the height of the accuracy "
    "that a network ends with.",
    measure,
    tables,
    seen,
    draw,
    "learning curves of networks of three sizes on two data sets, with the numbers that the rules ask for",
)
