"""Decisions: which answer the scores of a network lead to, where another measure than accuracy matters.

The most probable class is the best answer if all mistakes cost the same. For another measure, an offset is added to
the score of each class before the greatest is taken (of labels, before a score above 0 means yes); for two classes
that is a threshold of the probability other than one half. The offsets are fitted to examples that the network has
not learned from. Probabilities do not change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SWEEPS = 20  # over the classes, at most
LEAST_GAIN = 1e-9  # of a measure, for which an offset moves
CLOSEST = 1e-6  # two scores that float32 may tell apart by rounding alone


@dataclass(frozen=True)
class Decision:
    """The offsets that are added to scores (outputs,), and how they were fitted."""

    optimize: str  # "accuracy", "balanced", "f1"
    offsets: tuple[float, ...]
    examples: int  # that they were fitted to


def for_classes(optimize: str, scores: Floats, targets: Ints, weights: Floats | None = None) -> Floats:
    """The offsets (classes,) for scores (n, classes) and class numbers (n,), by which examples are told apart best.

    `optimize` is "accuracy"; "balanced", the mean recall of the classes; or "f1", of two classes that of the second, as
    in scikit-learn, and of more the mean over classes. One class after the other gets the offset that is best beside
    those of the others (coordinate ascent), until none gains; the first stays at 0. Of equally good offsets the one
    nearest to the present one is taken. `weights` (n,) say how much each example counts.
    """
    weights = np.ones(len(targets)) if weights is None else weights
    offsets = np.zeros(scores.shape[1])
    given: Floats = np.bincount(targets, weights=weights, minlength=scores.shape[1]).astype(np.float64)
    for _ in range(SWEEPS):
        moved = False
        for one in range(1, scores.shape[1]):
            best = _best_offset(optimize, one, scores, offsets, targets, weights, given)
            moved |= best != offsets[one]
            offsets[one] = best
        if not moved or scores.shape[1] == 2:
            break
    return offsets


def for_labels(optimize: str, scores: Floats, targets: NDArray[np.float32], weights: Floats | None = None) -> Floats:
    """The offsets (labels,) for scores (n, labels) and labels of 0 and 1 (n, labels), each for its own yes and no."""
    sides = (np.stack([np.zeros(len(one)), one], axis=1) for one in scores.T)
    yes = (targets > 0.5).astype(np.int64)
    return np.array([for_classes(optimize, both, yes[:, i], weights)[1] for i, both in enumerate(sides)])


def _best_offset(
    optimize: str, one: int, scores: Floats, offsets: Floats, targets: Ints, weights: Floats, given: Floats
) -> float:
    """The best offset of class `one` beside those of the others."""
    others = scores + offsets
    others[:, one] = -np.inf
    rival = others.argmax(axis=1)
    # with an offset above this, an example is answered with the class
    needed = others[np.arange(len(targets)), rival] - scores[:, one]
    order = np.argsort(needed, kind="stable")
    needed, rival, goals, counts = needed[order], rival[order], targets[order], weights[order]
    # row k: sums of weights by class if the first k examples are answered with the class
    right = np.zeros((len(needed) + 1, len(given)))
    said = np.zeros_like(right)
    steps = np.arange(1, len(needed) + 1)
    np.add.at(said, (steps, rival), -counts)
    said[1:, one] += counts
    lost = rival == goals
    np.add.at(right, (steps[lost], rival[lost]), -counts[lost])
    right[1:, one] += counts * (goals == one)
    right, said = right.cumsum(axis=0), said.cumsum(axis=0)
    said += np.bincount(rival, weights=counts, minlength=len(given))
    right += np.bincount(rival[lost], weights=counts[lost], minlength=len(given))
    values = _values(optimize, right, said, given)
    apart = np.concatenate([[True], np.diff(needed) > CLOSEST, [True]])  # examples that need the same switch together
    ends = np.concatenate([[needed[0] - 2], needed, [needed[-1] + 2]])
    middles = (ends[:-1] + ends[1:]) / 2
    present = _values_at(values, needed, offsets[one])
    reached = values[apart].max()
    if reached <= present + LEAST_GAIN:
        return float(offsets[one])
    best = middles[apart & (values >= reached - LEAST_GAIN)]
    return float(best[np.argmin(np.abs(best - offsets[one]))])


def _values_at(values: Floats, needed: Floats, offset: float) -> float:
    """The measure at an offset; an example switches where the offset is above what it needs."""
    return float(values[int(np.searchsorted(needed, offset, side="left"))])


def _values(optimize: str, right: Floats, said: Floats, given: Floats) -> Floats:
    """The measure for each row of sums by class: of right answers and of answers; `given` are those of the classes."""
    there = given > 0
    if optimize == "accuracy":
        return np.asarray(right.sum(axis=1) / given.sum())
    if optimize == "balanced":
        return np.asarray((right[:, there] / given[there]).mean(axis=1))
    total = said + given
    f1 = 2 * right / np.where(total > 0, total, 1)
    return np.asarray(f1[:, 1] if len(given) == 2 else f1.mean(axis=1))
