"""Fit against the size of the network: training and test error on few noisy examples as the network grows."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

import wxb
from benchmarks import pictures
from benchmarks.theory import fit
from benchmarks.theory.part import Part, Row, Rows, Table, distinct, of
from benchmarks.theory.penalty import NOISE, RATE, SLOPE, TOY, TRAINING, few_examples
from wxb.text import count

WIDTHS = {1: (1, 2, 4, 8, 16, 64, 256), 2: (2, 4, 16)}  # of each hidden layer, by their number
SEEDS = (0, 1, 2)
STEPS = 1000


def measure(widths: Mapping[int, Sequence[int]] = WIDTHS, seeds: Sequence[int] = SEEDS, steps: int = STEPS) -> Rows:
    """A row a network and seed: its parameters, and its errors (RMSE) in training and test."""
    rows = []
    for layers, tried in widths.items():
        for width in tried:
            rows += [fitted(layers, width, seed, steps) for seed in seeds]
            errors = [row["test_error"] for row in rows[-len(seeds) :]]
            print(f"  {plural(layers)} of {width}: test error {statistics.mean(errors):.3f}")
    return rows


def fitted(layers: int, width: int, seed: int, steps: int) -> Row:
    """Train one network, all training examples a step, without a penalty."""
    data = few_examples(seed)
    model = wxb.build("-".join([f"FC-{width}-TANH"] * layers) + ", EUCLID", data, seed=seed)
    fit.spread(model, data, seed, SLOPE)
    fit.train(model, data, steps, seed=seed, batch_size=TRAINING, learning_rate=RATE)
    return {
        "layers": layers, "width": width, "parameters": model.plan.parameters, "seed": seed,
        "train_error": fit.rmse(model, data, "train"), "test_error": fit.rmse(model, data, "test"),
    }  # fmt: skip


# --- the page -------------------------------------------------------------------------------------------------------


def middle(rows: Rows, column: str) -> float:
    """Median over the seeds: a single test error may be very large, where a curve leaves the points."""
    return float(statistics.median(row[column] for row in rows))


def networks(rows: Rows) -> list[Rows]:
    """The rows of each network."""
    pairs = dict.fromkeys((row["layers"], row["width"]) for row in rows)
    return [of(rows, layers=layers, width=width) for layers, width in pairs]


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """Errors of each network."""
    table: Table = [("network", "parameters", "training error", "test error", "test error, least and greatest")]
    for one in networks(rows):
        tests = [row["test_error"] for row in one]
        text = "-".join([f"FC-{one[0]['width']}-TANH"] * one[0]["layers"])
        table.append((
            f"`{text}, EUCLID`", count(one[0]["parameters"]), f"{middle(one, 'train_error'):.3f}",
            f"{statistics.median(tests):.3f}", f"{min(tests):.3f}, {max(tests):.3f}",
        ))  # fmt: skip
    seeds = len(distinct(rows, "seed"))
    return [(f"Root of the mean squared error, median of {seeds} seeds; the noise is {NOISE}.", table)]


def seen(rows: Rows) -> str:
    """The smallest, the best and the largest network with one hidden layer, and the best with more."""
    said = []
    for layers in distinct(rows, "layers"):
        ones = networks(of(rows, layers=layers))
        best = min(ones, key=lambda one: middle(one, "test_error"))
        said.append(
            f"With {plural(layers)} the test error is {middle(ones[0], 'test_error'):.3f} at "
            f"{count(ones[0][0]['parameters'])} parameters, least at {count(best[0]['parameters'])} "
            f"({middle(best, 'test_error'):.3f}), and {middle(ones[-1], 'test_error'):.3f} at the most, "
            f"{count(ones[-1][0]['parameters'])}; the training error falls from {middle(ones[0], 'train_error'):.3f} "
            f"to {middle(ones[-1], 'train_error'):.3f}."
        )
    return " ".join(said)


def plural(layers: int) -> str:
    """1 -> "1 hidden layer", 2 -> "2 hidden layers"."""
    return f"{layers} hidden layer{'s' if layers > 1 else ''}"


def draw(rows: Rows) -> Figure:
    """Both errors against the number of parameters, a panel a depth."""
    depths = distinct(rows, "layers")
    figure, axes = pictures.panels(len(depths), sharex=True, sharey=True)
    for one, layers in zip(axes, depths, strict=True):
        ones = networks(of(rows, layers=layers))
        sizes = [runs[0]["parameters"] for runs in ones]
        for column, name, colour in (
            ("train_error", "training", pictures.BLUE), ("test_error", "test", pictures.VERMILION),
        ):  # fmt: skip
            values = [[row[column] for row in runs] for runs in ones]
            one.fill_between(
                sizes, list(map(min, values)), list(map(max, values)), color=colour, alpha=0.15, linewidth=0
            )
            one.plot(sizes, list(map(statistics.median, values)), color=colour, marker="o", label=name)
        one.axhline(NOISE, color=pictures.GREY, linestyle=":", label="noise")
        one.axvline(TRAINING, color=pictures.GREY, linestyle="--", linewidth=1, label="training examples")
        one.set(xscale="log", ylim=(0, None))
        pictures.label(
            one, plural(layers), "parameters, count",
            "root mean squared error, target's units",
        )  # fmt: skip
    axes[-1].set_ylabel("")
    pictures.legend(axes[0])
    return figure


PART = Part(
    "capacity",
    "Fit against the size of the network",
    "The lecture shows that a function with more freedom fits the examples better, and from some size on the noise "
    "with them. Here networks of one and two hidden layers grow, while "
    f"the {TRAINING} noisy examples of the toy `{TOY}` stay the same and nothing is penalized.",
    measure,
    tables,
    seen,
    draw,
    "training and test error against the number of parameters, for one and for two hidden layers",
)
