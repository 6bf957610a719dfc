"""How many training examples a network needs: two rules of thumb against learning curves.

The rules: 5 to 10 examples per weight; N > |W|/(1 − a) for an accuracy a (Baum, Haussler 1989, "What size net gives
valid generalization?": of the order of W/ε examples for an error ε = 1 − a).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import wxb
from wxb.data.dataset import Dataset
from wxb.learning.inference import score
from wxb.lessons import fit, picture
from wxb.lessons.lesson import Lesson, Rows, Table, distinct, mean, seeds, where
from wxb.randomness import generator
from wxb.text import count, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 500
NEAR = 0.01  # accuracy within which a curve counts as having come to its end
LOW, HIGH = 5, 10  # examples per weight
DRAWN = 24_000  # points of the toy
RING = ("FC-8-RELU, SOFTMAX", "FC-32-RELU, SOFTMAX", "FC-32-RELU-FC-32-RELU, SOFTMAX")
DIGITS = ("SOFTMAX", "FC-16-RELU, SOFTMAX", "FC-64-RELU, SOFTMAX")
CASES = (  # data, network, training examples
    *(("ring", network, examples) for network in RING for examples in (25, 100, 400, 1600, 12800)),
    *(("digits", network, examples) for network in DIGITS for examples in (25, 100, 400, 1347)),
)


@cache
def loaded(name: str, seed: int) -> Dataset:
    """The data set, three quarters of it to learn from and the rest to test."""
    return wxb.load_data(name, examples=DRAWN if name == "ring" else None, seed=seed, split=(0.75, 0, 0.25))


def measure(case: tuple[str, str, int], seed: int, steps: int = STEPS) -> Rows:
    """Train on the first examples of one order of the training part; the accuracy on the same test part."""
    name, network, examples = case
    data = loaded(name, seed)
    order = generator(seed, "theory", "size").permutation(data.split.train)
    fewer = replace(data, split=replace(data.split, train=order[:examples]))
    model = wxb.build(network, fewer, seed=seed)
    fit.train(model, fewer, steps, seed=seed, batch_size=min(32, examples))
    accuracy = score(model, *data.part("test"), fit.ONE_THREAD).value
    return [{
        "data": name, "network": network, "parameters": model.plan.parameters, "examples": len(fewer.split.train),
        "seed": seed, "accuracy": accuracy,
    }]  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """A learning curve: where it ends, and where it first comes near its end."""

    data: str
    network: str
    parameters: int
    last: int  # the most examples
    accuracy: float  # with them
    arrived: int  # the fewest examples with an accuracy within NEAR of that

    @property
    def by_error(self) -> float:
        """|W|/(1 − a) at the accuracy of the end."""
        return self.parameters / max(1 - self.accuracy, 1e-9)


def curve(rows: Rows, data: str, network: str) -> Curve:
    """The curve of a network, of means over the seeds."""
    ones = where(rows, data=data, network=network)
    means = {n: mean(ones, "accuracy", examples=n) for n in distinct(ones, "examples")}
    last = max(means)
    arrived = min(n for n, accuracy in means.items() if accuracy >= means[last] - NEAR)
    return Curve(data, network, ones[0]["parameters"], last, means[last], arrived)


def curves(rows: Rows) -> list[Curve]:
    """All curves."""
    pairs = dict.fromkeys((row["data"], row["network"]) for row in rows)
    return [curve(rows, data, network) for data, network in pairs]


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """The rules' numbers and the curve's own."""
    table: Table = [(
        "data", "network", "weights", f"{LOW} to {HIGH} × weights", "accuracy a at the most examples", "|W|/(1 − a)",
        f"examples within {100 * NEAR:g} point of a", "examples per weight",
    )]  # fmt: skip
    for one in curves(rows):
        table.append((
            one.data, f"`{one.network}`", count(one.parameters),
            f"{count(LOW * one.parameters)} to {count(HIGH * one.parameters)}",
            f"{percent(one.accuracy)} at {count(one.last)}", count(round(one.by_error)), count(one.arrived),
            f"{one.arrived / one.parameters:.2g}",
        ))  # fmt: skip
    return [(f"The weights include the biases; accuracies are test accuracies, means of {seeds(rows)}.", table)]


def findings(rows: Rows) -> str:
    """Where the curves of each data set come to their end, beside the numbers that the rules give."""
    return " ".join([
        *(about(data, [one for one in curves(rows) if one.data == data]) for data in distinct(rows, "data")),
        "Only a few numbers of examples were tried, so the curve may have come to its end anywhere between two dots.",
        "The rules know neither the data nor how training chooses among the functions that a network could be; the "
        "learning curve does.",
    ])  # fmt: skip


def about(data: str, ones: list[Curve]) -> str:
    """The curves of one data set in words."""
    ratios = [one.arrived / one.parameters for one in ones]
    best, largest = max(ones, key=lambda one: one.accuracy), max(ones, key=lambda one: one.parameters)
    beside = "fewer than" if max(ratios) < LOW else "at least" if min(ratios) >= LOW else "some fewer, some more than"
    over = sum(one.arrived > one.by_error for one in ones)
    sentences = (
        f"On {data} the curves come within {100 * NEAR:g} point of their end with {min(ratios):.2g} to "
        f"{max(ratios):.2g} examples per weight, {beside} the {LOW} of the first rule; {over} of {len(ones)} take more "
        "than |W|/(1 − a)."
    )
    if best is largest:
        share = best.last / best.parameters
        sentences += f" The largest network ends best, with at most {share:.2g} examples per weight."
    return sentences


def draw(rows: Rows) -> Figure:
    """Learning curves, a panel for each data set, with the rules' numbers as marks in the network's colour."""
    names = distinct(rows, "data")
    figure, axes = picture.panels(len(names), height=3.8)
    for one, name in zip(axes, names, strict=True):
        for network, colour in zip(distinct(where(rows, data=name), "network"), picture.COLOURS, strict=False):
            ones = where(rows, data=name, network=network)
            sizes = distinct(ones, "examples")
            its = curve(rows, name, network)
            accuracies = [[row["accuracy"] for row in where(ones, examples=n)] for n in sizes]
            picture.band(one, sizes, accuracies, colour, f"{network}: {count(its.parameters)}")
            rule = [LOW * its.parameters, HIGH * its.parameters]
            one.plot(rule, [its.accuracy] * 2, color=colour, linewidth=5, alpha=0.4, solid_capstyle="butt")
            one.plot([its.by_error], [its.accuracy], color=colour, marker="D", markersize=6, linestyle="")
        one.plot([], [], color=picture.GREY, linewidth=5, alpha=0.4, label=f"{LOW} to {HIGH} × weights")
        one.plot([], [], color=picture.GREY, marker="D", linestyle="", label="|W|/(1 − a)")
        one.set_xscale("log")
        one.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        picture.label(one, f"{name}; networks with their weights", "training examples, count", "test accuracy, %")
        picture.legend(one, loc="lower right")
    return figure


LESSON = Lesson(
    "The lecture gives two rules for the size of the training set: 5 to 10 examples per weight, and N > |W|/(1 − a) "
    "for an accuracy a. Here networks of different sizes learn from more and more examples of the toy `ring`, of which "
    f"there are as many as one likes, and of `digits`, of which there are few. Each training takes {STEPS} steps, "
    "however many examples there are, and the test examples stay the same. The picture shows the numbers of the rules "
    "at the height of the accuracy that a network ends with.",
    CASES,
    tuple(case for case in CASES if case[0] == "digits" and case[1] != DIGITS[1]),
    measure, tables, findings, draw,
    "learning curves of networks of three sizes on two data sets, with the numbers that the rules ask for",
)  # fmt: skip
