"""`wxb show`: the layers of a network, with their parameters, multiply-adds and receptive fields."""

from __future__ import annotations

import sys
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from wxb.cli import options, printing
from wxb.cli.answers.sets import LayerRow, Show
from wxb.cli.misnamed import refuse_missing_run
from wxb.errors import WxbError
from wxb.paths import exists, is_folder
from wxb.text import count
from wxb.text import shape as shape_text

if TYPE_CHECKING:
    from wxb.notation import Plan

INPUT, OUTPUTS = (3, 32, 32), 10  # of a text that does not know its own


def show(
    words: tuple[str, ...], input_shape: tuple[int, ...] | None, outputs: int | None, flat: bool, as_json: bool
) -> None:
    """The layers of a network: output shape, parameters, multiply-adds, receptive field; and their totals.

    NETWORK is a name (wxb networks lists them) or a text in the notation. N=2 and the like bind a family's variables.
    RUN is the folder of a run: its network, with the input and the outputs that it was trained with.

    \b
    wxb show lenet5
    wxb show runs/digits-3f2a
    wxb show "[(CONV-RELU)*N-POOL]*3-FC-RELU, SOFTMAX" N=2
    """
    from wxb.notation import plan, read
    from wxb.notation.named import NAMED
    from wxb.notation.vocabulary import SELF

    (text,), bindings = options.split_words(words, "NETWORK")
    if text is None:
        raise WxbError("NETWORK is missing", fix="wxb show lenet5, or a text in quotes; wxb networks lists the names")
    named = NAMED.get(text.strip().lower())
    run = trained(text) if named is None else None
    network = read(text if run is None else run.network)
    known = named or run
    assumed = known is None and (input_shape is None or outputs is None)
    shape = input_shape or (known.input if known else INPUT)
    outputs = outputs or (known.outputs if known else prod(shape) if network.head == SELF else OUTPUTS)
    planned = plan(network, shape, outputs, bindings)
    if as_json:
        printing.result_json(answer(planned, flat))
        return
    width = printing.columns(sys.stdout)
    if assumed:
        printing.remark(f"for input {shape_text(shape)} and {outputs} outputs; --input and --outputs say others")
    name = f"{text.strip().lower() if named else text}   " if known else ""
    printing.result(name + printing.short(planned.network.short(), width and width - len(name)))
    if planned.choices:
        printing.result(printing.labelled("chosen", " ".join(planned.choices)))
    printing.result(layer_table(planned, flat, width))


class Trained(NamedTuple):
    """The network of a run, and what it was trained with."""

    network: str
    input: tuple[int, ...]
    outputs: int


def trained(word: str) -> Trained | None:
    """What a run's folder holds; None for a word that names none. Raises WxbError for a run that cannot be read."""
    folder = Path(word)
    if not is_folder(folder) and (folder.parent == Path() or not is_folder(folder.parent)):
        return None
    from wxb.play.run import is_playing, read_playing
    from wxb.runs.folder import SUMMARY
    from wxb.runs.summary import read_summary

    if is_playing(folder):
        game = read_playing(folder)
        return Trained(game.network, game.input, len(game.actions))
    if exists(folder / SUMMARY):
        about = read_summary(folder)
        return Trained(about.network, about.input, about.outputs)
    refuse_missing_run(word, "wxb show")
    return None


def answer(planned: Plan, flat: bool) -> Show:
    """Return what `--json` holds."""
    from wxb.notation.table import rows

    return Show(
        network=str(planned.network),
        input=planned.input,
        outputs=planned.outputs,
        parameters=planned.parameters,
        multiply_adds=planned.multiply_adds,
        layers=msgspec.convert(rows(planned, flat), list[LayerRow], from_attributes=True),
    )


def layer_table(planned: Plan, flat: bool, width: int | None) -> str:
    """Format one line per layer, then the totals; long names are shortened in the middle to fit `width`."""
    from wxb.notation.table import rows

    lines: list[tuple[str, ...]] = [("layer", "output", "parameters", "multiply-adds", "receptive field")]
    lines.append(("input", shape_text(planned.input), "", "", ""))
    for row in rows(planned, flat):
        counts = (count(number) if number else "" for number in (row.parameters, row.multiply_adds))
        lines.append((row.layer, shape_text(row.output), *counts, row.receptive_field))
    lines.append(("total", "", count(planned.parameters), count(planned.multiply_adds), ""))
    return printing.table(lines, numbers=(2, 3), width=width)


command = options.Command(
    show,
    [
        click.Argument(["words"], nargs=-1, metavar="NETWORK | RUN [N=2 …]"),
        options.SectionedOption(
            ["--input", "input_shape"],
            type=options.Sizes(),
            help="Shape of one example, as 3x32x32; a named network and a run have their own, else 3x32x32.",
        ),
        options.SectionedOption(
            ["--outputs"],
            type=options.Whole(1),
            help="How many classes, labels or numbers it predicts; a named network and a run have their own, else 10.",
        ),
        options.SectionedOption(["--flat"], is_flag=True, help="Every layer on a line of its own, also inside blocks."),
        options.JSON,
    ],
)
