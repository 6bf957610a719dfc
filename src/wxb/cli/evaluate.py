"""`wxb evaluate`: evaluate a run's network."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click
from msgspec import UNSET

from wxb.cli import options, printing, results
from wxb.cli.answers.runs import CoverageFacts, Evaluate
from wxb.cli.loading import load_like
from wxb.errors import WxbError
from wxb.settings import DATA, INTERVAL
from wxb.text import count, percent, visible

if TYPE_CHECKING:
    from wxb.runs.run import Run
    from wxb.runs.schema import Summary
    from wxb.tasks.evaluation import Evaluation

PARTS = ("train", "validation", "test", "all")  # as wxb.runs.evaluate has them, which is not imported for --help
LABELS = {"train": "train", "validation": "valid.", "test": "test", "all": "all"}
MOST_CLASSES = 20  # whose confusion a terminal shows
TABLES = ("confusion", "confusion_classes", "per_class", "per_target")
MOST_ROWS, WEAKEST = 100, 20  # classes, labels or targets whose results a terminal shows; of more, the weakest


def evaluate(run: str, data: str | None, part: str | None, interval: float | None, as_json: bool, **given: Any) -> None:
    """Evaluate a run's network on the test set of its own data, or on all of other DATA with the same classes.

    DATA is what wxb train takes. Classes are matched by name.
    """
    from wxb.allocator import kept
    from wxb.runs.evaluate import part_of
    from wxb.runs.intervals import limits_of
    from wxb.runs.run import Run

    opened = Run.open(run)
    opened.need_weights()  # before the data are read
    if interval is not None:
        limits_of(opened, interval)
    asked = {name: value for name, value in given.items() if value is not None}
    if data is None and (unused := [name for name in asked if name != "data_dir"]):
        raise WxbError(f"`{unused[0]}` is for other DATA: a run's own are read as in training", fix="leave it out")
    loaded = opened.unchanged_data(given["data_dir"]) if data is None else load_like(opened, data, asked)
    if "split" in asked and loaded.fingerprint == opened.data.fingerprint:
        raise WxbError(
            f"`split`: {data} holds the data of {run}, which are split as in training",
            fix="--part all takes all of it",
        )
    with kept():
        evaluation = opened.evaluate(loaded, part=part, interval=interval)
    if data is None:  # what is strange about the run's own data was said in training
        notes = tuple(note for note in evaluation.notes if note not in loaded.notes)
        evaluation = replace(evaluation, notes=notes)
    for note in evaluation.notes:
        printing.remark(printing.labelled("note", note))
    if as_json:
        printing.result_json(answer(opened, evaluation))
        return
    line = results.score_line(opened.summary.task, evaluation.summary())
    printing.result(printing.labelled(LABELS[part_of(opened, loaded, part)], line, printing.columns(sys.stdout)))
    if evaluation.weighted:
        said = f"by {loaded.weight_name}: scores and shares; counts are of examples"
        printing.result(printing.labelled("weighted", visible(said), printing.columns(sys.stdout)))
    for one in evaluation.coverage:
        name = f"{visible(one.name)}: " if one.name is not None and len(evaluation.coverage) > 1 else ""
        printing.result(printing.labelled("coverage", name + one.text, printing.columns(sys.stdout)))
    show_tables(opened.summary, evaluation)


def answer(run: Run, evaluation: Evaluation) -> Evaluate:
    """Return what `--json` holds."""
    tables = evaluation.tables()
    return Evaluate(
        run=str(run.path),
        task=run.summary.task,
        classes=run.summary.classes,
        test=evaluation.summary(),
        notes=evaluation.notes,
        coverage=tuple(CoverageFacts(**asdict(one)) for one in evaluation.coverage) or UNSET,
        decision=run.summary.decision,
        **{"confusion": None} | {name: tables[name] for name in TABLES if name in tables},
    )


def show_tables(about: Summary, evaluation: Evaluation) -> None:
    """Print the calibration, the results per class, label or target, and the confusion of few classes."""
    from wxb.tasks import TASKS

    width = printing.columns(sys.stdout)
    error = evaluation.further().get("calibration_error")
    if error is not None:
        text = f"confidence and accuracy differ by {percent(error)} on average"
        printing.result(printing.labelled("trust", text))
    tables = evaluation.tables()
    if table := TASKS[about.task].table(tables):
        head, rows = table
        shown = list(range(len(rows)))
        if len(rows) > MOST_ROWS:
            shown = sorted(shown, key=TASKS[about.task].strengths(tables).__getitem__)[:WEAKEST]
        printing.result()
        printing.result(printing.table([head, *(rows[row] for row in shown)], numbers=range(1, len(head)), width=width))
        if len(shown) < len(rows):
            printing.result(f"the {len(shown)} weakest of {count(len(rows))}; --json has all of them")
    if "confusion" in tables and len(about.classes) <= MOST_CLASSES:
        cells = [[name, *map(str, counts)] for name, counts in zip(about.classes, tables["confusion"], strict=True)]
        printing.result()
        rows = [["given, then predicted", *about.classes], *cells]
        printing.result(printing.table(rows, numbers=range(1, len(about.classes) + 1), width=width))


command = options.Command(
    evaluate,
    [
        click.Argument(["run"]),
        click.Argument(["data"], required=False),
        options.SectionedOption(
            ["--part"], type=options.OneOf(PARTS), help="The examples; else test of its own data, all of other data."
        ),
        *options.params(DATA, *(name for name, one in DATA.items() if name != "test" and one.option)),
        options.DATA_SEED,
        options.option(INTERVAL),
        options.JSON,
    ],
)
