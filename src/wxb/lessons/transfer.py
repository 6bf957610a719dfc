"""A learned representation moves to a new task: digits that were learned before, and few examples of something else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

import wxb
from wxb.data.dataset import Dataset, Split
from wxb.data.itself import of_itself
from wxb.learning.inference import score
from wxb.learning.loop import learn
from wxb.learning.setup import Setup, set_up
from wxb.learning.state import tensors
from wxb.lessons import fit, picture
from wxb.lessons.lesson import Lesson, Row, Rows, Table, distinct, where
from wxb.network.pretrained import Pretrained
from wxb.randomness import generator
from wxb.statistics import Mean, mean_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Rowed = NDArray[np.int64]

STEPS, FEW_STEPS = 400, 200  # of the first training, and of those on few examples
PAIRS = 8  # of trainings for each seed, each with examples and weights of its own
NETWORK = "FC-64-RELU-FC-64-RELU, SOFTMAX"
MOVES = {  # name: what is learned first → what is then learned from few examples
    "classes": "0 to 4 → 5 to 9",
    "question": "which digit → odd or even",
    "no labels": "without labels → which digit",
}
FIRST = {"no labels": "FC-64-RELU-FC-16, SELF"}  # the network of the first training, if it is another
SIZES = (5, 10, 20, 50)
WAYS = {"scratch": "from scratch", "tuned": "fine-tuned", "frozen": "frozen"}
CASES = tuple((move, size) for move in MOVES for size in SIZES)


@dataclass(frozen=True)
class Move:
    """What is learned first, and the examples of the new task."""

    before: Dataset  # all of it is training part
    after: Dataset  # all of it is test part


@cache
def digits() -> Dataset:
    """The digits, 8x8."""
    return wxb.load_data("digits")


def part(rows: Rowed, targets: Rowed, classes: int, test: bool) -> Dataset:
    """Some digits with these targets, all of them in the training part or in the test part."""
    everything, nothing = np.arange(len(rows)), np.empty(0, np.int64)
    split = Split(nothing, nothing, everything, "test") if test else Split(everything, nothing, nothing, "train")
    names = tuple(map(str, range(classes)))
    return replace(digits(), examples=digits().examples[rows], targets=targets, classes=names, split=split)


def divided(move: str, number: int) -> Move:
    """The two tasks of a move; what is drawn for the first is not in the second."""
    labels = digits().targets.astype(np.int64)
    if move == "classes":
        low, high = np.flatnonzero(labels < 5), np.flatnonzero(labels >= 5)
        return Move(part(low, labels[low], 5, False), part(high, labels[high] - 5, 5, True))
    mixed = generator(number, "theory", "transfer").permutation(len(labels))
    first, second = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
    before = part(first, labels[first], 10, False)
    if move == "question":
        return Move(before, part(second, labels[second] % 2, 2, True))
    return Move(of_itself(before), part(second, labels[second], 10, True))


def few(data: Dataset, size: int, number: int) -> Dataset:
    """The data with `size` examples of each class in the training part, and all others in the test part."""
    mixed = generator(number, "theory", "few").permutation(len(data.targets))
    train = np.sort(np.concatenate([mixed[data.targets[mixed] == place][:size] for place in range(data.outputs)]))
    return replace(data, split=Split(train, train[:0], np.setdiff1d(mixed, train), f"{size} of each class"))


@cache
def pretrained(move: str, number: int) -> Pretrained:
    """The trained network of the first task."""
    data = divided(move, number).before
    setup = set_up(data, FIRST.get(move, NETWORK), options={"seed": number, "steps": STEPS}, machine=fit.ONE_THREAD)
    trained(setup, data)
    weights = {name: tensor.clone() for name, tensor in tensors(setup.model).items()}
    return Pretrained(move, setup.plan, weights, setup.recipe.normalize, data.kind, bytes=True)


def trained(setup: Setup, data: Dataset) -> None:
    """Train to the end."""
    for _ in learn(setup.model, data, setup.recipe, setup.machine):
        pass


def measure(case: tuple[str, int], seed: int, steps: int = FEW_STEPS, pairs: int = PAIRS) -> Rows:
    """The test accuracies of all ways to learn the same few examples, for several draws of them."""
    move, size = case
    rows: Rows = []
    for number in range(pairs * seed, pairs * (seed + 1)):
        before, data = pretrained(move, number), few(divided(move, number).after, size, number)
        row: Row = {"move": move, "examples": size, "seed": seed, "pair": number}
        for way in WAYS:
            begin = None if way == "scratch" else before
            options: dict[str, Any] = {"seed": number, "steps": steps, "freeze": way == "frozen"}
            options |= {} if begin is None else {"pretrained": move}
            setup = set_up(data, before.network(data), options=options, machine=fit.ONE_THREAD, pretrained=begin)
            trained(setup, data)
            test = data.split.test
            row[way] = score(setup.model, data.model_inputs, data.targets[test], setup.machine, rows=test).value
        rows.append(row)
    return rows


def gain(rows: Rows, way: str) -> Mean:
    """By how much the accuracy of a way is above that from scratch, pair by pair, with its 95 % interval."""
    return mean_of([row[way] - row["scratch"] for row in rows], (-1.0, 1.0))


def shown(of: Mean) -> str:
    """ "+3.1 [+1.0, +5.2]", in points of per cent."""
    low, high = of.interval or (of.mean, of.mean)
    return f"{100 * of.mean:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """Accuracies from scratch and what the pretrained ways gain, by move and number of examples."""
    table: Table = [("first → then", "examples a class", "from scratch", "fine-tuned gains", "frozen gains")]
    for move in distinct(rows, "move"):
        for size in distinct(where(rows, move=move), "examples"):
            ones = where(rows, move=move, examples=size)
            scratch = sum(row["scratch"] for row in ones) / len(ones)
            gains = (shown(gain(ones, way)) for way in ("tuned", "frozen"))
            table.append((MOVES[move], str(size), f"{100 * scratch:.1f} %", *gains))
    pairs = len(distinct(rows, "pair"))
    caption = (
        f"Test accuracy; gains in points with their 95 % interval, paired over {pairs} draws of examples and weights."
    )
    return [(caption, table)]


def findings(rows: Rows) -> str:
    """What each move gains with the fewest and with the most examples."""
    said = []
    for move in distinct(rows, "move"):
        sizes = distinct(where(rows, move=move), "examples")
        ends = dict.fromkeys((min(sizes), max(sizes)))
        parts = [
            f"with {size} examples a class fine-tuning {verdict(gain(ones, 'tuned'))} and the frozen body "
            f"{verdict(gain(ones, 'frozen'))}"
            for size in ends
            for ones in [where(rows, move=move, examples=size)]
        ]
        said.append(f"{MOVES[move]}: {'; '.join(parts)}.")
    return " ".join([
        *said,
        "A representation helps as far as the first task needed what the second asks for; a frozen one cannot learn "
        "what it lacks.",
    ])  # fmt: skip


def verdict(of: Mean) -> str:
    """A gain in words; one whose interval holds 0 is none that can be told."""
    low, high = of.interval or (0.0, 0.0)
    if low <= 0 <= high:
        return "makes no difference that can be told"
    return f"{'gains' if of.mean > 0 else 'loses'} {100 * abs(of.mean):.1f} points"


def draw(rows: Rows) -> Figure:
    """Accuracy against the number of examples, a panel for each move."""
    moves = distinct(rows, "move")
    figure, axes = picture.panels(len(moves), height=3.4, sharey=True)
    for one, move in zip(axes, moves, strict=True):
        sizes = distinct(where(rows, move=move), "examples")
        for (way, name), colour in zip(WAYS.items(), (picture.BLACK, picture.BLUE, picture.VERMILION), strict=True):
            runs = [[row[way] for row in where(rows, move=move, examples=size)] for size in sizes]
            picture.band(one, sizes, runs, colour, name)
        one.set_xscale("log")
        one.set_xticks(sizes, [str(size) for size in sizes])
        one.minorticks_off()
        one.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
        picture.label(one, MOVES[move], "training examples of a class, count", "test accuracy, %")
    picture.legend(axes[0], loc="lower right")
    return figure


LESSON = Lesson(
    "What a network has learned for one task can serve another that has few examples. Three times a network learns the "
    "handwritten `digits` first: five of the ten classes; all ten, of one half of the pictures; or that half without "
    f"labels (`{FIRST['no labels']}`; the others are `{NETWORK}`). Then it moves to a new task with 5 to 50 examples "
    "of a class: the other five classes; odd or even, of the other half; or which digit, of the other half. Its layers "
    "before the output layer are fine-tuned (`pretrained`) or stay as they are (`freeze`), against the same network "
    "from scratch, on the same examples and for as many steps.",
    CASES,
    tuple((move, 10) for move in MOVES),
    measure, tables, findings, draw,
    "test accuracy against the number of examples of a class, from scratch, fine-tuned and frozen, for three moves",
)  # fmt: skip
