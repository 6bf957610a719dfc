"""`wxb networks`: the networks that have a name."""

from __future__ import annotations

import sys

import click

from wxb.cli import options, printing
from wxb.cli.answers.sets import Networks
from wxb.errors import WxbError, nearest
from wxb.text import count, shape


def networks(name: str | None, as_json: bool) -> None:
    """The networks that have a name, with their texts; one of them with NAME.

    A name stands wherever a text may: wxb train digits lenet5
    """
    from wxb.notation.named import NAMED

    if name is not None and name.lower() not in NAMED:
        like = nearest(name, NAMED)
        raise WxbError(
            f"no network is called {name}" + (f"; {like} is one" if like else ""), fix="wxb networks lists all"
        )
    chosen = NAMED if name is None else {name.lower(): NAMED[name.lower()]}
    if as_json:
        printing.result_json(Networks(networks={key: known.text for key, known in chosen.items()}))
    elif name is None:
        width = printing.columns(sys.stdout)
        rows = [("name", "input", "parameters", "text")]
        rows += [(key, shape(n.input), count(n.parameters), n.text) for key, n in NAMED.items()]
        printing.result(printing.table(rows, numbers=[2], width=width, gives_way=3))
    else:
        ((key, known),) = chosen.items()
        printing.result(f"{key}   {known.text}")
        printing.result(printing.labelled("input", f"{shape(known.input)}, {known.outputs} outputs"))
        printing.result(printing.labelled("published", f"{count(known.parameters)} parameters; {known.source}"))


command = options.Command(networks, [click.Argument(["name"], required=False), options.JSON])
