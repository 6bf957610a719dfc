"""The error surface of a network with two weights: two minima, the saddle between them, and a plateau.

The network is y = w₂·σ(w₁x) on four points. Gradient descent is `wxb.learn` with the optimizer "sgd" on all of them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.autograd.functional import hessian, jacobian

import wxb
from wxb.lessons import fit, picture
from wxb.lessons.lesson import Lesson, Row, Rows, Table, where
from wxb.text import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NETWORK = "FC-1b0-SIGMOID-FC-Cb0, EUCLID"
X, TARGETS = np.array([-4.0, 2.0, 3.0, 4.0]), np.array([0.0, 2.0, 4.0, 4.0])
STANDARDIZED = (TARGETS - TARGETS.mean()) / TARGETS.std()  # what the network learns
STARTS = ((-1.0, 2.5), (-0.5, -2.5), (0.2, 1.5), (3.0, -2.0), (-0.3, 0.6), (-4.0, 2.0), (7.0, 2.0))  # w₁, w₂
RATE = 0.2
STEPS = 3000
KEPT = 60  # points of a path that are kept
FLAT = 1e-3  # slope and curvature that count as none
SOLVED = 1e-10  # slope at which Newton's method stops
NEAR = 0.05  # distance from a minimum within which a descent counts as having ended in it


def measure(start: tuple[float, float] | None, seed: int = 0, steps: int = STEPS) -> Rows:
    """The descent from a start; None: a row for every stationary place that Newton's method finds from a grid."""
    return [descent(start, steps)] if start else stationary()


def loss(weights: Tensor) -> Tensor:
    """The mean loss on the examples for weights (…, 2), differentiable: (…), float64."""
    first, second = weights.double().unbind(-1)
    outputs = second[..., None] * torch.sigmoid(first[..., None] * torch.from_numpy(X))
    return (outputs - torch.from_numpy(STANDARDIZED)).square().mean(-1)


def descent(start: tuple[float, float], steps: int) -> Row:
    """Gradient descent at a constant rate; the path is thinned, densest at its beginning."""
    data = fit.examples(X[:, None], TARGETS[:, None])
    model = wxb.build(NETWORK, data, normalize="none")
    inner, outer = model.parameters()
    with torch.no_grad():
        inner.fill_(start[0])
        outer.fill_(start[1])
    path = [start]
    recipe = wxb.Recipe(
        epochs=steps, batch_size=len(X), optimizer="sgd", learning_rate=RATE, schedule="constant", warm_up=0.0
    )
    for _ in wxb.learn(model, data, recipe, fit.ONE_THREAD):
        path.append((inner.item(), outer.item()))
    kept = np.unique(np.geomspace(1, len(path), KEPT).round().astype(int) - 1)
    return {"kind": "descent", "start": list(start), **described(path[-1]), "path": [list(path[i]) for i in kept]}


def described(place: tuple[float, float]) -> Row:
    """Loss, slope and curvatures at a place."""
    at = torch.tensor(place, dtype=torch.float64)
    slope, curvatures = jacobian(loss, at).norm().item(), torch.linalg.eigvalsh(hessian(loss, at)).tolist()
    return {"place": list(place), "loss": loss(at).item(), "gradient": slope, "curvatures": curvatures}


def stationary() -> Rows:
    """Minima and saddles of the drawn part, each once, by Newton's method from a grid of starts."""
    places: Rows = []
    for start in itertools.product(np.linspace(-3, 3, 5), np.linspace(-2, 2, 5)):
        at = torch.tensor(start, dtype=torch.float64)
        for _ in range(30):
            gradient = jacobian(loss, at)
            if gradient.norm() < SOLVED:
                break
            at = at - torch.linalg.pinv(hessian(loss, at)) @ gradient
        one = described((at[0].item(), at[1].item()))
        known = any(distance(one, other) < 1e-3 for other in places)
        if one["gradient"] < SOLVED and max(map(abs, one["place"])) < 4 and not known:
            places.append({"kind": "stationary", **one})
    return sorted(places, key=lambda one: one["loss"])


def distance(one: Row, other: Row) -> float:
    """The distance between the places of two rows."""
    return float(np.hypot(*np.subtract(one["place"], other["place"])))


def nature(row: Row) -> str:
    """The kind of a place without slope, by its curvatures."""
    low, high = row["curvatures"]
    return "minimum" if low > FLAT else "saddle" if low < -FLAT and high > FLAT else "plateau"


def end(row: Row, rows: Rows) -> str:
    """Where a descent has come to: one of the minima, a plateau, or on its way."""
    for place in where(rows, kind="stationary"):
        if distance(place, row) < NEAR:
            return f"{nature(place)} of loss {place['loss']:.3f}"
    return "on a plateau" if row["gradient"] < FLAT and abs(row["curvatures"][0]) < FLAT else "on its way"


