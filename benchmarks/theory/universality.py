"""One hidden layer fits any continuous function: the greatest error against the width.

Cybenko 1989, "Approximation by superpositions of a sigmoidal function"; Hornik, Stinchcombe, White 1989. The theorem
says that weights exist, not that training finds them, so three figures stand side by side: training from wxb's own
start, training from a start whose units are spread over the examples (fit.spread), and, on the hidden layer that the
latter has learned, the output layer by least squares.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

import wxb
from benchmarks import pictures
from benchmarks.bounds import at_least, verdict
from benchmarks.theory import fit
from benchmarks.theory.part import Part, Row, Rows, Table, distinct, of
from wxb.network.build import Model
from wxb.text import count

WIDTHS = (4, 16, 64, 256, 1024, 4096)
OWN_WIDTHS = (4, 1024)  # that wxb's own start is tried at
SEEDS = (0, 1, 2)
STEPS = 1200
NARROW, WIDE = 4, 1024
FALL = at_least(10, "x")  # owed for every function of one number: error at NARROW over error at WIDE, means over seeds
SMALLEST = 1e-5  # share of the greatest singular value below which least squares takes one for rounding of float32
DRAWN = "chirp"  # whose fits the figure shows

Numbers = fit.Numbers


@dataclass(frozen=True)
class Function:
    """A continuous function on [-1, 1] or [-1, 1]², and how many training and test places a side has."""

    text: str  # as the page prints it
    value: Callable[[Numbers], Numbers]  # (n, features) -> (n,)
    features: int = 1

    @property
    def sides(self) -> tuple[int, int]:
        """Training places and test places a side; hardly one of the latter is one of the former."""
        return (256, 4001) if self.features == 1 else (32, 101)

    @property
    def slope(self) -> float:
        """Steepness of the units at the start: ridges that lie across a plane overlap more than steps along a line."""
        return 20.0 if self.features == 1 else 5.0


def stair(x: Numbers) -> Numbers:
    """Level steps of height 1 with slopes between them, a fifth of a step wide: (n, 1) -> (n,)."""
    places = 2.5 * x[:, 0]
    return np.asarray(np.floor(places) + np.clip((places % 1 - 0.5) * 5 + 0.5, 0, 1))


def bumps(x: Numbers) -> Numbers:
    """Three bells of different widths and heights: (n, 1) -> (n,)."""
    places, widths, heights = np.array([-0.6, 0.05, 0.6]), np.array([0.1, 0.05, 0.15]), np.array([1.0, 0.7, -0.8])
    return np.asarray((heights * np.exp(-(((x - places) / widths) ** 2))).sum(1))


FUNCTIONS = {
    "sine": Function("sin 3πx", lambda x: np.sin(3 * np.pi * x[:, 0])),
    "zigzag": Function("triangle wave of period 1", lambda x: 2 * np.abs((2 * x[:, 0]) % 2 - 1) - 1),
    "plateaus": Function(
        "1.5 sin 3πx, cut off at −1 and 1", lambda x: np.clip(1.5 * np.sin(3 * np.pi * x[:, 0]), -1, 1)
    ),
    "stair": Function("five steps up, with slopes between them", stair),
    "bumps": Function("three bells of widths 0.05 to 0.15", bumps),
    "chirp": Function("sin 1.8π(x + 1)²", lambda x: np.sin(1.8 * np.pi * (x[:, 0] + 1) ** 2)),
    "hills": Function("sin 2πx · cos πy", lambda x: np.sin(2 * np.pi * x[:, 0]) * np.cos(np.pi * x[:, 1]), 2),
}


def measure(
    names: Sequence[str] = tuple(FUNCTIONS),
    widths: Sequence[int] = WIDTHS,
    own_widths: Sequence[int] = OWN_WIDTHS,
    seeds: Sequence[int] = SEEDS,
    steps: int = STEPS,
) -> Rows:
    """A row a function, start, width and seed: the sup norm of the error as a share of the function's range."""
    rows = []
    for name in names:
        for start, tried in (("spread", widths), ("own", own_widths)):
            for width in tried:
                for seed in seeds:
                    rows.append(fitted(name, width, seed, start, steps))
                print(
                    f"  {name}, {start} start, width {width}: {[round(row['error'], 4) for row in rows[-len(seeds) :]]}"
                )
    return rows


