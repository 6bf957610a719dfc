"""`wxb predict`: predictions for files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import click
from msgspec import UNSET

from wxb.cli import options, printing
from wxb.cli.answers.runs import Predict
from wxb.errors import WxbError
from wxb.progress import PartProgress, of_files
from wxb.settings import INTERVAL, SETTINGS
from wxb.settings.spelling import spelled
from wxb.text import plural

if TYPE_CHECKING:
    from wxb.runs.inputs import Example
    from wxb.runs.run import Run
    from wxb.tasks.conformal import Limits
    from wxb.tasks.prediction import Prediction

NAMED = 10  # of what is left out


def predict(
    run: str, files: tuple[str, ...], max_pixels: int | None, interval: float | None, as_csv: bool, as_json: bool
) -> None:
    """Predict pictures, or the rows of tables (.csv, .tsv, .parquet, …) and NumPy arrays (.npy), with a network.

    Pictures are brought to the size and the colours of the training data. FILE may be a folder, for all files in it, or
    - for a picture, an array or a table from standard input.
    """
    from wxb.runs import inputs
    from wxb.runs.intervals import limits_of
    from wxb.runs.run import Run

    if as_csv and as_json:
        raise WxbError("--csv and --json are two forms of one thing", fix="one of them")
    opened = Run.open(run)
    limits = None if interval is None else limits_of(opened, interval)
    output: Output = Csv() if as_csv else Json(run) if as_json else Table()
    named = inputs.files_of(*files, texts=inputs.reads_texts(opened))
    whole = named.paths
    problems, examples = predict_files(opened, whole, output, named.notes, max_pixels, limits)
    if problems and len(whole) == 1:
        raise WxbError(problems[0].what, problems[0].detail, problems[0].fix or inputs.expected(opened))
    if problems:
        raise WxbError(f"{len(problems)} of {len(whole)} files cannot be predicted", fix=inputs.expected(opened))
    if examples:
        raise WxbError(f"{plural(len(examples), 'example')} cannot be predicted", fix=examples[0].fix)


def predict_files(
    run: Run,
    files: Sequence[str],
    output: Output,
    remarks: Sequence[str] = (),
    max_pixels: int | None = None,
    limits: Limits | None = None,
) -> tuple[list[WxbError], list[WxbError]]:
    """Print predictions as the files come; return what is wrong with files without an example, and with examples.

    `remarks` are notes on the choice of the files, `limits` those of intervals or sets.
    Raises WxbError if there are no examples and no file is to blame.
    """
    from wxb.runs.inputs import predicted, read_file, reading

    problems: list[WxbError] = []
    unpredicted: list[WxbError] = []
    notes = [*run.notes, *remarks]
    for note in notes:
        printing.remark(printing.labelled("note", note))
    something = False
    read = partial(read_file, max_pixels=max_pixels)
    with of_files(len(files)) as progress, reading(files, run, read) as coming:
        for batch in coming:
            notes += batch.notes
            for note in batch.notes:
                progress.remark(printing.labelled("note", note))
            if len(files) > 1:
                name_first(progress, [str(problem) for problem in batch.problems], len(problems))
            problems += batch.problems
            if not batch.examples:
                continue
            found, strange = predicted(batch, run.predictor)
            name_first(progress, [problem.what for problem in strange], len(unpredicted))
            unpredicted += strange
            if found is not None:
                output.add(batch.examples, replace(found, limits=limits))
                printing.flush()
                something = True
            progress.show(batch.files)
    for noun, left in (("file", problems if len(files) > 1 else []), ("example", unpredicted)):
        if len(left) > NAMED:
            printing.remark(printing.labelled("left out", f"and {plural(len(left) - NAMED, f'more {noun}')}"))
    if something:
        output.end(notes, [spelled(problem).what for problem in (*problems, *unpredicted)])
    elif not problems and not unpredicted:
        raise WxbError("there is nothing to predict: the arrays have no rows")
    return problems, unpredicted


def name_first(progress: PartProgress, left_out: Sequence[str], before: int) -> None:
    """Print what is left out, and why, until NAMED are named; `before` have been left out before."""
    for text in left_out[: max(NAMED - before, 0)]:
        progress.remark(printing.labelled("left out", text))


# --- the forms of the output ----------------------------------------------------------------------------------------


class Output(Protocol):
    """A form in which predictions are printed, batch by batch; without any it prints nothing."""

    def add(self, examples: list[Example], found: Prediction) -> None:
        """Print the predictions for these examples."""

    def end(self, notes: list[str], left_out: list[str]) -> None:
        """End the output. `left_out` says of each file without predictions why."""


class Table:
    """Columns for people, as wide as the first batch needs."""

    def __init__(self) -> None:
        self._width = printing.columns(sys.stdout)
        self._widths: list[int] = []

    def add(self, examples: list[Example], found: Prediction) -> None:
        """One line per example, under a head."""
        rows = [(example.name, *found.row(place)) for place, example in enumerate(examples)]
        if not self._widths:
            rows.insert(0, ("file", *found.titles))
            self._widths = printing.widths(rows, self._width)
        room = None if self._width is None else self._widths[0]
        shown = [(printing.short(name, room), *rest) for name, *rest in rows]
        printing.result(printing.lines(shown, self._widths, numbers=[2]))

    def end(self, notes: list[str], left_out: list[str]) -> None:
        """Print nothing: both stand on standard error."""


class Csv:
    """CSV (RFC 4180), one line per example."""

    def __init__(self) -> None:
        self._begun = False

    def add(self, examples: list[Example], found: Prediction) -> None:
        """The lines, the first time under the head."""
        rows = csv_rows(examples, found)
        printing.result_csv(rows[1:] if self._begun else rows)
        self._begun = True

    def end(self, notes: list[str], left_out: list[str]) -> None:
        """Print nothing: both stand on standard error."""


class Json:
    """One JSON object in one line, whose predictions are written as they come."""

    def __init__(self, run: str) -> None:
        self.run = run
        self._before = ""

    def add(self, examples: list[Example], found: Prediction) -> None:
        """Print the predictions, the first time after everything else in the object."""
        if not self._before:
            level = UNSET if found.limits is None else found.limits.level
            empty = Predict(run=self.run, classes=found.names, level=level, predictions=[], notes=[], left_out=[])
            whole = printing.as_json(empty)
            self._before = whole[: whole.index('[], "notes"') + 1]
        said = ", ".join(map(printing.as_json, as_dicts(examples, found)))
        printing.result(self._before + said, end="")
        self._before = ", "

    def end(self, notes: list[str], left_out: list[str]) -> None:
        """Print the rest of the object."""
        printing.result(f'], "notes": {printing.as_json(notes)}, "left_out": {printing.as_json(left_out)}}}')


def as_dicts(examples: list[Example], found: Prediction) -> list[dict[str, Any]]:
    """One object per example: its file and row, and its class with probabilities, its labels, or its numbers."""
    return [
        {**({"file": one.file} if one.row is None else {"file": one.file, "row": one.row}), **found.answer(place)}
        for place, one in enumerate(examples)
    ]


def csv_rows(examples: list[Example], found: Prediction) -> list[list[object]]:
    """The lines of `--csv`, the head first: file, row (of an array or a table), prediction, probabilities.

    The prediction is `class` and `probability`, or a `label_NAME` of 0 or 1 for each label, or `value`, or a
    `value_NAME` for each target. With `--interval`, `low` and `high` follow, or `low_NAME` and `high_NAME` for each
    target, or a `set_NAME` of 0 or 1 for each class. `probability_NAME` is last, for each class or label if the
    network has probabilities.
    """
    names = () if found.probabilities is None else found.names
    lines: list[list[object]] = [["file", "row", *found.columns, *(f"probability_{name}" for name in names)]]
    for place, example in enumerate(examples):
        probabilities = (found.probabilities_of(place) or {}).values()
        lines.append([example.file, example.row, *found.cells(place), *probabilities])
    return lines


command = options.Command(
    predict,
    [
        click.Argument(["run"]),
        click.Argument(["files"], nargs=-1, required=True, metavar="FILE…"),
        options.switch(
            "--csv", "as_csv", help="Comma-separated values, one line per example; the first line names them."
        ),
        options.option(SETTINGS["max_pixels"]),
        options.option(INTERVAL),
        options.JSON,
    ],
)
