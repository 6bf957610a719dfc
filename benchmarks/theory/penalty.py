"""Prefer simpler models: few noisy examples of a sine, a network that could fit them all, and the penalty λΣW²."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

import wxb
from benchmarks import pictures
from benchmarks.theory import fit
from benchmarks.theory.part import Part, Row, Rows, Table, distinct, of
from wxb.data.dataset import Dataset
from wxb.learning.objective import penalized

TOY, NOISE = "sine", 0.3
EXAMPLES, TRAINING = 2_000, 20  # drawn in all, and of them learned from; the rest is test
NETWORK = "FC-64-TANH, EUCLID"
SLOPE = 7.0  # steep enough that the free network can turn between any two examples
RATE = 0.03  # high enough that a penalty can take these steep weights back
PENALTIES = (0.0, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 1e-1)
SEEDS = (0, 1, 2)
STEPS = 1000


def measure(penalties: Sequence[float] = PENALTIES, seeds: Sequence[int] = SEEDS, steps: int = STEPS) -> Rows:
    """A row a λ and seed, which draws examples as well as weights: errors (RMSE) in training and test, and ΣW²."""
    rows = []
    for penalty in penalties:
        rows += [fitted(penalty, seed, steps) for seed in seeds]
        print(f"  λ = {penalty:g}: test error {mean(rows, penalty, 'test_error'):.3f}")
    return rows


def few_examples(seed: int) -> Dataset:
    """The toy with `TRAINING` training examples and the others as test."""
    share = TRAINING / EXAMPLES
    return wxb.load_data(TOY, examples=EXAMPLES, noise=NOISE, seed=seed, split=(share, 0, 1 - share))


def fitted(penalty: float, seed: int, steps: int) -> Row:
    """Train one network with this λ, all training examples a step."""
    data = few_examples(seed)
    model = wxb.build(NETWORK, data, seed=seed)
    fit.spread(model, data, seed, SLOPE)
    fit.train(model, data, steps, seed=seed, batch_size=TRAINING, learning_rate=RATE, l2=penalty)
    row: Row = {
        "penalty": penalty,
        "seed": seed,
        "train_error": fit.rmse(model, data, "train"),
        "test_error": fit.rmse(model, data, "test"),
        "squares": sum(float(weight.detach().square().sum()) for weight in penalized(model)),
    }
    if seed == 0:
        x, y = data.part("train")
        row["points"] = [[round(float(a), 4), round(float(b), 4)] for a, b in zip(x[:, 0], y[:, 0], strict=True)]
        row["curve"] = [round(float(value), 4) for value in fit.predictions(model, line())[:, 0]]
    return row


def line() -> fit.Numbers:
    """Places (301, 1) over the toy's arguments."""
    from wxb.data.toys import SIDE

    return np.linspace(-SIDE, SIDE, 301)[:, None]


# --- the page -------------------------------------------------------------------------------------------------------


def mean(rows: Rows, penalty: float, column: str) -> float:
    """Mean over the seeds."""
    return float(statistics.mean(row[column] for row in of(rows, penalty=penalty)))


def best(rows: Rows) -> float:
    """The λ with the least mean test error."""
    return float(min(distinct(rows, "penalty"), key=lambda penalty: mean(rows, penalty, "test_error")))


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """Errors and weights against λ."""
    table: Table = [("λ", "training error", "test error", "test error, least and greatest", "ΣW²")]
    for penalty in distinct(rows, "penalty"):
        tests = [row["test_error"] for row in of(rows, penalty=penalty)]
        table.append((
            f"{penalty:g}", f"{mean(rows, penalty, 'train_error'):.3f}", f"{statistics.mean(tests):.3f}",
            f"{min(tests):.3f}, {max(tests):.3f}", f"{mean(rows, penalty, 'squares'):,.1f}",
        ))  # fmt: skip
    seeds = len(distinct(rows, "seed"))
    return [
        (f"Root of the mean squared error in the target's units, mean of {seeds} seeds; the noise is {NOISE}.", table)
    ]


