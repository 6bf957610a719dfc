"""`wxb evaluate`: how good a run's network is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from wxb.cli import options, printing, results
from wxb.cli.answers.runs import Evaluate
from wxb.cli.loading import load_like
from wxb.settings import DATA
from wxb.text import count, percent

if TYPE_CHECKING:
    from wxb.runs.evaluate import ClassEvaluation, Evaluation
    from wxb.runs.run import Run

PARTS = ("train", "validation", "test", "all")
MOST_CLASSES = 20  # whose confusion a terminal shows


def evaluate(run: str, data: str | None, part: str | None, as_json: bool, **given: Any) -> None:
    """How good a run's network is: on the test set of its own data, or on all of other DATA with the same classes.

    DATA is what wxb train takes. Classes are matched by name.
    """
    from wxb.allocator import kept
    from wxb.runs.evaluate import ClassEvaluation
    from wxb.runs.run import Run

    opened = Run.open(run)
    asked = {name: value for name, value in given.items() if value is not None}
    loaded = opened.load_data(given["data_dir"]) if data is None else load_like(opened, data, asked)
    with kept():
        found = opened.evaluate(loaded, part)
    if as_json:
        printing.result_json(answer(opened, found))
        return
    printing.result(printing.labelled("test", results.score_line(found.summary())))
    if isinstance(found, ClassEvaluation):
        show_classes(found, opened.summary.classes)


def answer(run: Run, found: Evaluation) -> Evaluate:
    """Return what `--json` holds."""
    from wxb.runs.evaluate import ClassEvaluation

    return Evaluate(
        run=str(run.path),
        task=found.task,
        classes=run.summary.classes,
        test=found.summary(),
        confusion=found.confusion if isinstance(found, ClassEvaluation) else None,
    )


def show_classes(found: ClassEvaluation, names: tuple[str, ...]) -> None:
    """Precision, recall and F1 of each class; of few classes also how often each was taken for which."""
    if found.calibration_error is not None:
        text = f"{percent(found.calibration_error)} between confidence and accuracy"
        printing.result(printing.labelled("trust", text))
    head = ["class", "examples", "precision", "recall", "F1"]
    rows = [
        [
            one.name,
            count(one.support),
            *(percent(share) for share in (one.precision, one.recall, one.f1)),
        ]
        for one in found.per_class
    ]
    printing.result()
    width = printing.columns(sys.stdout)
    printing.result(printing.table([head, *rows], numbers=range(1, 5), width=width))
    if len(names) <= MOST_CLASSES:
        cells = [[name, *map(str, counts)] for name, counts in zip(names, found.confusion, strict=True)]
        printing.result()
        table = [["given, then predicted", *names], *cells]
        printing.result(printing.table(table, numbers=range(1, len(names) + 1), width=width))


command = options.Command(
    evaluate,
    [
        click.Argument(["run"]),
        click.Argument(["data"], required=False),
        options.SectionedOption(
            ["--part"], type=options.OneOf(PARTS), help="The examples; else test of its own data, all of other data."
        ),
        *options.params(DATA),
        options.DATA_SEED,
        options.JSON,
    ],
)
