"""`wxb compare`: runs side by side on the same test examples."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from wxb.cli import options, printing, results
from wxb.cli.answers import runs as answers
from wxb.errors import WxbError
from wxb.settings import DATA
from wxb.text import count, percent, plural

if TYPE_CHECKING:
    from wxb.runs.compare import Change, Comparison, Pair

CHANCE = 0.05  # a p below it is called more than chance


def compare(runs: tuple[str, ...], data_dir: str | None, as_json: bool) -> None:
    """How far runs differ on the same test examples: each against the first, with an interval; which examples one gets
    right and the other does not; and which settings differ.

    Runs of other data, or with other test examples, are refused.
    """
    from wxb.runs.compare import compare as compared
    from wxb.runs.run import Run

    if len(runs) < 2:
        raise WxbError("a comparison needs at least two runs", fix="wxb compare RUN RUN; wxb runs lists them")
    opened = [Run.open(run) for run in runs]
    found = compared(opened, opened[0].load_data(data_dir))
    if as_json:
        printing.result_json(answer(found))
        return
    width = printing.columns(sys.stdout)
    for note in found.notes:
        printing.remark(printing.labelled("note", note))
    named = f"{found.data}: the same {plural(found.examples, 'test example')}"
    printing.result(printing.labelled("data", named, width))
    rows = [("run", "test", "against the first")]
    rows += [
        (str(path), results.score_line(found.task, score.summary()), difference_line(found.task, pair))
        for path, score, pair in zip(found.runs, found.scores, [None, *found.pairs], strict=True)
    ]
    printing.result(printing.table(rows, width=width))
    for pair in found.pairs:
        show_changes(found, pair, width)
    printing.result()
    for line in settings_lines(found):
        printing.result(line)


def answer(found: Comparison) -> answers.Compare:
    """Return what `--json` holds."""
    first = str(found.runs[0])
    scored = zip(found.runs, found.scores, strict=True)
    return answers.Compare(
        data=found.data,
        task=found.task,
        examples=found.examples,
        runs=[answers.ComparedRun(str(path), score.summary()) for path, score in scored],
        pairs=[
            msgspec.convert({**vars(pair), "run": str(pair.run), "against": first}, answers.Pair, from_attributes=True)
            for pair in found.pairs
        ],
        settings={name: list(values) for name, values in found.settings.items()},
    )


def difference_line(task: str, pair: Pair | None) -> str:
    """ "+1.3 points [-0.4, 3.1], p = 0.15: no more than chance", or in regression both measures' differences."""
    from wxb.tasks import TASKS

    if pair is None:
        return ""
    measures = [measure for measure in TASKS[task].measures if measure.name in pair.differences]
    differences = [(measure, pair.differences[measure.name]) for measure in measures]
    text = ", ".join(measure.difference_text(one.value, one.interval) for measure, one in differences)
    if pair.p is None:
        return text
    p = "p < 0.001" if pair.p < 0.001 else f"p = {pair.p:.2g}"
    return f"{text}, {p}: {'more' if pair.p < CHANCE else 'no more'} than chance"


def show_changes(found: Comparison, pair: Pair, width: int | None) -> None:
    """The examples that the run answers better than the first, then those that it answers worse."""
    from wxb.tasks import TASKS

    words = TASKS[found.task].changed
    counts = f"{count(pair.better)} {words[0]}, {count(pair.worse)} {words[1]}"
    printing.result()
    printing.result(f"{pair.run} against {found.runs[0]}: {counts}")
    for word, changes in zip(words, (pair.now_right, pair.now_wrong), strict=True):
        if changes:
            rows = [(word, "given", "first", "this run", "probability"), *(change_row(change) for change in changes)]
            if all(change.probability is None for change in changes):
                rows = [row[:4] for row in rows]
            printing.result(printing.table(rows, numbers=[4], width=width))


def change_row(change: Change) -> tuple[str, ...]:
    """An example in the columns of the table, named by its file, else by its row in the data."""
    probability = "" if change.probability is None else percent(change.probability)
    return (change.file or f"example {change.row}", change.given, change.first, change.other, probability)


def settings_lines(found: Comparison) -> list[str]:
    """One line per setting that differs, its values in the order of the runs; "-" if a run has none."""
    if not found.settings:
        return [printing.labelled("settings", "the same")]
    rows = [("settings", *(path.name for path in found.runs))]
    rows += [
        (name, *("-" if value is None else str(value) for value in values)) for name, values in found.settings.items()
    ]
    return printing.table(rows).splitlines()


command = options.Command(
    compare,
    [
        click.Argument(["runs"], nargs=-1, required=True, metavar="RUN…"),
        *options.params(DATA, "data_dir"),
        options.JSON,
    ],
)
