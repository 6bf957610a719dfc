"""What twice the examples, the epochs or the width would gain, from side runs with a quarter and with half.

The error of a network often falls as a power of what it is given, down to a floor: error = a·n⁻ᵇ + c (J. Hestness et
al. 2017, arXiv:1712.00409; T. Viering, M. Loog 2021, arXiv:2103.10948). Then the gain of one doubling over that of the
doubling before it is always 2⁻ᵇ, whatever a and c are. So three scores, with a quarter, half and all, give the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wxb.data.dataset import Dataset
from wxb.doctor.case import Case
from wxb.doctor.fault import DataChange, Remedy
from wxb.doctor.finding import Doubling
from wxb.doctor.rewrite import changed, wider
from wxb.doctor.side import Outcome, SideRuns
from wxb.errors import WxbError
from wxb.randomness import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES = (0.25, 0.5, 1.0)
SEEDS = 3  # at most
RESAMPLED = 1_000
QUANTILES = (0.05, 0.95)  # of the interval (90 %)
LEAST_EXAMPLES = 8  # in a quarter of the training part
LEAST_EPOCHS = 4
LEAST_WIDTH = 4  # units of a narrowest layer, of which a quarter is left


def doublings(case: Case, runs: SideRuns) -> tuple[Doubling, ...]:
    """What twice the examples, the epochs and the width would gain; those that side runs of this case can tell.

    As many seeds as the budget of `runs` affords, at least one and at most three. The test part is never used.
    """
    ways: dict[str, tuple[Callable[[float], Remedy], Callable[[float], float]]] = {
        "examples": (lambda share: {"data": fewer(share)}, lambda share: round(share * len(case.held.split.train))),
        "epochs": (lambda share: {"epochs": _epochs(case, share)}, lambda share: _epochs(case, share)),
        "width": (lambda share: {"network": _narrower(case, share)}, lambda share: float(share * max(_widths(case)))),
    }
    able = {name: way for name, way in ways.items() if not _cannot(name, case)}
    found = {name: _scores(way[0], runs) for name, way in able.items()}
    return tuple(
        _expected(name, able[name][1], scores, case.recipe.seed) for name, scores in found.items() if scores is not None
    )


def left_out(case: Case, told: Sequence[Doubling]) -> dict[str, str]:
    """Why side runs of this case do not tell what twice as much of something would gain, by its name."""
    names = {one.of for one in told}
    return {
        name: _cannot(name, case) or "side runs with less cannot be made"
        for name in ("examples", "epochs", "width")
        if name not in names
    }


def _cannot(name: str, case: Case) -> str:
    """Why something cannot be halved twice; nothing where it can."""
    if name == "examples":
        few = SHARES[0] * len(case.held.split.train) < LEAST_EXAMPLES * max(1, case.data.outputs)
        return f"fewer than {4 * LEAST_EXAMPLES} training examples of a class" if few else ""
    if name == "epochs":
        if case.recipe.steps:
            return "the length is given in steps, not in epochs"
        return f"the training has fewer than {LEAST_EPOCHS} epochs" if case.recipe.epochs < LEAST_EPOCHS else ""
    widths = _widths(case)
    if not widths:
        return "no width is written in the network"
    return f"the narrowest layer has fewer than {LEAST_WIDTH} units" if min(widths) < LEAST_WIDTH else ""


def _widths(case: Case) -> list[int]:
    """The widths of the hidden layers; none where no width is written."""
    halves = changed(case.plan, wider(SHARES[1], least=1))
    if halves == changed(case.plan, lambda items: items):
        return []
    outputs = {layer.path for layer in case.plan.output_layers}
    return [layer.output[0] for layer in case.plan.layers if layer.name in ("FC", "CONV") and layer.path not in outputs]


def _epochs(case: Case, share: float) -> int:
    return max(1, round(share * case.recipe.epochs))


def _narrower(case: Case, share: float) -> str:
    return changed(case.plan, wider(share, least=1))


def fewer(share: float) -> DataChange:
    """A share of the training examples, the same ones of each class in a larger share."""

    def fewer(data: Dataset) -> Dataset:
        train = data.split.train
        order = generator(0, "doctor", "fewer").permutation(len(train))
        chosen = np.sort(train[order[: max(1, round(share * len(train)))]])
        return replace(data, split=replace(data.split, train=chosen))

    return DataChange(f"{share:g} of the training examples", fewer)


def _scores(way: Callable[[float], Remedy], runs: SideRuns) -> tuple[list[NDArray[np.float64]], ...] | None:
    """The scores of each validation example with a quarter, half and all, for each seed; None if one cannot be made."""
    found: tuple[list[NDArray[np.float64]], ...] = ([], [], [])
    for seed in range(SEEDS):
        planned = [{} if share == 1 else way(share) for share in SHARES]
        if seed and not runs.affords(*(runs.cost(remedy, 1.0) or 0.0 for remedy in planned)):
            break
        outcomes = [_run(runs, remedy, seed) for remedy in planned]
        if any(one is None for one in outcomes):
            return None
        for scores, outcome in zip(found, outcomes, strict=True):
            assert outcome is not None
            scores.append(np.concatenate([outcome.first, outcome.second]))
    return found


def _run(runs: SideRuns, remedy: Remedy, seed: int) -> Outcome | None:
    try:
        return runs.run(remedy, seed=seed)
    except WxbError:
        return None


def _expected(
    name: str, amount: Callable[[float], float], scores: tuple[list[NDArray[np.float64]], ...], seed: int
) -> Doubling:
    table: Any = np.array(scores)  # (3, seeds, examples)
    draw = generator(seed, "doctor", "doubling", name)
    seeds, examples = table.shape[1:]
    gains = []
    for _ in range(RESAMPLED):
        rows, some = draw.integers(0, examples, examples), draw.integers(0, seeds, seeds)
        gains.append(next_gain(*table[:, some][:, :, rows].mean(axis=(1, 2))))
    low, high = np.quantile(gains, QUANTILES)
    means = table.mean(axis=(1, 2))
    quarter, half, whole = (float(one) for one in means)
    return Doubling(
        name,
        (amount(SHARES[0]), amount(SHARES[1]), amount(SHARES[2])),
        (quarter, half, whole),
        next_gain(quarter, half, whole),
        (float(low), float(high)),
        seeds,
    )


def next_gain(quarter: float, half: float, whole: float) -> float:
    """The gain of the next doubling: that of the last one, times how much less it was than the one before.

    Never more than the last gain, nor than half of the error (b is at most 1); 0 or less after one that gained nothing.
    """
    before, last = half - quarter, whole - half
    ratio = 1.0 if before <= 0 else min(1.0, max(0.0, last / before))
    return min(last * ratio, (1 - whole) / 2) if last > 0 else last
