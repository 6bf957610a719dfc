"""`wxb report`: a run's report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from wxb.cli import options, printing, results
from wxb.errors import WxbError
from wxb.paths import exists, quoted
from wxb.text import count, percent

if TYPE_CHECKING:
    from wxb.runs.reported import ClassFacts, Report

WEAKEST = 3  # classes that are named


def report(run: str, markdown: bool, as_json: bool) -> None:
    """Print a run's report in a few lines, and the path of its page with curves and pictures.

    RUN may also be a folder of runs of one game with different seeds: their learning curve is drawn into it.
    """
    from wxb.cli import doctor, view
    from wxb.play.run import found, is_playing
    from wxb.runs.files import RunFiles
    from wxb.runs.folder import SUMMARY
    from wxb.tasks import TASKS

    if markdown and as_json:
        raise WxbError("--markdown and --json are two forms of one thing", fix="one of them")
    if is_playing(run) or (not exists(Path(run) / SUMMARY) and found([run])):
        report_playing(run, markdown, as_json)
        return
    opened = RunFiles.open(run)
    stored = located(opened.report, opened.path)
    if as_json:
        printing.result_json(stored)
    elif markdown:
        printing.result(opened.text("report.md").rstrip("\n"))
    else:
        width = printing.columns(sys.stdout)
        said = [*doctor.told(opened.path, TASKS[stored.task].measure), *view.told(opened.path)]
        for label, text in [*lines(stored), *said]:
            printing.result(printing.labelled(label, text, width))
        printing.result(printing.labelled("page", str(opened.path / "report.html")))


def report_playing(run: str, markdown: bool, as_json: bool) -> None:
    """Print the report of a run that plays, or of the runs of several seeds in a folder."""
    from wxb.cli.playing import answer, seeds_answer, show_report, show_seeds
    from wxb.play.report import seeds_drawn
    from wxb.play.run import PlayRun, is_playing

    if markdown:
        raise WxbError("a run that plays has no report as Markdown", fix=f"wxb report {quoted(run)}")
    if not is_playing(run):
        drawn = seeds_drawn(Path(run))
        if as_json:
            printing.result_json(seeds_answer(drawn))
        else:
            show_seeds(drawn)
        return
    opened = PlayRun.open(run)
    opened.need_finished("report")
    if as_json:
        printing.result_json(answer(opened))
    else:
        show_report(opened)


def located(stored: Report, path: Path) -> Report:
    """Return the report with its run's folder, as `run.path` and in the commands to go on with."""
    from wxb.runs.folder import RUN

    replace = msgspec.structs.replace
    commands = tuple(replace(one, command=one.command.replace(RUN, str(path))) for one in stored.next)
    return replace(stored, run=replace(stored.run, path=str(path)), next=commands)


def lines(stored: Report) -> list[tuple[str, str]]:
    """Return the report's essence: what was trained on what, how good it is, where it fails, whether to trust it."""
    from wxb.data.kinds import columns_used, counted

    data, network, said = stored.data, stored.network, stored.sentences
    parts = ", ".join(f"{part} {count(getattr(data.split, part))}" for part in ("train", "validation", "test"))
    examples = counted(data.examples, data.shape, columns_used(data.table))
    scores = {name: one.score for name, one in stored.baselines.items()}
    return [
        ("data", f"{data.name}: {examples}; {parts} ({data.split.how})"),
        ("network", f"{network.short}   {count(network.parameters)} parameters"),
        ("test", results.BETWEEN.join(results.scores(stored.task, stored.test, scores))),
        *(("", sentence) for sentence in (said.baselines, said.generalization) if sentence),
        *([("weakest", words)] if stored.per_class and (words := weakest(stored.per_class)) else []),
        *(("trust" if place == 0 else "", sentence) for place, sentence in enumerate(trust(stored))),
        *(("warning", warning) for warning in stored.warnings),
        *(("next" if place == 0 else "", one.command) for place, one in enumerate(stored.next)),
    ]


def weakest(per_class: tuple[ClassFacts, ...]) -> str:
    """Name the classes with the lowest F1: "8 (F1 94.1 %), 1 (F1 95.5 %)"; "" if every class is without a mistake."""
    ranked = sorted((one for one in per_class if one.f1 < 1), key=lambda one: one.f1)[:WEAKEST]
    return ", ".join(f"{one.name} (F1 {percent(one.f1)})" for one in ranked)


def trust(stored: Report) -> list[str]:
    """Return sentences on calibration, the number of examples and the weights that were kept."""
    error = None if stored.test is None else stored.test.get("calibration_error")
    calibration = ""
    if isinstance(error, float):
        calibration = f"Confidence and accuracy differ by {percent(error)} on average."
    return [sentence for sentence in (calibration, stored.sentences.size, stored.sentences.weights) if sentence]


command = options.Command(
    report,
    [
        click.Argument(["run"]),
        options.switch("--markdown", help="Print the whole report as Markdown."),
        options.JSON,
    ],
)
