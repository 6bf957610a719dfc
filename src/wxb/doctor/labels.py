"""What the neighbours of examples say about their labels: which are doubted, and how many are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wxb.randomness import generator
from wxb.statistics import wilson

NEIGHBOURS = 10
CLEAR = 0.5  # share of the neighbourhoods, those that agree the most
MOSTLY = 0.55  # of their labels are right at least: with fewer, overlap and chance cannot be told apart
LEAST_CLASSES = 4
GATHERED = 0.1  # more of the wrong labels in a third of the classes than where labels are made wrong
EVEN = 0.9  # of what labels that are made wrong at random show
LEAST_OF_A_CLASS = 20  # examples, below which neighbours say little
LEAST_OF_A_BATCH, LEAST_BATCHES = 4, 4  # labels and batches, below which their order says little
DEALT = 5  # times that labels are dealt anew
ONE_SIDED = 1.645  # of the normal distribution, 95 %

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Noise:
    """Labels that are wrong at random: their share, and the least that it is likely to be (95 %, one-sided)."""

    share: float
    least: float


def neighbours(flat: Numbers, shared_unit: bool = False) -> NDArray[np.int64]:
    """The places (n, 10) of the nearest other examples of each example in (n, features), which are standardized.

    With `shared_unit`, as of pixels, all features are divided by one deviation.
    """
    deviation = flat.std(axis=0)
    if shared_unit:
        deviation = np.full_like(deviation, np.sqrt((deviation**2).mean()))
    flat = (flat - flat.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
    squares = (flat**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * flat @ flat.T
    np.fill_diagonal(distances, np.inf)
    nearest = np.argpartition(distances, min(NEIGHBOURS, len(flat) - 2), axis=1)[:, :NEIGHBOURS]
    return np.asarray(nearest, np.int64)


def doubted(labels: NDArray[np.int64], nearest: NDArray[np.int64], classes: int) -> NDArray[np.bool_]:
    """Labels (n,) that another class contradicts, with at least the usual confidence in that class.

    Confident learning (C. Northcutt, L. Jiang, I. Chuang, JAIR 70, 2021), with ten neighbours as the model that has not
    seen the label.
    """
    shares = (_votes(labels, nearest, classes) + 1 / classes) / (nearest.shape[1] + 1)
    own = shares[np.arange(len(labels)), labels]
    usual = np.array([own[labels == one].mean() if (labels == one).any() else np.inf for one in range(classes)])
    return np.asarray(((shares >= usual) & (shares > own[:, None])).any(axis=1), np.bool_)


def noise(labels: NDArray[np.int64], nearest: NDArray[np.int64], classes: int) -> Noise | None:
    """The share of labels (n,) that are wrong at random; None if it cannot be told from classes that overlap.

    Where classes overlap, labels contradict their neighbours at the borders, and hardly where the neighbours agree.
    Where labels are wrong at random, they contradict clear neighbourhoods nearly as often as others: about as often as
    where the neighbours' own labels are made wrong. And they are any other class, not the one beyond the border. Of
    fewer than four classes nothing is said: their overlap can look the same.
    """
    present = np.bincount(labels, minlength=classes)
    present = present[present > 0]
    if len(present) < LEAST_CLASSES or present.min() < LEAST_OF_A_CLASS:
        return None
    clear, others = _agreeing(labels, nearest, classes)
    if clear.mean() < MOSTLY:
        return None
    share = 1 - float(clear.mean())
    likely = _votes(labels, nearest, classes).argmax(axis=1)
    draw = generator(0, "doctor", "noise")
    even, gathered = [], []
    for _ in range(DEALT):
        changed = draw.random(len(likely)) < share
        other = (likely + draw.integers(1, classes, len(likely))) % classes
        made = np.where(changed, other, likely)
        parts = _agreeing(made, nearest, classes)
        even.append(parts[1].mean() / parts[0].mean())
        gathered.append(_gathered(made, nearest, classes))
    if others.mean() / clear.mean() < EVEN * float(np.mean(even)):
        return None
    if _gathered(labels, nearest, classes) > GATHERED + float(np.mean(gathered)):
        return None
    wrong = int((~clear).sum())
    return Noise(share, wilson(wrong, len(clear), ONE_SIDED)[0])


def _agreeing(
    labels: NDArray[np.int64], nearest: NDArray[np.int64], classes: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which labels are those of most neighbours, where the neighbours agree the most, and elsewhere."""
    votes = _votes(labels, nearest, classes)
    order = np.argsort(-votes.max(axis=1), kind="stable")
    agree = (votes.argmax(axis=1) == labels)[order]
    middle = round(CLEAR * len(order))
    return agree[:middle], agree[middle:]


def _gathered(labels: NDArray[np.int64], nearest: NDArray[np.int64], classes: int) -> float:
    """The share of the labels that contradict their neighbours by the third of the classes that do so most often."""
    likely = _votes(labels, nearest, classes).argmax(axis=1)
    counts = np.zeros((classes, classes))
    np.add.at(counts, (likely, labels), 1)
    np.fill_diagonal(counts, 0)
    most = -np.sort(-counts, axis=1)[:, : max(1, round((classes - 1) / 3))]
    return float(most.sum() / max(1.0, counts.sum()))


def mixing(batches: Sequence[NDArray[np.int64]]) -> float:
    """The mean entropy of the labels of a batch over that of batches of the same sizes that are dealt by chance.

    1 where there are too few labels to tell.
    """
    batches = [one for one in batches if len(one) >= LEAST_OF_A_BATCH]
    if len(batches) < LEAST_BATCHES:
        return 1.0
    pooled, ends = np.concatenate(batches), np.cumsum([len(one) for one in batches])[:-1]
    draw = generator(0, "doctor", "mixing")
    dealt = [np.mean([_entropy(one) for one in np.split(draw.permutation(pooled), ends)]) for _ in range(DEALT)]
    chance = float(np.mean(dealt))
    return float(np.mean([_entropy(one) for one in batches])) / chance if chance > 0 else 1.0


def _entropy(classes: NDArray[np.int64]) -> float:
    shares = np.unique(classes, return_counts=True)[1] / len(classes)
    return float(-(shares * np.log(shares)).sum())


def _votes(labels: NDArray[np.int64], nearest: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """How many neighbours of each example have each class (n, classes)."""
    return np.asarray(np.eye(classes)[labels[nearest]].sum(axis=1))
