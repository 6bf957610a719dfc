"""Total cost as a sum or as a mean over the batch: the same training where the sum's rate is divided by the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

import wxb
from benchmarks import pictures
from benchmarks.theory import fit
from benchmarks.theory.part import Part, Row, Rows, Table, distinct, of
from wxb.network.build import Model
from wxb.text import count

RATE = 0.1  # of the mean
STEPS = 400
SEEDS = (0, 1, 2)
ROUNDING = 1e-5  # difference of weights of about 1 up to which float32's rounding alone may explain it
EVERY = 10  # steps between those whose difference is written down, besides the first and the last
PLAIN = (("optimizer", "sgd"),)


@dataclass(frozen=True)
class Case:
    """Two trainings that differ in the reduction; `settings` are the mean's."""

    what: str
    data: str
    network: str
    batch_size: int
    settings: tuple[tuple[str, Any], ...] = PLAIN
    divided: bool = True  # whether the sum's rate is the mean's over the batch


DIGITS = "FC-32-TANH, SOFTMAX"
CASES = (
    Case("ring, batches of 64 (a power of two)", "ring", "FC-16-TANH, SOFTMAX", 64),
    Case("digits, batches of 50", "digits", DIGITS, 50),
    Case("the same with momentum", "digits", DIGITS, 50, (("optimizer", "momentum"), ("learning_rate", 0.02))),
    Case("the same with a penalty, the sum's λ times the batch", "digits", DIGITS, 50, (*PLAIN, ("l2", 1e-3))),
    Case("digits, batches of 31 and 32", "digits", DIGITS, 32),
    Case("digits, batches of 50, rate not divided", "digits", DIGITS, 50, (*PLAIN, ("learning_rate", 0.002)), False),
)  # fmt: skip


def measure(cases: Sequence[Case] = CASES, seeds: Sequence[int] = SEEDS, steps: int = STEPS) -> Rows:
    """A row a case and seed: the greatest difference of a weight after steps, and the largest weight beside it."""
    return [compared(case, seed, steps) for case in cases for seed in seeds]


def compared(case: Case, seed: int, steps: int) -> Row:
    """Train both side by side from the same start on the same batches."""
    data = wxb.load_data(case.data, seed=seed)
    batch = case.batch_size
    given = {"learning_rate": RATE, **dict(case.settings)}
    scaled = {
        "learning_rate": given["learning_rate"] / (batch if case.divided else 1), "l2": given.get("l2", 0.0) * batch,
    }  # fmt: skip
    per_epoch = -(-len(data.split.train) // batch)
    every: dict[str, Any] = {
        "seed": seed, "batch_size": batch, "epochs": -(-steps // per_epoch), "schedule": "constant", "warm_up": 0.0,
    }  # fmt: skip
    mean, total = (wxb.build(case.network, data, seed=seed) for _ in range(2))
    trainings = (
        wxb.learn(mean, data, wxb.Recipe(**{**every, **given}), fit.ONE_THREAD),
        wxb.learn(total, data, wxb.Recipe(**{**every, **given, **scaled, "reduction": "sum"}), fit.ONE_THREAD),
    )
    # the two generators take turns, so that the weights stand side by side after every step
    differences = [difference(mean, total) for _ in zip(*trainings, strict=True)]
    kept = sorted({1, *range(EVERY, len(differences), EVERY), len(differences)})
    return {
        "case": case.what, "seed": seed, "steps": kept, "differences": [differences[step - 1] for step in kept],
        "largest_weight": max(float(p.detach().abs().max()) for p in mean.parameters()),
    }  # fmt: skip


def difference(one: Model, other: Model) -> float:
    """The greatest absolute difference of a parameter of two models of one network."""
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return max(float((a.detach() - b.detach()).abs().max()) for a, b in pairs)


# --- the page -------------------------------------------------------------------------------------------------------


def worst(rows: Rows, case: str, most: int | None = None) -> float:
    """The greatest difference over the seeds after the last kept step, or the last of at most `most`."""
    ones = of(rows, case=case)
    place = max(i for i, step in enumerate(ones[0]["steps"]) if most is None or step <= most)
    return float(max(row["differences"][place] for row in ones))


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """The greatest difference of a weight after some of the steps."""
    table: Table = [("training", "after 1 step", "after 100 steps", "at the end", "steps", "largest weight")]
    for case in distinct(rows, "case"):
        ones = of(rows, case=case)
        last = ones[0]["steps"][-1]
        table.append((
            case, *(f"{worst(rows, case, step):.1e}" for step in (1, 100, last)), count(last),
            f"{max(row['largest_weight'] for row in ones):.2f}",
        ))  # fmt: skip
    seeds = len(distinct(rows, "seed"))
    return [
        (f"Greatest absolute difference of a weight between sum and mean, the worst of {seeds} seeds; float32.", table)
    ]


def seen(rows: Rows) -> str:
    """Which cases agree to the bit, which to rounding, which not."""
    same = [case for case in distinct(rows, "case") if worst(rows, case) == 0]
    near = [case for case in distinct(rows, "case") if 0 < worst(rows, case) < ROUNDING]
    apart = [case for case in distinct(rows, "case") if worst(rows, case) >= ROUNDING]
    return (
        f"Equal to the last bit: {'; '.join(same) or 'none'}. Equal but for rounding: {'; '.join(near) or 'none'}. "
        f"Not the same training: {'; '.join(apart) or 'none'}. Division by a power of two is exact in binary numbers. "
        "Where batches differ in size, one rate cannot stand for all of them, and a penalty is part of the sum: its λ "
        "counts once a batch and is to be multiplied by the batch's size."
    )


def draw(rows: Rows) -> Figure:
    """The difference against the step, a line a case."""
    figure, (axes,) = pictures.panels(1, height=3.4)
    for case, colour in zip(distinct(rows, "case"), pictures.COLOURS, strict=False):
        ones = of(rows, case=case)
        values = list(map(max, zip(*(row["differences"] for row in ones), strict=True)))
        axes.plot(ones[0]["steps"], values, color=colour, label=case)
    axes.set_yscale("symlog", linthresh=1e-9)
    axes.set_yticks([0, 1e-8, 1e-6, 1e-4, 1e-2, 1])
    axes.set_ylim(-2e-10, None)
    pictures.label(
        axes, "how far the weights of both trainings are apart", "step, count", "greatest difference, no unit"
    )
    pictures.legend(axes, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


PART = Part(
    "reduction",
    "Total cost as a sum or as a mean",
    "The lecture writes the total cost of a batch as a sum of the examples' losses, and elsewhere as their mean. The "
    "gradient of the sum is the mean's times the batch's size B, so plain gradient descent takes the same steps where "
    "the sum's learning rate is the mean's divided by B (`--reduction sum`). Both trainings go side by side, from the "
    "same weights over the same batches; the last row leaves the rate undivided, to show what a real difference is.",
    measure,
    tables,
    seen,
    draw,
    "greatest difference of a weight between sum and mean against the step, one line a case",
)  # fmt: skip
