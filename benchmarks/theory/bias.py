"""The bias trick: f(x) = Wx + b is W'x' with the bias as the last column of W' and a 1 at the end of x'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

import wxb
from benchmarks import pictures
from benchmarks.theory import fit
from benchmarks.theory.part import Part, Row, Rows, Table, distinct, of
from wxb.network.build import Model
from wxb.network.layers import bias_in_weights, with_one
from wxb.text import count

HEADS = ("SOFTMAX", "SVM")
SEEDS = (0, 1, 2)
STEPS = 400
RATE = 0.01
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def measure(heads: Sequence[str] = HEADS, seeds: Sequence[int] = SEEDS, steps: int = STEPS) -> Rows:
    """A row a head and seed: scores of all digits in both forms, and the two forms after the same training."""
    return [compared(head, seed, steps) for head in heads for seed in seeds]


def compared(head: str, seed: int, steps: int) -> Row:
    """Train f(x) = Wx + b, write it as W'x', and train W'x' from the same start."""
    digits = wxb.load_data("digits", seed=seed)
    x = wxb.build(head, digits).scale(torch.from_numpy(digits.examples)).flatten(1)
    usual_data = replace(digits, examples=x.numpy())
    trick_data = replace(digits, examples=with_one(x).numpy())
    usual = wxb.build(head, usual_data, seed=seed, scale="none")
    trick = wxb.build(f"FC-Cb0, {head}", trick_data, seed=seed, scale="none")
    with torch.no_grad():
        only(trick).copy_(joined(usual))
    row: Row = {"head": head, "seed": seed, "examples": len(x)}
    for model, data in ((usual, usual_data), (trick, trick_data)):
        row["steps"] = fit.train(model, data, steps, seed=seed, optimizer="sgd", learning_rate=RATE)
    weight, bias = (parameter.detach() for parameter in usual.parameters())
    for name, dtype in DTYPES.items():
        rows, w, b = x.to(dtype), weight.to(dtype), bias.to(dtype)
        scores, tricked = rows @ w.T + b, with_one(rows) @ bias_in_weights(w, b).T
        row[name] = float((scores - tricked).abs().max())
        row["largest_score"] = float(scores.abs().max())
        row[f"same_class_{name}"] = int((scores.argmax(1) == tricked.argmax(1)).sum())
    row["after_training"] = float((joined(usual) - only(trick)).detach().abs().max())
    if head == HEADS[0] and seed == 0:
        row["weights"] = [[round(float(value), 3) for value in line] for line in joined(usual)]
    return row


def joined(model: Model) -> Tensor:
    """W' (targets, features + 1) of a linear classifier with a bias."""
    weight, bias = (parameter.detach() for parameter in model.parameters())
    return bias_in_weights(weight, bias)


def only(model: Model) -> Tensor:
    """The one matrix of a linear classifier without bias."""
    (weight,) = model.parameters()
    return weight


# --- the page -------------------------------------------------------------------------------------------------------


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """The greatest difference of a score in both precisions."""
    table: Table = [
        (
            "classifier",
            "largest score",
            "difference, float32",
            "difference, float64",
            "same class",
            "after the same training",
        )
    ]
    for head in distinct(rows, "head"):
        ones = of(rows, head=head)
        same = min(row[f"same_class_{name}"] for row in ones for name in DTYPES)
        table.append((
            f"`{head}`", f"{max(row['largest_score'] for row in ones):.1f}",
            *(f"{max(row[name] for row in ones):.1e}" for name in DTYPES),
            f"{count(same)} of {count(ones[0]['examples'])}", f"{max(row['after_training'] for row in ones):.1e}",
        ))  # fmt: skip
    seeds = len(distinct(rows, "seed"))
    words = (
        f"Greatest absolute difference of a score between Wx + b and W'x' over all digits, and of a weight after "
        f"{count(rows[0]['steps'])} steps of training in both forms; the worst of {seeds} seeds."
    )
    return [(words, table)]


def seen(rows: Rows) -> str:
    """That the differences are rounding."""
    ratios = [
        max(row[name] / row["largest_score"] / torch.finfo(dtype).eps for row in rows) for name, dtype in DTYPES.items()
    ]
    return (
        f"The scores differ by at most {ratios[0]:.1f} (float32) and {ratios[1]:.1f} (float64) times the rounding of "
        "the largest score, that is, by the order in which the same numbers are added. Gradient descent moves the "
        "column of biases like any other: after training both forms are still the same, but for rounding."
    )


def draw(rows: Rows) -> Figure:
    """W' as an image, a row a class; its last column is the bias."""
    weights = np.array(next(row["weights"] for row in rows if "weights" in row))
    figure, (axes,) = pictures.panels(1, height=2.6)
    most = float(np.abs(weights).max())
    image = axes.imshow(weights, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", interpolation="none")
    axes.axvline(weights.shape[1] - 1.5, color=pictures.BLACK, linewidth=1)
    axes.set(yticks=range(10), yticklabels=range(10), xticks=[*range(0, 64, 8), 64])
    axes.set_xticklabels([*map(str, range(0, 64, 8)), "b"])
    axes.grid(False)
    pictures.label(axes, "W' of the digits: 64 columns of W, then b", "pixel, row by row", "class")
    figure.colorbar(image, ax=axes, label="weight, score an input")
    return figure


PART = Part(
    "bias",
    "The bias trick",
    "The lecture stretches a picture into a column x, writes the linear classifier as f(x, W) = Wx + b, and then puts "
    "b into W as one more column and a 1 at the end of x. Here both forms give the scores of all pictures of `digits`, "
    "with trained weights; then the second form, `FC-Cb0` on 65 features, is trained from the same start by the same "
    "steps of gradient descent.",
    measure,
    tables,
    seen,
    draw,
    "the matrix of weights of the digits as an image, the bias as its last column",
)  # fmt: skip
