"""Following a training on the command line: what will happen, the progress, and the result."""

from __future__ import annotations

import sys
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

import msgspec

from wxb.cli import printing, results
from wxb.cli.answers.training import Train
from wxb.cli.page import Beside
from wxb.cli.show import layer_table
from wxb.cli.stopping import Stop
from wxb.errors import DONE, INTERRUPTED
from wxb.learning.events import MicroBatches
from wxb.learning.recipe import Recipe
from wxb.paths import quoted
from wxb.progress import Progress
from wxb.text import visible

if TYPE_CHECKING:
    from wxb.training import Training

WIDE = 100  # columns of a recipe if the output is no terminal


def follow(training: Training, quiet: bool, verbose: bool, beside: Beside | None = None) -> int:
    """Train to the end, or save the run at the step at which a signal came; the exit code.

    After a signal the training has no `result`. A signal after the last step does not undo the training: the run is
    finished, and the exit code tells of the signal. `beside` is a page that is opened on the run.
    """
    if not quiet:
        width = printing.columns(sys.stderr)
        for line in head(training, width):
            printing.remark(line)
        if verbose:
            for line in details(training, width):
                printing.remark(line)
    with Stop() as stop, Progress(quiet=quiet, moving=False if verbose else None) as progress:
        for record in training:
            progress.show(record)
            for event in record.events:
                if isinstance(event, MicroBatches):
                    progress.remark(f"to save memory, each step is computed in {event.count} micro-batches from now on")
            assert training.run is not None  # a record was made
            if beside is not None:
                beside.open(training.run.path)
            if (stop.code is not None or training.run.asked) and record.step < record.steps:
                progress.end()
                step = training.stop()
                saved = f"stopped after step {step}, saved" if step else "stopped before the first checkpoint"
                printing.remark(f"{saved}; wxb resume {quoted(training.run.path)}")
                return stop.code or INTERRUPTED
        progress.end()
        training.finish()
        for remark in training.remarks:
            progress.remark(printing.labelled("note", remark))
        return DONE if stop.code is None else stop.code


def follow_to_result(training: Training, as_json: bool, quiet: bool, verbose: bool, page: bool = False) -> int:
    """Follow a training and print its result, as JSON or in lines; the exit code. A stopped one has no result.

    `page` opens the run in the browser, until Ctrl-C after the last step.
    """
    with Beside() if page else nullcontext() as beside:
        code = follow(training, quiet, verbose, beside)
        with nullcontext() if beside is None else suppress(KeyboardInterrupt):
            if training.result and as_json:
                printing.result_json(msgspec.convert(training.result, Train))
            elif training.result:
                show_result(training)
            if beside is not None and code == DONE:
                beside.wait()
    ends_page = page and code == INTERRUPTED and bool(training.result)  # it came while the run was being finished
    return DONE if ends_page else code


def head(training: Training, width: int | None) -> list[str]:
    """The lines before the first step: data, network, machine, checks."""
    return [printing.labelled(label, text, width) for label, text in training.lines()]


def details(training: Training, width: int | None) -> list[str]:
    """The table of layers, and every setting of the recipe as an option."""
    return [layer_table(training.trial.plan, flat=False, width=width), recipe_text(training.trial.recipe, width)]


def recipe_text(recipe: Recipe, width: int | None) -> str:
    """Every setting of a recipe as the command line spells it."""
    joint = "\x00"  # between an option and its value, where a line must not break
    shown = []
    for name, value in recipe.settings().items():
        flag = name.replace("_", "-")
        shown.append(f"--{flag}{joint}{value}" if not isinstance(value, bool) else f"--{'' if value else 'no-'}{flag}")
    return printing.labelled("recipe", "  ".join(shown), width or WIDE).replace(joint, " ")


def show_result(training: Training) -> None:
    """Print the test score, the baselines, and the run."""
    result = training.result
    printing.result(
        results.test_lines(training.trial.data.task, result["test"], result["baselines"], training.undecided)
    )
    from wxb.doctor.words import suspected_line  # needs NumPy, which help does not

    width = printing.columns(sys.stdout)
    if result["decision"]:
        printing.result(printing.labelled("decided", visible(result["decision"]), width))
    doctor = training.doctor
    said = suspected_line(doctor.finding, doctor.far_behind, quoted(result["run"]))
    printing.result(printing.labelled(*said, width))
    line = f"{result['run']}    next: wxb report {quoted(result['run'])}"
    printing.result(printing.labelled("run", line, width))