def fitted(name: str, width: int, seed: int, start: str, steps: int) -> Row:
    """Train one network and compare it with the function on the dense grid."""
    function = FUNCTIONS[name]
    side, dense = function.sides
    x, grid = places(side, function.features), places(dense, function.features)
    data = fit.examples(x, function.value(x)[:, None])
    model = wxb.build(f"FC-{width}-TANH, EUCLID", data, seed=seed)
    if start == "spread":
        fit.spread(model, data, seed, function.slope)
    done = fit.train(model, data, steps, seed=seed)
    truth, got = function.value(grid), fit.predictions(model, grid)[:, 0]
    row: Row = {
        "function": name, "width": width, "seed": seed, "start": start, "steps": done,
        "error": sup(got - truth, truth),
    }  # fmt: skip
    if start == "spread":
        row["least_squares_error"] = sup(least_squares(model, x, function.value(x), grid) - truth, truth)
    if name == DRAWN and seed == 0 and start == "spread" and width in (NARROW, 64, WIDE):
        row["curve"] = [round(float(value), 4) for value in got[:: (dense - 1) // 400]]
    return row


def places(side: int, features: int) -> Numbers:
    """A regular grid on [-1, 1] or the square, ends included: (side**features, features)."""
    axis = np.linspace(-1, 1, side)
    return np.stack(np.meshgrid(*[axis] * features, indexing="ij"), axis=-1).reshape(-1, features)


def sup(error: Numbers, truth: Numbers) -> float:
    """The greatest absolute error as a share of the function's range."""
    return float(np.abs(error).max() / np.ptp(truth))


def least_squares(model: Model, x: Numbers, y: Numbers, grid: Numbers) -> Numbers:
    """The function on the grid, the output layer being the least-squares fit of y (n,) on the trained hidden layer."""
    weights = np.linalg.lstsq(with_one(fit.hidden(model, x)), y, rcond=SMALLEST)[0]
    return np.asarray(with_one(fit.hidden(model, grid)) @ weights)


def with_one(units: Numbers) -> Numbers:
    """(n, width) -> (n, width + 1): the bias as the weight of a unit that is always 1."""
    return np.concatenate([units, np.ones((len(units), 1))], axis=1)


# --- the page -------------------------------------------------------------------------------------------------------


def errors(rows: Rows, function: str, width: int, start: str = "spread", column: str = "error") -> list[float]:
    """The errors of all seeds."""
    return [row[column] for row in of(rows, function=function, width=width, start=start)]


def falls(rows: Rows, function: str) -> tuple[float, float]:
    """How many times smaller the error is at WIDE than at NARROW: of the means over seeds, and of the worst seed."""
    narrow, wide = errors(rows, function, NARROW), errors(rows, function, WIDE)
    return statistics.mean(narrow) / statistics.mean(wide), min(a / b for a, b in zip(narrow, wide, strict=True))


def fall_from_better(rows: Rows, function: str) -> float:
    """The fall of the means where NARROW has the start that is better for it: units at training examples, or wxb's."""
    narrow = [statistics.mean(errors(rows, function, NARROW, start)) for start in ("spread", "own")]
    return min(narrow) / statistics.mean(errors(rows, function, WIDE))


def share(values: list[float]) -> str:
    """Mean of shares in percent: [0.0123, 0.0125] -> "1.24 %"."""
    return f"{100 * statistics.mean(values):.3g} %"


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """Error against width, and the three ways to find the weights."""
    widths = sorted(distinct(rows, "width"))
    head = ("function on [−1, 1]", *(f"width {count(width)}" for width in widths))
    by_width: Table = [(*head, f"{NARROW} → {count(WIDE)}", "worst seed", "owed")]
    ways: Table = [
        ("function", f"wxb's own start, {NARROW}", f"wxb's own start, {count(WIDE)}", f"spread start, {count(WIDE)}",
         f"and least squares, {count(WIDE)}")
    ]  # fmt: skip
    for name in distinct(rows, "function"):
        function = FUNCTIONS[name]
        mean, worst = falls(rows, name)
        by_width.append((
            f"{name}: {function.text}", *(share(errors(rows, name, width)) for width in widths),
            f"{mean:.0f}×", f"{worst:.0f}×", verdict(FALL, mean) if function.features == 1 else "",
        ))  # fmt: skip
        ways.append((
            name, share(errors(rows, name, NARROW, "own")), share(errors(rows, name, WIDE, "own")),
            share(errors(rows, name, WIDE)), share(errors(rows, name, WIDE, column="least_squares_error")),
        ))  # fmt: skip
    seeds = len(distinct(rows, "seed"))
    return [
        (f"The greatest error, in percent of the function's range, mean of {seeds} seeds, after training from the "
         "spread start. *Worst seed* is the smallest fall of a seed.", by_width),
        ("The same error for three ways to find the weights.", ways),
    ]  # fmt: skip


def seen(rows: Rows) -> str:
    """Whether the bound holds, and what of it is the start's merit."""
    names = [name for name in distinct(rows, "function") if FUNCTIONS[name].features == 1]
    met = [name for name in names if FALL.met(falls(rows, name)[0])]
    least = min(falls(rows, name)[0] for name in names)
    worst = min(falls(rows, name)[1] for name in names)
    below = [name for name in names if not FALL.met(fall_from_better(rows, name))]
    own = max(
        statistics.mean(errors(rows, name, NARROW, "own")) / statistics.mean(errors(rows, name, WIDE, "own"))
        for name in distinct(rows, "function")
    )
    widest = max(distinct(rows, "width"))
    worse = [
        name
        for name in distinct(rows, "function")
        if statistics.mean(errors(rows, name, widest)) > statistics.mean(errors(rows, name, WIDE))
    ]
    better = [
        name
        for name in distinct(rows, "function")
        if statistics.mean(errors(rows, name, WIDE, column="least_squares_error"))
        < statistics.mean(errors(rows, name, WIDE))
    ]
    return (
        f"On {len(met)} of the {len(names)} functions of one number the mean error falls at least {FALL.value:.0f} "
        f"times from width {NARROW} to width {count(WIDE)}; the least fall is {least:.0f} times, that of the worst "
        f"seed {worst:.0f} times. Where width {NARROW} may have the better of both starts, the fall is at least "
        f"{min(fall_from_better(rows, name) for name in names):.1f} times, less than {FALL.value:.0f} for "
        f"{listed(below)}. From wxb's own start, where all units turn at one place, no function's error falls "
        f"more than {own:.1f} times: the width is there, but this training does not find its use. Beyond width "
        f"{count(WIDE)} training, not width, is the limit: at {count(widest)} the error of {listed(worse)} is greater "
        f"again. Least squares for the output layer on the trained hidden layer makes the error smaller for "
        f"{listed(better)}."
    )


def listed(names: list[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names) if names else "none"


def draw(rows: Rows) -> Figure:
    """Error against width for every function, and one function with its fits."""
    figure, (left, right) = pictures.panels(2, height=3.6)
    for name, colour in zip(distinct(rows, "function"), pictures.COLOURS, strict=False):
        widths = distinct(of(rows, function=name, start="spread"), "width")
        dash = "-" if FUNCTIONS[name].features == 1 else "--"
        pictures.band(left, widths, [errors(rows, name, width) for width in widths], colour, name, linestyle=dash)
    own = distinct(of(rows, start="own"), "width")
    names = distinct(rows, "function")
    means = [[statistics.mean(errors(rows, name, width, "own")) for name in names] for width in own]
    pictures.band(left, own, means, pictures.GREY, "own start, all functions", linestyle=":", marker="s")
    left.set(xscale="log", yscale="log", xticks=list(WIDTHS), xticklabels=[count(width) for width in WIDTHS])
    left.minorticks_off()
    left.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    pictures.label(left, "error against width", "width of the hidden layer, units", "greatest error, % of the range")
    pictures.legend(left, loc="lower left", ncols=2)
    curves = [row for row in rows if "curve" in row]
    if curves:
        x = np.linspace(-1, 1, len(curves[0]["curve"]))
        right.plot(x, FUNCTIONS[DRAWN].value(x[:, None]), color=pictures.BLACK, linewidth=4, alpha=0.25, label=DRAWN)
        for row, colour in zip(curves, (pictures.VERMILION, pictures.ORANGE, pictures.BLUE), strict=False):
            right.plot(x, row["curve"], color=colour, linewidth=1.2, label=f"width {count(row['width'])}")
        right.set_ylim(-1.7, 1.3)
        pictures.legend(right, loc="lower left", ncols=2)
    pictures.label(right, f"fits of the {DRAWN}", "x, no unit", "value, no unit")
    return figure


PART = Part(
    "universality",
    "One wide hidden layer fits any continuous function",
    "The lecture says that a network with one hidden layer can approximate any continuous function, given enough "
    "hidden units. Networks `FC-N-TANH, EUCLID` of growing width learn functions of one number from 256 places and of "
    f"two numbers from 32×32 places, with Adam for {count(STEPS)} steps of 64 examples, the rate falling linearly to "
    "zero. The error is the greatest on a dense grid, most of it between the training places, so that learning by "
    "heart does not help. The theorem says that weights exist; whether training finds them depends on the start. "
    "`wxb.build` draws weights and sets biases to 0, which is meant for many inputs: of one number, all units then "
    "turn at the same place. (For few numbers `wxb train` draws the biases too, `--start spread`.) In the spread start "
    "of this part each unit turns at a training example drawn at random "
    "(`benchmarks/theory/fit.py`).",
    measure,
    tables,
    seen,
    draw,
    "left: the error falls with the width for every function; right: a chirp with its fits at three widths",
)  # fmt: skip
