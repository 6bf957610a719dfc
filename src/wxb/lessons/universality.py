"""One hidden layer fits any continuous function: the greatest error against the width.

Cybenko 1989, "Approximation by superpositions of a sigmoidal function"; Hornik, Stinchcombe, White 1989. The theorem
says that weights exist, not that training finds them. So there are three ways to find weights: training from wxb's own
initialization, training from units that are spread over the examples (fit.spread), and least squares for the output
layer on the hidden layer of the latter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import wxb
from wxb.lessons import fit, picture
from wxb.lessons.lesson import Lesson, Row, Rows, Table, distinct, mean, seeds, where
from wxb.network.build import Model
from wxb.text import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTHS = (4, 16, 64, 256, 1024, 4096)
NARROW, WIDE = 4, 1024
STEPS = 1200
FALL = 10.0  # bound for each function of one number: mean error at NARROW over mean error at WIDE
SMALLEST = 1e-5  # share of the greatest singular value below which least squares takes one for rounding in float32
SOLVED = "least_squares_error"  # column of a row
DRAWN = "chirp"  # the function whose fits are drawn

Numbers = fit.Numbers


@dataclass(frozen=True)
class Function:
    """A continuous function on [-1, 1] or [-1, 1]², and how it is sampled and learned."""

    text: str
    value: Callable[[Numbers], Numbers]  # (n, features) -> (n,)
    features: int = 1
    sides: tuple[int, int] = (256, 4001)  # training places and test places on a side; hardly any is both
    slope: float = 20.0  # initial steepness of the units


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
    # less steep: ridges across a plane overlap more than steps along a line
    "hills": Function(
        "sin 2πx · cos πy", lambda x: np.sin(2 * np.pi * x[:, 0]) * np.cos(np.pi * x[:, 1]), 2, (32, 101), 5.0
    ),
}


def cases(names: tuple[str, ...], widths: tuple[int, ...]) -> tuple[tuple[str, str, int], ...]:
    """Function, initialization and width of every training."""
    ways = (("spread", widths), ("own", (NARROW, WIDE)))
    return tuple((name, start, width) for name in names for start, tried in ways for width in tried)


def measure(case: tuple[str, str, int], seed: int, steps: int = STEPS) -> Rows:
    """Train one network: the sup norm of its error on the dense grid as a share of the function's range."""
    name, start, width = case
    function = FUNCTIONS[name]
    side, dense = function.sides
    x, grid = places(side, function.features), places(dense, function.features)
    data = fit.examples(x, function.value(x)[:, None])
    model = wxb.build(f"FC-{width}-TANH, EUCLID", data, seed=seed)
    if start == "spread":
        fit.spread(model, data, seed, function.slope)
    done = fit.train(model, data, steps, seed=seed)
    truth, outputs = function.value(grid), fit.predictions(model, grid)[:, 0]
    row: Row = {
        "function": name, "width": width, "seed": seed, "start": start, "steps": done,
        "error": sup(outputs - truth, truth),
    }  # fmt: skip
    if start == "spread":
        row[SOLVED] = sup(least_squares(model, x, function.value(x), grid) - truth, truth)
    if name == DRAWN and seed == 0 and start == "spread" and width in (NARROW, 64, WIDE):
        row["curve"] = [round(float(value), 4) for value in outputs[:: (dense - 1) // 400]]
    return [row]


def places(side: int, features: int) -> Numbers:
    """A regular grid on [-1, 1] or the square, ends included: (side**features, features)."""
    axis = np.linspace(-1, 1, side)
    return np.stack(np.meshgrid(*[axis] * features, indexing="ij"), axis=-1).reshape(-1, features)


def sup(error: Numbers, truth: Numbers) -> float:
    """The greatest absolute error as a share of the function's range."""
    return float(np.abs(error).max() / np.ptp(truth))


def least_squares(model: Model, x: Numbers, y: Numbers, grid: Numbers) -> Numbers:
    """The function on the grid if the output layer is the least-squares fit of y (n,) on the trained hidden layer."""

    def units(at: Numbers) -> Numbers:
        return np.concatenate([fit.hidden(model, at), np.ones((len(at), 1))], axis=1)  # the last one for the bias

    return np.asarray(units(grid) @ np.linalg.lstsq(units(x), y, rcond=SMALLEST)[0])


def error(rows: Rows, function: str, width: int, start: str = "spread", column: str = "error") -> float:
    """The mean error over the seeds."""
    return mean(rows, column, function=function, width=width, start=start)


def falls(rows: Rows, function: str) -> tuple[float, float]:
    """How many times smaller the error is at WIDE than at NARROW: the means over the seeds, and the worst seed."""
    ones = where(rows, function=function, start="spread")
    ratios = [
        mean(ones, "error", width=NARROW, seed=seed) / mean(ones, "error", width=WIDE, seed=seed)
        for seed in distinct(ones, "seed")
    ]
    return error(rows, function, NARROW) / error(rows, function, WIDE), min(ratios)


def verdict(fall: float) -> str:
    """The bound, and whether it was missed."""
    return f"≥ {FALL:g}×" + ("" if fall >= FALL else f": **missed** ({fall:.4g}×)")


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """Error against width, and the three ways to find the weights."""
    widths = sorted(distinct(rows, "width"))
    head = ("function on [−1, 1]", *(f"width {count(width)}" for width in widths))
    by_width: Table = [(*head, f"{NARROW} → {count(WIDE)}", "worst seed", "owed")]
    ways: Table = [(
        "function", f"wxb's own start, {NARROW}", f"wxb's own start, {count(WIDE)}", f"spread start, {count(WIDE)}",
        f"and least squares, {count(WIDE)}",
    )]  # fmt: skip
    for name in distinct(rows, "function"):
        function = FUNCTIONS[name]
        fall, worst = falls(rows, name)
        by_width.append((
            f"{name}: {function.text}", *(share(error(rows, name, width)) for width in widths),
            f"{fall:.0f}×", f"{worst:.0f}×", verdict(fall) if function.features == 1 else "",
        ))  # fmt: skip
        ways.append((
            name, share(error(rows, name, NARROW, "own")), share(error(rows, name, WIDE, "own")),
            share(error(rows, name, WIDE)), share(error(rows, name, WIDE, column=SOLVED)),
        ))  # fmt: skip
    return [
        (f"The greatest error, in percent of the function's range, mean of {seeds(rows)}, after training from the "
         "spread start. *Worst seed* is the smallest fall of any seed.", by_width),
        ("The same error for three ways to find the weights.", ways),
    ]  # fmt: skip


def share(value: float) -> str:
    """0.0124 -> "1.24 %"."""
    return f"{100 * value:.3g} %"


def findings(rows: Rows) -> str:
    """Whether the bound holds, and how much of that is due to the initialization."""
    names, widest = distinct(rows, "function"), max(distinct(rows, "width"))
    fall = {name: falls(rows, name) for name in names if FUNCTIONS[name].features == 1}
    least, worst = min(fall for fall, _ in fall.values()), min(worst for _, worst in fall.values())
    better = {  # if NARROW has the initialization that is better for it
        name: min(error(rows, name, NARROW, start) for start in ("spread", "own")) / error(rows, name, WIDE)
        for name in fall
    }
    below = ", ".join(name for name in fall if better[name] < FALL) or "none"
    own = max(error(rows, name, NARROW, "own") / error(rows, name, WIDE, "own") for name in names)
    worse = ", ".join(name for name in names if error(rows, name, widest) > error(rows, name, WIDE)) or "none"
    solved = [name for name in names if error(rows, name, WIDE, "spread", SOLVED) < error(rows, name, WIDE)]
    beyond = (
        f" Beyond width {count(WIDE)} the training, not the width, is the limit: at {count(widest)} the error of "
        f"{worse} is greater again."
    )
    return (
        f"On {sum(mean >= FALL for mean, _ in fall.values())} of the {len(fall)} functions of one number the mean "
        f"error falls at least {FALL:.0f} times from width {NARROW} to width {count(WIDE)}; the smallest fall is "
        f"{least:.0f} times, of the worst seed {worst:.0f} times. If width {NARROW} has the better of both starts, "
        f"the fall is at least {min(better.values()):.1f} times, less than {FALL:.0f} for {below}. From wxb's own "
        f"start, where all units turn at one place, no function's error falls more than {own:.1f} times: the width is "
        f"there, but this training makes no use of it.{beyond if widest > WIDE else ''} Least squares for the output "
        f"layer on the trained hidden layer makes the error smaller for {', '.join(solved) or 'none'}."
    )


def draw(rows: Rows) -> Figure:
    """Error against width for every function, and one function with its fits."""
    figure, (left, right) = picture.panels(2, height=3.6)
    names = distinct(rows, "function")
    for name, colour in zip(names, picture.COLOURS, strict=False):
        ones = where(rows, function=name, start="spread")
        widths = distinct(ones, "width")
        errors = [[row["error"] for row in where(ones, width=width)] for width in widths]
        dash = "-" if FUNCTIONS[name].features == 1 else "--"
        picture.band(left, widths, errors, colour, name, linestyle=dash)
    own = distinct(where(rows, start="own"), "width")
    means = [[error(rows, name, width, "own") for name in names] for width in own]
    picture.band(left, own, means, picture.GREY, "own start, all functions", linestyle=":", marker="s")
    left.set(xscale="log", yscale="log", xticks=list(WIDTHS), xticklabels=[count(width) for width in WIDTHS])
    left.minorticks_off()
    left.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    picture.label(left, "error against width", "width of the hidden layer, units", "greatest error, % of the range")
    picture.legend(left, loc="lower left", ncols=2)
    curves = [row for row in rows if "curve" in row]
    x = np.linspace(-1, 1, len(curves[0]["curve"]))
    right.plot(x, FUNCTIONS[DRAWN].value(x[:, None]), color=picture.BLACK, linewidth=4, alpha=0.25, label=DRAWN)
    for row, colour in zip(curves, (picture.VERMILION, picture.ORANGE, picture.BLUE), strict=False):
        right.plot(x, row["curve"], color=colour, linewidth=1.2, label=f"width {count(row['width'])}")
    right.set_ylim(-1.7, 1.3)
    picture.legend(right, loc="lower left", ncols=2)
    picture.label(right, f"fits of the {DRAWN}", "x, no unit", "value, no unit")
    return figure


LESSON = Lesson(
    "The lecture says that a network with one hidden layer can approximate any continuous function, given enough "
    "hidden units. Networks `FC-N-TANH, EUCLID` of growing width learn functions of one number from 256 places and of "
    f"two numbers from 32×32 places, with Adam for {count(STEPS)} steps of 64 examples and a rate that falls linearly "
    "to zero. The error is the greatest on a dense grid, most of it between the training places, so learning the "
    "examples by heart does not help. The theorem says that weights exist; whether training finds them depends on the "
    "start. `wxb.build` draws weights and sets biases to 0, which is meant for many inputs: with one input, all units "
    "turn at the same place. (For few inputs `wxb train` draws the biases too, `initialization='spread-biases'`.) "
    "In the spread start of this lesson each unit turns at a random training example.",
    cases(tuple(FUNCTIONS), WIDTHS),
    cases(("sine", DRAWN), (NARROW, 64, WIDE)),
    measure, tables, findings, draw,
    "left: the error falls with the width for every function; right: a chirp with its fits at three widths",
)  # fmt: skip
