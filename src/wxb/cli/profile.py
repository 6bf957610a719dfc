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
    """Times some steps of a training that is not made, and prints a line a part of a step."""
    from wxb.learning.profile import profile

    found = profile(training.trial.model, training.trial.data, training.trial.recipe, training.trial.machine)
    if as_json:
        printing.result_json(answer(training, found))
        return
    width = printing.columns(sys.stdout)
    printing.result(printing.labelled("machine", str(training.trial.machine), width))
    together = sum(part.seconds for part in found.parts)
    rows = [("part", "ms", "share", "GFLOP/s"), *(row(part, together) for part in found.parts)]
    rows.append(("step", f"{1e3 * found.seconds:.2f}", "100 %", f"{found.rate:.0f}"))
    printing.result(printing.table(rows, numbers=(1, 2, 3), width=width))
    printing.result(
        f"{found.batch_size} examples a step, {found.batch_size / found.seconds:,.0f} a second; "
        f"{100 * found.share:.0f} % of the {found.matrix_product:.0f} GFLOP/s of a matrix product here"
    )


def row(part: Part, together: float) -> tuple[str, str, str, str]:
    """A part in the columns of the table, beside the seconds of all parts together."""
    fast = part.multiply_adds and part.seconds
    rate = f"{2 * part.multiply_adds / part.seconds / 1e9:.0f}" if fast else ""
    return (part.name, f"{1e3 * part.seconds:.2f}", f"{100 * part.seconds / together:.1f} %", rate)


def answer(training: Training, found: Profile) -> answers.Profile:
    """Return what `--json` holds."""
    trial = training.trial
    machine = trial.machine
    return answers.Profile(
        data=trial.data.name,
        network=str(trial.plan.network),
        device=machine.device,
        precision=machine.precision,
        threads=machine.threads,
        batch_size=found.batch_size,
        seconds=found.seconds,
        gflops=found.rate,
        matrix_product_gflops=found.matrix_product,
        parts=msgspec.convert(found.parts, list[answers.ProfilePart], from_attributes=True),
    )
