"""Total cost as a sum or as a mean over the batch: the same training if the sum's rate is divided by the batch size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

import wxb
from wxb.lessons import fit, picture
from wxb.lessons.lesson import Lesson, Rows, Table, distinct, seeds, where
from wxb.network.build import Model
from wxb.text import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATE = 0.1  # of the mean
STEPS = 400
ROUNDING = 1e-5  # up to this difference of weights of about 1, rounding in float32 may be the only cause
EVERY = 10  # steps between two differences that are kept, besides the first and the last


@dataclass(frozen=True)
class Case:
    """Two trainings that differ in the reduction; `settings` are those of the mean."""

    what: str
    data: str
    network: str
    batch_size: int
    settings: tuple[tuple[str, Any], ...] = ()
    divided: bool = True  # whether the sum's rate is the mean's divided by the batch size


DIGITS = ("digits", "FC-32-TANH, SOFTMAX", 50)
CASES = (
    Case("ring, batches of 64 (a power of two)", "ring", "FC-16-TANH, SOFTMAX", 64),
    Case("digits, batches of 50", *DIGITS),
    Case("the same with momentum", *DIGITS, (("optimizer", "momentum"), ("learning_rate", 0.02))),
    Case("the same with a penalty, the sum's λ times the batch", *DIGITS, (("l2", 1e-3),)),
    Case("digits, batches of 31 and 32", *DIGITS[:2], 32),
    Case("digits, batches of 50, rate not divided", *DIGITS, (("learning_rate", 0.002),), False),
)


def measure(case: Case, seed: int, steps: int = STEPS) -> Rows:
    """Train both side by side with the same initial weights and batches; the greatest difference of a weight."""
    data = wxb.load_data(case.data, seed=seed)
    batch = case.batch_size
    steps_per_epoch = -(-len(data.split.train) // batch)
    settings: dict[str, Any] = {
        "optimizer": "sgd", "learning_rate": RATE, "l2": 0.0, "seed": seed, "batch_size": batch,
        "epochs": -(-steps // steps_per_epoch), "schedule": "constant", "warm_up": 0.0, **dict(case.settings),
    }  # fmt: skip
    divisor = batch if case.divided else 1
    scaled = {"learning_rate": settings["learning_rate"] / divisor, "l2": settings["l2"] * batch, "reduction": "sum"}
    mean, total = (wxb.build(case.network, data, seed=seed) for _ in range(2))
    trainings = (
        wxb.learn(mean, data, wxb.Recipe(**settings), fit.ONE_THREAD),
        wxb.learn(total, data, wxb.Recipe(**{**settings, **scaled}), fit.ONE_THREAD),
    )
    # the generators take turns, so both models are at the same step when they are compared
    differences = [(weights(mean) - weights(total)).abs().max().item() for _ in zip(*trainings, strict=True)]
    kept = sorted({1, *range(EVERY, len(differences), EVERY), len(differences)})
    return [{
        "case": case.what, "seed": seed, "steps": kept, "differences": [differences[step - 1] for step in kept],
        "largest_weight": weights(mean).abs().max().item(),
    }]  # fmt: skip


def weights(model: Model) -> Tensor:
    """All parameters of a model in one vector."""
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


def worst(rows: Rows, case: str, most: int | None = None) -> float:
    """The greatest difference over the seeds after the last kept step, or the last that is at most `most`."""
    ones = where(rows, case=case)
    place = max(i for i, step in enumerate(ones[0]["steps"]) if most is None or step <= most)
    return float(max(row["differences"][place] for row in ones))


def tables(rows: Rows) -> list[tuple[str, Table]]:
    """The greatest difference of a weight after some of the steps."""
    table: Table = [("training", "after 1 step", "after 100 steps", "at the end", "steps", "largest weight")]
    for case in distinct(rows, "case"):
        ones = where(rows, case=case)
        last = ones[0]["steps"][-1]
        table.append((
            case, *(f"{worst(rows, case, step):.1e}" for step in (1, 100, last)), count(last),
            f"{max(row['largest_weight'] for row in ones):.2f}",
        ))  # fmt: skip
    caption = f"The greatest absolute difference of a weight between sum and mean, the worst of {seeds(rows)}; float32."
    return [(caption, table)]


def findings(rows: Rows) -> str:
    """Which cases agree to the bit, which up to rounding, and which do not."""
    worsts = {case: worst(rows, case) for case in distinct(rows, "case")}
    same = "; ".join(case for case, value in worsts.items() if value == 0)
    near = "; ".join(case for case, value in worsts.items() if 0 < value < ROUNDING)
    apart = "; ".join(case for case, value in worsts.items() if value >= ROUNDING)
    return (
        f"Equal to the last bit: {same or 'none'}. Equal but for rounding: {near or 'none'}. Not the same training: "
        f"{apart or 'none'}. Division by a power of two is exact in binary numbers. If batches differ in size, no "
        "single rate fits all of them. A penalty is added to the sum once per batch, so its λ has to be multiplied by "
        "the batch size."
    )


def draw(rows: Rows) -> Figure:
    """The difference against the step, a line for each case."""
    figure, (axes,) = picture.panels(1, height=3.4)
    for case, colour in zip(distinct(rows, "case"), picture.COLOURS, strict=False):
        ones = where(rows, case=case)
        values = list(map(max, zip(*(row["differences"] for row in ones), strict=True)))
        axes.plot(ones[0]["steps"], values, color=colour, label=case)
    axes.set_yscale("symlog", linthresh=1e-9)
    axes.set_yticks([0, 1e-8, 1e-6, 1e-4, 1e-2, 1])
    axes.set_ylim(-2e-10, None)
    picture.label(
        axes, "how far the weights of both trainings are apart", "step, count", "greatest difference, no unit"
    )
    picture.legend(axes, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


LESSON = Lesson(
    "The lecture writes the total cost of a batch as the sum of the examples' losses, and elsewhere as their mean. The "
    "gradient of the sum is that of the mean times the batch size B, so plain gradient descent takes the same steps if "
    "the sum's learning rate is the mean's divided by B (`reduction='sum'`). Both are trained side by side, with the "
    "same initial weights and batches. The last row leaves the rate undivided, to show what a real difference is.",
    CASES,
    CASES,
    measure, tables, findings, draw,
    "greatest difference of a weight between sum and mean against the step, one line for each case",
)  # fmt: skip
