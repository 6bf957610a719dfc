"""Prefer simpler models: few noisy examples of a sine, a network that could fit them all, and the penalty λΣW²."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

import wxb
from wxb.data.dataset import Dataset
from wxb.data.toys import SIDE
from wxb.learning.objective import penalized
from wxb.lessons import fit, picture
from wxb.lessons.lesson import Lesson, Row, Rows, Table, distinct, mean, seeds, where
from wxb.network.build import Model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TOY, NOISE = "sine", 0.3
EXAMPLES, TRAINING = 2_000, 20  # drawn in all, and in the training part; the rest is the test part
NETWORK = "FC-64-TANH, EUCLID"
SLOPE = 7.0  # steep enough that a network without a penalty can turn between any two examples
RATE = 0.03  # high enough that a penalty can shrink these steep weights
PENALTIES = (0.0, 1e-5, 1e-4, 1e-3, 3e-3, 1e-2, 1e-1)
STEPS = 1000
LINE = np.linspace(-SIDE, SIDE, 301)[:, None]  # places over the toy's arguments


def measure(penalty: float, seed: int, steps: int = STEPS) -> Rows:
    """Train with this λ: errors (RMSE) in training and test, and ΣW². The seed draws examples and weights."""
    data, network, row = fitted(NETWORK, seed, steps, penalty)
    row = {"penalty": penalty, **row, "squares": sum(float(w.detach().square().sum()) for w in penalized(network))}
    if seed == 0:
        x, y = data.part("train")
        row["points"] = [[round(float(a), 4), round(float(b), 4)] for a, b in zip(x[:, 0], y[:, 0], strict=True)]
        row["curve"] = [round(float(value), 4) for value in fit.predictions(network, LINE)[:, 0]]
    return [row]


def fitted(network: str, seed: int, steps: int, penalty: float = 0.0) -> tuple[Dataset, Model, Row]:
    """Train a network on `TRAINING` examples of the toy, all of them at each step; its data and its errors too."""
    share = TRAINING / EXAMPLES
    data = wxb.load_data(TOY, examples=EXAMPLES, noise=NOISE, seed=seed, split=(share, 0, 1 - share))
    model = wxb.build(network, data, seed=seed)
    fit.spread(model, data, seed, SLOPE)
    fit.train(model, data, steps, seed=seed, batch_size=TRAINING, learning_rate=RATE, l2=penalty)
    errors = {f"{part}_error": fit.rmse(model, data, part) for part in ("train", "test")}
    return data, model, {"seed": seed, **errors}


def best(rows: Rows) -> float:
    """The λ with the least mean test error."""
    return float(min(distinct(rows, "penalty"), key=lambda penalty: mean(rows, "test_error", penalty=penalty)))


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """Errors and weights against λ."""
    table: Table = [("λ", "training error", "test error", "test error, least and greatest", "ΣW²")]
    for penalty in distinct(rows, "penalty"):
        ones = where(rows, penalty=penalty)
        tests = [row["test_error"] for row in ones]
        table.append((
            f"{penalty:g}", f"{mean(ones, 'train_error'):.3f}", f"{mean(ones, 'test_error'):.3f}",
            f"{min(tests):.3f}, {max(tests):.3f}", f"{mean(ones, 'squares'):,.1f}",
        ))  # fmt: skip
    return [(f"Root mean squared error in the target's units, mean of {seeds(rows)}; the noise is {NOISE}.", table)]


def findings(rows: Rows) -> str:
    """Where the test error is least, and both errors at both ends."""
    least, most, chosen = min(distinct(rows, "penalty")), max(distinct(rows, "penalty")), best(rows)

    def errors(penalty: float) -> list[str]:
        return [f"{mean(rows, column, penalty=penalty):.3f}" for column in ("train_error", "test_error")]

    (free_train, free_test), (train, test), (stiff_train, stiff_test) = map(errors, (least, chosen, most))
    return (
        f"Without a penalty the training error is {free_train}, below the noise, and the test error {free_test}: f₁ "
        f"follows the noise. At λ = {chosen:g} the training error is {train} and the test error is smallest, {test}: "
        f"f₂ misses points and generalizes. At λ = {most:g} the network is too simple, and both errors are large "
        f"({stiff_train} and {stiff_test}). No λ brings the test error down to the noise, {NOISE}: {TRAINING} examples "
        "do not say more about the sine."
    )


def draw(rows: Rows) -> Figure:
    """Errors against λ, and the fits of three λ."""
    figure, (left, right) = picture.panels(2, height=3.4)
    penalties = distinct(rows, "penalty")
    zero = min(penalty for penalty in penalties if penalty) / 10  # the place of 0 on the logarithmic axis
    for column, name, colour in (
        ("train_error", "training", picture.BLUE), ("test_error", "test", picture.VERMILION),
    ):  # fmt: skip
        runs = [[row[column] for row in where(rows, penalty=penalty)] for penalty in penalties]
        picture.band(left, [penalty or zero for penalty in penalties], runs, colour, name)
    left.axhline(NOISE, color=picture.GREY, linestyle=":", label="noise")
    left.set(xscale="log", ylim=(0, None))
    powers = range(round(math.log10(zero)) + 1, 0)
    left.set_xticks([zero, *(10.0**power for power in powers)])
    left.set_xticklabels(["0", *(f"1e{power}" for power in powers)])
    left.minorticks_off()
    picture.label(left, "errors against λ", "λ of λΣW², no unit", "root mean squared error, target's units")
    picture.legend(left)
    shown = [row for row in rows if "curve" in row]
    for penalty, name, colour in (
        (min(penalties), "f₁", picture.VERMILION),
        (best(rows), "f₂", picture.BLUE),
        (max(penalties), "too simple", picture.GREEN),
    ):
        row = next(row for row in shown if row["penalty"] == penalty)
        right.plot(LINE[:, 0], row["curve"], color=colour, label=f"{name}: λ = {penalty:g}")
    right.plot(LINE[:, 0], np.sin(np.pi * LINE[:, 0]), color=picture.GREY, linestyle=":", label="without noise")
    x, y = zip(*shown[0]["points"], strict=True)
    right.scatter(x, y, color=picture.BLACK, s=14, zorder=3, label="training examples")
    right.set_ylim(-4.6, 2.4)  # the legend lies below the curves
    picture.label(right, "f₁ fits all points, f₂ generalizes", "x, no unit", "target, no unit")
    picture.legend(right, loc="lower left", ncols=2)
    return figure


LESSON = Lesson(
    "The lecture draws two curves through noisy points: f₁ passes through all of them, f₂ is simpler and predicts "
    "other points better. A penalty λR(W) makes training prefer f₂. "
    f"Here `{NETWORK}` learns {TRAINING} noisy examples of the toy `{TOY}` with the penalty `l2`, that is R(W) = ΣW², "
    f"for λ from 0 to {max(PENALTIES):g}; {EXAMPLES - TRAINING:,} other examples test it.",
    PENALTIES,
    (0.0, 1e-3, 1e-1),
    measure, tables, findings, draw,
    "left: training and test error against λ; right: three fits of the same noisy points",
)  # fmt: skip
