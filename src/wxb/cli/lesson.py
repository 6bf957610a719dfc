"""`wxb lesson`: statements about learning, tried by a few trainings."""

from __future__ import annotations

import re
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wxb import text
from wxb.cli import options, printing
from wxb.cli.answers import lessons as answers
from wxb.errors import WxbError
from wxb.lessons import picture
from wxb.lessons.lesson import SEEDS, TITLES
from wxb.lessons.lesson import lesson as named
from wxb.progress import ERASE, bar

if TYPE_CHECKING:
    from wxb.lessons.lesson import Lesson, Rows

WIDTH = 100  # of a paragraph where the terminal does not say


def lesson(name: str | None, full: bool, seeds: int | None, out: Path | None, quiet: bool, as_json: bool) -> None:
    """Try a statement about learning by a few trainings; without NAME, list the lessons.

    A lesson takes no longer than a minute; with --full, which repeats docs/theory.md, some take many.

    \b
    wxb lesson universality
    wxb lesson penalty --full --out penalty.svg
    """
    if name is None:
        if given := [flag for flag, value in (("--full", full), ("--seeds", seeds), ("--out", out)) if value]:
            raise WxbError(f"{' and '.join(given)} without a NAME: which lesson?", fix="wxb lesson lists all")
        if as_json:
            printing.result_json(answers.Lesson(lessons=TITLES, result=None))
        else:
            printing.result(printing.table([("lesson", "title"), *TITLES.items()]))
        return
    chosen = named(name)
    if out is not None:
        picture.check(out)  # before the trainings
    if not (quiet or as_json):
        printing.result(f"{TITLES[name]}\n\n{paragraph(chosen.text)}\n")
    seeds = seeds or (SEEDS if full else 1)
    began = time.monotonic()
    rows = run(chosen, seeds, full, quiet)
    if out is not None:
        picture.save(chosen.draw(rows), out)
    tables = chosen.tables(rows)
    if as_json:
        result = answers.LessonResult(
            name, TITLES[name], chosen.text, full, list(range(seeds)), round(time.monotonic() - began, 1), rows,
            [answers.LessonTable(caption, list(head), list(map(list, body))) for caption, (head, *body) in tables],
            chosen.findings(rows), str(out) if out else None,
        )  # fmt: skip
        printing.result_json(answers.Lesson(lessons=TITLES, result=result))
        return
    for caption, table in tables:
        cells = [[cell.replace("`", "") for cell in row] for row in table]
        printing.result(f"{paragraph(caption)}\n{printing.table(cells)}\n")
    printing.result(paragraph(chosen.findings(rows)))
    if out is not None:
        printing.result(f"\npicture   {out}")


def run(chosen: Lesson, seeds: int, full: bool, quiet: bool) -> Rows:
    """The rows of all trainings; how many are done is shown on standard error."""
    rows: Rows = []
    moving, count, began = sys.stderr.isatty(), chosen.trainings(seeds, full), time.monotonic()
    for done, new in enumerate(chosen.run(seeds, full), start=1):
        rows += new
        left = text.duration((time.monotonic() - began) / done * (count - done))
        line = printing.labelled("training", f"{done} of {count}  {bar(done / count)}  {left} left")
        if moving and not quiet:
            printing.remark(ERASE + (line if done < count else ""), end="")
        elif not quiet:
            printing.remark(line)
    return rows


def paragraph(markdown: str) -> str:
    """Markdown in lines as wide as the terminal, without the marks of code and emphasis."""
    plain = re.sub(r"[`*]", "", markdown)
    return textwrap.fill(plain, printing.columns(sys.stdout) or WIDTH, break_long_words=False, break_on_hyphens=False)


command = options.Command(
    lesson,
    [
        click.Argument(["name"], required=False),
        options.SectionedOption(
            ["--full"], is_flag=True, help=f"Every training that docs/theory.md shows, with {SEEDS} seeds."
        ),
        options.SectionedOption(
            ["--seeds"],
            type=options.Whole(1),
            help="How many seeds, counted from 0. With each, every case is measured once; in the lesson transfer 8 "
            "times, each time with examples and weights of its own.",
        ),
        options.SectionedOption(
            ["--out"], type=click.Path(path_type=Path), metavar="FILE", help="Draw a picture: FILE.svg, .png or .pdf."
        ),
        options.QUIET,
        options.JSON,
    ],
)
