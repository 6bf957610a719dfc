"""Fit against the size of the network: training and test error on few noisy examples as the network grows."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from wxb.lessons import picture
from wxb.lessons.lesson import Lesson, Rows, Table, distinct, seeds, where
from wxb.lessons.penalty import NOISE, STEPS, TOY, TRAINING, fitted
from wxb.text import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# hidden layers, and the width of each
CASES = (*((1, width) for width in (1, 2, 4, 8, 16, 64, 256)), *((2, width) for width in (2, 4, 16)))


def measure(case: tuple[int, int], seed: int, steps: int = STEPS) -> Rows:
    """Train one network without a penalty: its parameters, and its errors (RMSE) in training and test."""
    layers, width = case
    _, model, errors = fitted(text(layers, width), seed, steps)
    return [{"layers": layers, "width": width, "parameters": model.plan.parameters, **errors}]


def text(layers: int, width: int) -> str:
    """The notation of a network."""
    return "-".join([f"FC-{width}-TANH"] * layers) + ", EUCLID"


def median(rows: Rows, column: str) -> float:
    """Median over the seeds: a single test error may be very large, where a curve leaves the points."""
    return float(statistics.median(row[column] for row in rows))


def networks(rows: Rows) -> list[Rows]:
    """The rows of each network."""
    pairs = dict.fromkeys((row["layers"], row["width"]) for row in rows)
    return [where(rows, layers=layers, width=width) for layers, width in pairs]


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """Errors of each network."""
    table: Table = [("network", "parameters", "training error", "test error", "test error, least and greatest")]
    for ones in networks(rows):
        tests = [row["test_error"] for row in ones]
        table.append((
            f"`{text(ones[0]['layers'], ones[0]['width'])}`", count(ones[0]["parameters"]),
            f"{median(ones, 'train_error'):.3f}", f"{median(ones, 'test_error'):.3f}",
            f"{min(tests):.3f}, {max(tests):.3f}",
        ))  # fmt: skip
    return [(f"Root mean squared error, median of {seeds(rows)}; the noise is {NOISE}.", table)]


def findings(rows: Rows) -> str:
    """The smallest, the best and the largest network of each depth."""
    sentences = []
    for layers in distinct(rows, "layers"):
        ones = networks(where(rows, layers=layers))
        small, best, large = ones[0], min(ones, key=lambda one: median(one, "test_error")), ones[-1]
        sizes = [count(one[0]["parameters"]) for one in (small, best, large)]
        tests = [f"{median(one, 'test_error'):.3f}" for one in (small, best, large)]
        sentences.append(
            f"With {plural(layers)} the test error is {tests[0]} at {sizes[0]} parameters, smallest at {sizes[1]} "
            f"({tests[1]}), and {tests[2]} at the largest size, {sizes[2]}; the training error falls from "
            f"{median(small, 'train_error'):.3f} to {median(large, 'train_error'):.3f}."
        )
    return " ".join(sentences)


def plural(layers: int) -> str:
    """1 -> "1 hidden layer", 2 -> "2 hidden layers"."""
    return f"{layers} hidden layer{'s' if layers > 1 else ''}"


def draw(rows: Rows) -> Figure:
    """Both errors against the number of parameters, a panel for each depth."""
    depths = distinct(rows, "layers")
    figure, axes = picture.panels(len(depths), sharex=True, sharey=True)
    for one, layers in zip(axes, depths, strict=True):
        ones = networks(where(rows, layers=layers))
        sizes = [runs[0]["parameters"] for runs in ones]
        for column, name, colour in (
            ("train_error", "training", picture.BLUE), ("test_error", "test", picture.VERMILION),
        ):  # fmt: skip
            values = [[row[column] for row in runs] for runs in ones]
            picture.band(one, sizes, values, colour, name, statistics.median)
        one.axhline(NOISE, color=picture.GREY, linestyle=":", label="noise")
        one.axvline(TRAINING, color=picture.GREY, linestyle="--", linewidth=1, label="training examples")
        one.set(xscale="log", ylim=(0, None))
        picture.label(one, plural(layers), "parameters, count", "root mean squared error, target's units")
    axes[-1].set_ylabel("" if len(axes) > 1 else axes[-1].get_ylabel())
    picture.legend(axes[0])
    return figure


LESSON = Lesson(
    "The lecture shows that a function with more freedom fits the examples better, and from some size on fits their "
    "noise too. Here networks with one and with two hidden layers grow, while "
    f"the {TRAINING} noisy examples of the toy `{TOY}` stay the same and nothing is penalized.",
    CASES,
    ((1, 1), (1, 8), (1, 64), (1, 256)),
    measure, tables, findings, draw,
    "training and test error against the number of parameters, for one and for two hidden layers",
)  # fmt: skip