def seen(rows: Rows) -> str:
    """Where the test error is least, and what it is at both ends."""
    least, most, chosen = min(distinct(rows, "penalty")), max(distinct(rows, "penalty")), best(rows)
    return (
        f"Without a penalty the network comes to a training error of {mean(rows, least, 'train_error'):.3f}, below the "
        f"noise, and to a test error of {mean(rows, least, 'test_error'):.3f}: f₁ follows the noise. At λ = {chosen:g} "
        f"the training error is larger, {mean(rows, chosen, 'train_error'):.3f}, and the test error smallest, "
        f"{mean(rows, chosen, 'test_error'):.3f}: f₂ misses points and generalizes. At λ = {most:g} the network is "
        f"too simple, and both errors are large ({mean(rows, most, 'train_error'):.3f} and "
        f"{mean(rows, most, 'test_error'):.3f}). No λ takes the test error to the noise, {NOISE}: {TRAINING} examples "
        "do not say more."
    )


def draw(rows: Rows) -> Figure:
    """Errors against λ, and the fits of three λ."""
    figure, (left, right) = pictures.panels(2, height=3.4)
    penalties = distinct(rows, "penalty")
    zero = min(penalty for penalty in penalties if penalty) / 10  # where a logarithmic axis has its 0
    places = [penalty or zero for penalty in penalties]
    for column, name, colour in (
        ("train_error", "training", pictures.BLUE), ("test_error", "test", pictures.VERMILION),
    ):  # fmt: skip
        runs = [[row[column] for row in of(rows, penalty=penalty)] for penalty in penalties]
        pictures.band(left, places, runs, colour, name)
    left.axhline(NOISE, color=pictures.GREY, linestyle=":", label="noise")
    left.set(xscale="log", ylim=(0, None))
    powers = range(round(math.log10(zero)) + 1, 0)
    left.set_xticks([zero, *(10.0**power for power in powers)])
    left.set_xticklabels(["0", *(f"1e{power}" for power in powers)])
    left.minorticks_off()
    pictures.label(left, "errors against λ", "λ of λΣW², no unit", "root mean squared error, target's units")
    pictures.legend(left)
    shown = [row for row in rows if "curve" in row]
    chosen = (min(penalties), best(rows), max(penalties))
    for penalty, name, colour in zip(
        chosen, ("f₁", "f₂", "too simple"), (pictures.VERMILION, pictures.BLUE, pictures.GREEN), strict=True
    ):
        row = next(row for row in shown if row["penalty"] == penalty)
        right.plot(line()[:, 0], row["curve"], color=colour, label=f"{name}: λ = {penalty:g}")
    right.plot(line()[:, 0], np.sin(np.pi * line()[:, 0]), color=pictures.GREY, linestyle=":", label="without noise")
    x, y = zip(*shown[0]["points"], strict=True)
    right.scatter(x, y, color=pictures.BLACK, s=14, zorder=3, label="training examples")
    right.set_ylim(-4.6, 2.4)  # the legend lies below the curves
    pictures.label(right, "f₁ fits all points, f₂ generalizes", "x, no unit", "target, no unit")
    pictures.legend(right, loc="lower left", ncols=2)
    return figure


PART = Part(
    "penalty",
    "Prefer simpler models",
    "The lecture draws two curves through noisy points: f₁ passes through all of them, f₂ is simpler and predicts "
    "other points better; a penalty λR(W) makes training prefer f₂. "
    f"Here `{NETWORK}` learns {TRAINING} noisy examples of the toy `{TOY}` with `--l2 λ`, that is R(W) = ΣW², for "
    f"λ from nothing to {max(PENALTIES):g}; {EXAMPLES - TRAINING:,} further examples test it.",
    measure,
    tables,
    seen,
    draw,
    "left: training and test error against λ; right: three fits of the same noisy points",
)