def pair(place: Sequence[float]) -> str:
    """[-1.934, 1.5] -> "(−1.93, 1.50)"; a value that rounds to 0 has no sign."""
    return f"({place[0]:z.2f}, {place[1]:z.2f})".replace("-", "−")


def bends(row: Row) -> str:
    """The two curvatures."""
    return ", ".join(f"{value:.2g}" for value in row["curvatures"]).replace("-", "−")


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """Start, end and loss of every descent; the stationary places."""
    descents: Table = [("start (w₁, w₂)", "end", "loss", "norm of the gradient", "curvatures", "the end is")]
    descents += [
        (
            pair(row["start"]), pair(row["place"]), f"{row['loss']:.4f}", f"{row['gradient']:.1e}", bends(row),
            end(row, rows),
        )
        for row in where(rows, kind="descent")
    ]  # fmt: skip
    places: Table = [("place (w₁, w₂)", "loss", "curvatures", "kind")]
    places += [
        (pair(row["place"]), f"{row['loss']:.4f}", bends(row), nature(row)) for row in where(rows, kind="stationary")
    ]
    return [
        (f"Gradient descent for {count(STEPS)} steps at the rate {RATE}. Curvatures are the eigenvalues of the second "
         "derivatives.", descents),
        ("Places without slope that Newton's method finds in the drawn part.", places),
    ]  # fmt: skip


def findings(rows: Rows) -> str:
    """How many starts end where."""
    descents = where(rows, kind="descent")
    ends = Counter(end(row, rows) for row in descents)
    into = ", ".join(
        f"{times} in a {place}" if "loss" in place else f"{times} {place}" for place, times in ends.items()
    )
    flat = [row for row in descents if end(row, rows) == "on a plateau"]
    slow = " and ".join(f"{pair(row['place'])} with a slope of {row['gradient']:.0e}" for row in flat)
    return (
        f"The {len(descents)} starts end like this: {into}. Only the start makes the difference: with the same "
        "network, data and rate the errors at the end differ, and from the worse minimum no small step leads down."
        + (f" On the plateau, at {slow}, the sigmoid is saturated and w₁ hardly moves." if flat else "")
        + " The saddle lies between the basins: the slope there is zero, but the surface bends up in one direction and "
        "down in the other."
    )


def draw(rows: Rows) -> Figure:
    """Contours of the loss with the paths of gradient descent."""
    figure, (axes,) = picture.panels(1, width=7.0, height=4.8)
    first, second = np.linspace(-6, 8, 85), np.linspace(-3, 3, 61)
    levels = 0.42 + np.geomspace(0.005, 12, 15)  # finest at the minima
    above = loss(torch.from_numpy(np.stack(np.meshgrid(first, second), axis=-1))).numpy()
    filled = axes.contourf(first, second, above, levels=levels, cmap="Greys", extend="both", alpha=0.6)
    axes.contour(first, second, above, levels=levels, colors=picture.GREY, linewidths=0.4)
    for row, colour in zip(where(rows, kind="descent"), picture.COLOURS, strict=False):
        path = np.array(row["path"])
        axes.plot(path[:, 0], path[:, 1], color=colour, marker=".", markersize=3, label=f"from {pair(row['start'])}")
        axes.plot(*path[0], color=colour, marker="o", markersize=6)
    for kind, marker in (("minimum", "*"), ("saddle", "X")):
        ones = [row["place"] for row in where(rows, kind="stationary") if nature(row) == kind]
        if ones:
            axes.plot(*np.transpose(ones), marker, color="black", markerfacecolor="white", markersize=11, label=kind)
    axes.grid(False)
    picture.label(axes, "loss of y = w₂·σ(w₁x)", "w₁, an input's unit", "w₂, targets' standard deviations")
    bar = figure.colorbar(filled, ax=axes, label="loss, squared standard deviations")
    bar.set_ticks(levels[::2].tolist())
    bar.set_ticklabels([f"{level:.2f}" for level in levels[::2]])
    picture.legend(figure, loc="outside lower center", ncols=4)
    return figure


LESSON = Lesson(
    "The lecture draws the total cost over two weights: gradient descent goes down from its start, and different "
    "starts may end in different minima, or stay on a plateau or near a saddle, where the slope is almost zero. Here "
    f"the network `{NETWORK}` has two weights, y = w₂·σ(w₁x), and learns four points by plain gradient descent from "
    "several starts.",
    (*STARTS, None),
    (*STARTS[:2], STARTS[-2], None),
    measure, tables, findings, draw,
    "contours of the loss over two weights with paths of gradient descent to two minima and along a plateau",
    seeded=False,
)  # fmt: skip
