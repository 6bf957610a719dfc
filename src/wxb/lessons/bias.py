"""The bias trick: f(x) = Wx + b is W'x', where b is the last column of W' and x' is x with a 1 at its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

import wxb
from wxb.lessons import fit, picture
from wxb.lessons.lesson import Lesson, Rows, Table, distinct, seeds, where
from wxb.network.build import Model
from wxb.network.layers import bias_in_weights, with_one
from wxb.text import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADS = ("SOFTMAX", "SVM")
STEPS = 400
RATE = 0.01
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def measure(head: str, seed: int, steps: int = STEPS) -> Rows:
    """Train f(x) = Wx + b, write it as W'x', and train W'x' from the same initial weights."""
    digits = wxb.load_data("digits", seed=seed)
    x = wxb.build(head, digits).scale(torch.from_numpy(digits.examples)).flatten(1)
    usual_data = replace(digits, examples=x.numpy())
    trick_data = replace(digits, examples=with_one(x).numpy())
    usual = wxb.build(head, usual_data, seed=seed, normalize="none")
    trick = wxb.build(f"FC-Cb0, {head}", trick_data, seed=seed, normalize="none")
    (only,) = trick.parameters()
    with torch.no_grad():
        only.copy_(joined(usual))
    row = {"head": head, "seed": seed, "examples": len(x)}
    for model, data in ((usual, usual_data), (trick, trick_data)):
        row["steps"] = fit.train(model, data, steps, seed=seed, optimizer="sgd", learning_rate=RATE)
    weight, bias = (parameter.detach() for parameter in usual.parameters())
    for name, dtype in DTYPES.items():
        rows, w, b = x.to(dtype), weight.to(dtype), bias.to(dtype)
        scores, tricked = rows @ w.T + b, with_one(rows) @ bias_in_weights(w, b).T
        row[name] = float((scores - tricked).abs().max())
        row["largest_score"] = float(scores.abs().max())
        row[f"same_class_{name}"] = int((scores.argmax(1) == tricked.argmax(1)).sum())
    row["after_training"] = float((joined(usual) - only).detach().abs().max())
    if head == HEADS[0] and seed == 0:
        row["weights"] = [[round(float(value), 3) for value in line] for line in joined(usual)]
    return [row]


def joined(model: Model) -> torch.Tensor:
    """W' (classes, features + 1) of a linear classifier with a bias."""
    weight, bias = (parameter.detach() for parameter in model.parameters())
    return bias_in_weights(weight, bias)


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """The greatest difference of a score in either precision."""
    table: Table = [(
        "classifier", "largest score", "difference, float32", "difference, float64", "same class",
        "after the same training",
    )]  # fmt: skip
    for head in distinct(rows, "head"):
        ones = where(rows, head=head)
        same = min(row[f"same_class_{name}"] for row in ones for name in DTYPES)
        table.append((
            f"`{head}`", f"{max(row['largest_score'] for row in ones):.1f}",
            *(f"{max(row[name] for row in ones):.1e}" for name in DTYPES),
            f"{count(same)} of {count(ones[0]['examples'])}", f"{max(row['after_training'] for row in ones):.1e}",
        ))  # fmt: skip
    return [(
        f"The greatest absolute difference of a score between Wx + b and W'x' over all digits, and of a weight after "
        f"{count(rows[0]['steps'])} training steps in both forms; the worst of {seeds(rows)}.",
        table,
    )]  # fmt: skip


def findings(rows: Rows) -> str:
    """How large the differences are in units of rounding."""
    single, double = (
        max(row[name] / row["largest_score"] / torch.finfo(dtype).eps for row in rows) for name, dtype in DTYPES.items()
    )
    return (
        f"The scores differ by at most {single:.1f} (float32) and {double:.1f} (float64) times the rounding error of "
        "the largest score: the same numbers are added in another order. Gradient descent updates the column of biases "
        "like any other column, so both forms are still the same after training, but for rounding."
    )


def draw(rows: Rows) -> Figure:
    """W' as an image with a row for each class; its last column is the bias."""
    weights = np.array(next(row["weights"] for row in rows if "weights" in row))
    figure, (axes,) = picture.panels(1, height=2.6)
    most = float(np.abs(weights).max())
    image = axes.imshow(weights, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", interpolation="none")
    axes.axvline(weights.shape[1] - 1.5, color=picture.BLACK, linewidth=1)
    axes.set(yticks=range(10), yticklabels=range(10), xticks=[*range(0, 64, 8), 64])
    axes.set_xticklabels([*map(str, range(0, 64, 8)), "b"])
    axes.grid(False)
    picture.label(axes, "W' of the digits: 64 columns of W, then b", "pixel, row by row", "class")
    figure.colorbar(image, ax=axes, label="weight, score an input")
    return figure


LESSON = Lesson(
    "The lecture flattens a picture into a column x, writes the linear classifier as f(x, W) = Wx + b, and then "
    "appends b to W as one more column and a 1 to x. Here both forms score all pictures of `digits` with trained "
    "weights. Then the second form, `FC-Cb0` on 65 features, is trained with the same steps of gradient descent from "
    "the same initial weights.",
    HEADS,
    HEADS[:1],
    measure, tables, findings, draw,
    "the weight matrix of the digits as an image, the bias as its last column",
)  # fmt: skip
