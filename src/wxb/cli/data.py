"""`wxb data`: what is in a data set."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
import msgspec

from wxb.cli import options, printing
from wxb.cli.answers.sets import Data
from wxb.cli.loading import load
from wxb.settings import DATA
from wxb.settings.spelling import as_options

if TYPE_CHECKING:
    from wxb.data import Dataset

WHOLE = (1.0, 0.0, 0.0)  # a split of one part
WIDTH = 80  # of the drawings where the output is no terminal


def data(source: str, grid: int | None, as_json: bool, **given: Any) -> None:
    """What is in a data set: its classes, how many examples of each, shapes, values, and a few examples drawn.

    DATA is what wxb train takes: digits, mnist, fashion-mnist, cifar10, cifar100, usps (wxb fetch gets them), a folder
    of pictures, a table (.csv, .tsv, .parquet, .data, .txt, - for standard input; with --target), sentences with tags
    (.conll, .iob), or a toy: ring, quadrants, modes, disc, spirals, moons, sine, steps, noisy-line, names. Of a table
    also its columns.
    """
    from wxb.data import describe
    from wxb.data.pictures import drawing

    loaded = _loaded(source, {name: value for name, value in given.items() if value is not None})
    if as_json:
        printing.result_json(msgspec.convert(describe.describe(loaded), Data))
        return
    width = printing.columns(sys.stdout)
    if grid is not None:
        printing.result("\n".join(drawing.grid(loaded, grid)))
        return
    printing.result(as_options("\n".join(describe.lines(loaded))))
    printing.result()
    drawn = drawing.draw_examples(loaded, width=width or WIDTH, colour=printing.has_true_colours(sys.stdout))
    printing.result("\n".join(drawn))


def _loaded(source: str, settings: dict[str, Any]) -> Dataset:
    """The data set; all of it as train, with a note, if a class has too few examples to be split."""
    from wxb.data.split import SplitError
    from wxb.data.tables.content import is_stream

    try:
        return load(source, settings)
    except SplitError as problem:
        if is_stream(source):  # it cannot be read again
            raise
        whole = load(source, {**settings, "split": WHOLE})
        return replace(whole, notes=(f"{problem.what}; shown as one part", *whole.notes))


command = options.Command(
    data,
    [
        click.Argument(["source"], metavar="DATA"),
        options.SectionedOption(
            ["--grid"], type=options.Whole(), metavar="N", help="Example N (from 0) as its numbers, instead."
        ),
        *options.params(DATA),
        options.DATA_SEED,
        options.JSON,
    ],
)
