"""`wxb anomalies`: the examples that a run's network finds odd."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from wxb.cli import options, printing
from wxb.cli.answers.anomalies import Anomalies, AnomalyFacts
from wxb.cli.stopping import nothing_written
from wxb.errors import WxbError
from wxb.paths import absolute, exists, is_folder
from wxb.settings import DATA
from wxb.settings.setting import spell

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.runs.run import Run

OWN = ("rate", "odd", "out", "target")
SHOWN = 10


def anomalies(
    run: str,
    source: str | None,
    rate: float | None,
    odd: str | None,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    **given: Any,
) -> None:
    """Rank examples by how odd they are for a RUN that has learned from normal ones, and say what is odd about each.

    DATA is a folder of pictures, a table or a known set, as the run's data were, without labels too; a single picture;
    or an array (.npy). Without it the run's test part is looked at. An example is an alarm if it is odder than all but
    --rate per cent of the normal examples that were held back in training. A run whose network ends in SELF measures
    what it cannot reconstruct, and the distance in its code; another one the distance. With --odd, the classes that are
    odd, the ROC area is told.

    \b
    wxb train normal/ "CONV-RELU-POOL-FC-16, SELF" --out runs/normal
    wxb anomalies runs/normal new/
    """
    from wxb.anomalies.anomalies import anomalies as found_in
    from wxb.anomalies.anomalies import lines, plain
    from wxb.anomalies.written import write
    from wxb.runs.run import Run
    from wxb.views.drawing import INSTALL, NEEDED, can_draw

    opened = Run.open(run)
    try:
        with nothing_written():
            data = None if source is None else read(opened, source, given, quiet)
            found = found_in(opened, data, rate=rate, odd=odd)
        files = write(found, Path("anomalies") / opened.name if out is None else out)
    except WxbError as problem:
        raise as_flags(problem) from problem
    oddest = plain(found, SHOWN)
    if as_json:
        printing.result_json(
            Anomalies(
                run=run,
                data=found.data.name,
                examples=len(found.rows),
                alarms=found.found,
                threshold=found.threshold,
                rate=found.rate,
                area=found.area,
                notes=list(found.notes),
                oddest=msgspec.convert(oddest, list[AnomalyFacts]),
                files=[str(file) for file in files],
            )
        )
        return
    width = printing.columns(sys.stdout)
    for note in found.notes:
        printing.result(printing.labelled("note", note, width))
    for label, text in lines(found, SHOWN):
        printing.result(printing.labelled(label, text, width))
    rows = [("example", "score", "", "what is odd")]
    digits = found.decimals(SHOWN)
    rows += [(one["example"], f"{one['score']:.{digits}f}", "alarm" * one["alarm"], one["why"]) for one in oddest]
    printing.result(printing.table(rows, numbers=(1,)))
    printing.result(printing.labelled("files", "  ".join(map(str, files))))
    if not can_draw():
        printing.result(printing.labelled("note", f"{NEEDED}: {INSTALL}", width))


def read(run: Run, source: str, given: dict[str, Any], quiet: bool) -> Dataset:
    """Load data in the form of the run's; a table with a column that is known to say what is odd."""
    from wxb.cli.loading import load, load_like
    from wxb.data.itself import RECONSTRUCTION
    from wxb.data.tables.content import is_stream, is_table
    from wxb.runs.matching import as_in_training, need_kind, settings_like
    from wxb.tasks import TASKS

    asked = {name: value for name, value in given.items() if value is not None}
    need_kind(run, source)
    path = absolute(source)
    if exists(path) and not is_folder(path) and not is_stream(source) and not is_table(source):
        return of_file(run, source, **asked)
    preparation = run.preparation
    if preparation is not None and preparation.texts and not TASKS[run.summary.task].of_inputs:
        return load_like(run, source, asked)
    if preparation is None or not is_table(source):
        asked = settings_like(run, source, asked)
        return as_in_training(run, load(source, {**asked, "task": RECONSTRUCTION}, quiet))
    # its own targets are not asked for: what is looked at needs none
    like = {**(run.data.table or {}), "targets": [], "task": RECONSTRUCTION, "classes": []}
    if "target" not in asked:
        return load(source, {**asked, "task": RECONSTRUCTION, "like": like}, quiet)
    if asked["target"] in preparation.names:
        raise WxbError(
            f"the run has learned from the column {asked['target']}, so it cannot be the target that says what is odd",
            fix="leave out `target` and `odd`, or train without the column: wxb train --drop",
        )
    try:
        return load(source, {**asked, "task": RECONSTRUCTION}, quiet)
    except WxbError:
        load(source, {"task": RECONSTRUCTION, "like": like}, quiet)  # says which columns of the run are missing
        raise


def of_file(run: Run, source: str, max_pixels: int | None = None, **others: Any) -> Dataset:
    """A picture, or the rows of an array, as `wxb predict` reads them. Raises WxbError for settings of other data."""
    import numpy as np

    from wxb.data.dataset import Dataset, Split
    from wxb.data.itself import of_itself
    from wxb.data.pictures.layout import ALL
    from wxb.runs.inputs import expected, read_file

    if others:
        what = f"`{next(iter(others))}` is for a folder, a table or a known set, not for {source}"
        raise WxbError(what, fix="leave it out")
    try:
        found = read_file(source, run, max_pixels)
    except WxbError as problem:
        raise WxbError(problem.what, problem.detail, problem.fix or expected(run)) from problem
    values = found.values[:]
    rows, none = np.arange(len(values)), np.empty(0, np.int64)
    return of_itself(
        Dataset(
            Path(source).name, values, np.zeros(len(rows), np.int64), "classification", (ALL,),
            Split(none, none, rows, "all of it"), files=() if found.rows else (source,), notes=found.notes,
        )
    )  # fmt: skip


def as_flags(problem: WxbError) -> WxbError:
    """The error with this command's options spelled as the command line does."""
    what, detail, fix = (spell(text, OWN, _flag) for text in (problem.what, problem.detail, problem.fix))
    return WxbError(what, detail, fix, problem.exit_code)


def _flag(name: str, value: str | None) -> str:
    return f"--{name} {(value or '').strip(chr(34))}".rstrip()


command = options.Command(
    anomalies,
    [
        click.Argument(["run"]),
        click.Argument(["source"], required=False, metavar="[DATA]"),
        options.SectionedOption(
            ["--rate"],
            type=float,
            metavar="PERCENT",
            help="False alarms among normal examples; else 1, if so few can be told.",
        ),
        options.SectionedOption(["--odd"], metavar="CLASS,…", help="Classes of the data that are odd, where known."),
        options.SectionedOption(
            ["--out"],
            type=click.Path(path_type=Path),
            metavar="FOLDER",
            help="Else anomalies/RUN; files there are replaced.",
        ),
        *options.params(DATA, "target", "data_dir", "size", "max_pixels"),
        options.JSON,
        options.QUIET,
    ],
)
