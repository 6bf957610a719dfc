"""Labels of two or three classes that are wrong at random, told from classes that overlap by groups of the examples.

Neighbours cannot tell the two apart: where classes overlap, labels contradict their neighbours as well. But where the
examples fall into as many clearly separate groups as there are classes, along the directions that tell the classes,
labels deep inside a group contradict it as often as labels at its border, and neighbours tell no more than the groups,
then no border explains them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wxb.doctor.labels import LEAST_OF_A_CLASS, NEIGHBOURS, ONE_SIDED, Noise
from wxb.statistics import wilson

LEAST, MOST = 100, 1_000  # examples that are looked at
MOST_FEATURES = 400
PENALTIES = (0.01, 0.1, 1.0)  # of the linear model, over the number of examples
STEPS = 50  # of expectation and maximization
APART = 3.0  # deviations between the means of two groups, at least
CERTAIN = 0.94  # mean probability of the likelier group
OWN = 0.5  # of the labels in each group are its own
EVEN = 0.8  # of the share of own labels among the surer two thirds, in the least sure third
MOSTLY = 0.55  # of all labels are those of their groups,
FEWEST = 0.25  # and surely more than this share are not: with fewer, a border that is no plane can look the same
SURELY, HINT = 2.5, 1.0  # standard errors

Numbers = NDArray[np.float64]


def noise_in_groups(flat: NDArray[np.float32], given: NDArray[np.int64], classes: int) -> Noise | None:
    """The share of labels (n,) of examples (n, features) that are wrong at random; None where that cannot be told."""
    counts = np.bincount(given, minlength=classes)
    if classes not in (2, 3) or counts.min() < LEAST_OF_A_CLASS or not LEAST <= len(given) <= MOST:
        return None
    if (moving := _moving(flat)) is None:
        return None
    scores = _left_out(moving, given, classes)
    likely, apart = _mixture(scores[:, :-1], scores.argmax(axis=1), classes)
    group, sure = likely.argmax(axis=1), likely.max(axis=1)
    own = group == given
    if apart < APART or sure.mean() < CERTAIN or own.mean() < MOSTLY:
        return None
    if min(own[group == one].mean() if (group == one).any() else 0.0 for one in range(classes)) < OWN:
        return None
    order = np.argsort(sure, kind="stable")
    unsure, rest = own[order[: len(order) // 3]], own[order[len(order) // 3 :]]
    if unsure.mean() < EVEN * rest.mean():
        return None
    if _by_neighbours(moving, given, classes) > own.mean() + 2 * own.std() / np.sqrt(len(own)):
        return None  # the classes lie otherwise than the groups
    wrong = int((~own).sum())
    least = wilson(wrong, len(own), ONE_SIDED)[0]
    return Noise(wrong / len(own), least) if least > FEWEST else None


def linear_signal(flat: NDArray[np.float32], given: NDArray[np.int64], classes: int) -> bool:
    """Whether a linear model that learns from all others surely answers more labels than the most frequent class does.

    With every example it sees more than a validation part of few does.
    """
    if (moving := _moving(flat)) is None or len(moving) > MOST:
        return False
    right = _left_out(moving, given, classes).argmax(axis=1) == given
    return _above_most(float(right.mean()), given) > SURELY


def hint(flat: NDArray[np.float32], given: NDArray[np.int64], classes: int) -> bool:
    """Whether a linear model or neighbours, left without each example in turn, may tell anything of the labels."""
    if (moving := _moving(flat)) is None or not LEAST <= len(moving) <= MOST:
        return True
    right = float((_left_out(moving, given, classes).argmax(axis=1) == given).mean())
    return _above_most(max(right, _by_neighbours(moving, given, classes)), given) > HINT


def _moving(flat: NDArray[np.float32]) -> Numbers | None:
    """The features of examples (n, features) that are not constant; None if there are none, or too many."""
    moving = np.asarray(flat[:, flat.std(axis=0) > 0], np.float64)
    return moving if 0 < moving.shape[1] <= MOST_FEATURES else None


def _above_most(share: float, given: NDArray[np.int64]) -> float:
    """How many standard errors a share of right answers lies above that of the most frequent class."""
    most = float(np.bincount(given).max() / len(given))
    return (share - most) / max(1e-9, float(np.sqrt(most * (1 - most) / len(given))))


def _by_neighbours(flat: Numbers, given: NDArray[np.int64], classes: int) -> float:
    """The share of labels that are those of most of the nearest three or ten others, whichever is more."""
    flat = ((flat - flat.mean(axis=0)) / flat.std(axis=0)).astype(np.float32)
    squares = (flat**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * flat @ flat.T
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1)
    votes = (np.eye(classes)[given[order[:, :many]]].sum(axis=1) for many in (3, NEIGHBOURS))
    return max(float((one.argmax(axis=1) == given).mean()) for one in votes)


def _left_out(flat: Numbers, given: NDArray[np.int64], classes: int) -> Numbers:
    """What a linear model with squared penalties says of each example (n, classes) after learning from all others."""
    count = len(flat)
    flat = (flat - flat.mean(axis=0)) / flat.std(axis=0)
    coded = np.eye(classes)[given]
    centred = coded - coded.mean(axis=0)
    left, values, _ = np.linalg.svd(flat, full_matrices=False)
    found = []
    for penalty in PENALTIES:
        kept = values**2 / (values**2 + penalty * count)
        fitted = (left * kept) @ (left.T @ centred) + coded.mean(axis=0)
        own = (left**2 * kept).sum(axis=1)[:, None] + 1 / count  # how much each answer owes to its own label
        found.append((fitted - own * coded) / (1 - own))
    return min(found, key=lambda scores: float(((scores - coded) ** 2).mean()))


def _mixture(scores: Numbers, first: NDArray[np.int64], groups: int) -> tuple[Numbers, float]:
    """Gaussian groups of one shared shape: the probability of each (n, groups), and how far the nearest two are apart.

    In deviations. Maximum likelihood by expectation and maximization, from the classes that a linear model gives first.
    """
    likely = 0.9 * np.eye(groups)[first] + 0.1 / groups
    for _ in range(STEPS):
        weights = likely.sum(axis=0) + 1e-9
        means = (likely.T @ scores) / weights[:, None]
        away = scores[:, None] - means  # (n, groups, directions)
        shape = np.einsum("ng,ngi,ngj->ij", likely, away, away) / len(scores)
        inverse = np.linalg.inv(shape + 1e-9 * np.eye(len(shape)))
        logs = np.log(weights / len(scores)) - np.einsum("ngi,ij,ngj->ng", away, inverse, away) / 2
        likely = np.exp(logs - logs.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
    between = means[:, None] - means
    squares = np.einsum("ghi,ij,ghj->gh", between, inverse, between)
    return likely, float(np.sqrt(squares[np.triu_indices(groups, 1)].min()))
