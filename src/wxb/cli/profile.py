"""`wxb train --profile`: where the time of a training step goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from wxb.cli import printing
from wxb.cli.answers import training as answers

if TYPE_CHECKING:
    from wxb.learning.profile import Part, Profile
    from wxb.training import Training


def show_profile(training: Training, as_json: bool) -> None:
    """Time some steps without training, and print a line per part of a step."""
    from wxb.learning.profile import profile

    trial = training.trial
    step = profile(trial.model, trial.data, trial.recipe, trial.machine, trial.events)
    if as_json:
        printing.result_json(answer(training, step))
        return
    width = printing.columns(sys.stdout)
    printing.result(printing.labelled("machine", str(trial.machine), width))
    total = sum(part.seconds for part in step.parts)
    rows = [("part", "ms", "share", "GFLOP/s"), *(row(part, total) for part in step.parts)]
    rows.append(("step", f"{1e3 * step.seconds:.2f}", "100 %", f"{step.rate:.0f}"))
    printing.result(printing.table(rows, numbers=(1, 2, 3), width=width))
    printing.result(
        f"{step.batch_size} examples per step, {step.batch_size / step.seconds:,.0f} per second; "
        f"{100 * step.share:.0f} % of the {step.matrix_product:.0f} GFLOP/s of a matrix product here"
    )


def row(part: Part, total: float) -> tuple[str, str, str, str]:
    """A part as a row of the table; `total` is the seconds of all parts."""
    rate = f"{2 * part.multiply_adds / part.seconds / 1e9:.0f}" if part.multiply_adds and part.seconds else ""
    return (part.name, f"{1e3 * part.seconds:.2f}", f"{100 * part.seconds / total:.1f} %", rate)


def answer(training: Training, step: Profile) -> answers.Profile:
    """The answer of `--json`."""
    trial = training.trial
    machine = trial.machine
    return answers.Profile(
        data=trial.data.name,
        network=str(trial.plan.network),
        device=machine.device,
        precision=machine.precision,
        threads=machine.threads,
        batch_size=step.batch_size,
        seconds=step.seconds,
        gflops=step.rate,
        matrix_product_gflops=step.matrix_product,
        parts=msgspec.convert(step.parts, list[answers.ProfilePart], from_attributes=True),
    )
