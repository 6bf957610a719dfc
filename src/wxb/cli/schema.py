"""`wxb schema`: the JSON schema of what a command prints with `--json`."""

from __future__ import annotations

import json

import click

from wxb.cli import options, printing
from wxb.cli.answers import ANSWERS
from wxb.cli.answers import schema as schema_of
from wxb.errors import WxbError, nearest


def schema(name: str | None) -> None:
    """Print the JSON schema of a command's --json output; without NAME, list the names.

    NAME is the middle part of the output's "schema": train for wxb/train/1.
    """
    if name is None:
        printing.result("\n".join(ANSWERS))
        return
    if name not in ANSWERS:
        like = nearest(name, ANSWERS)
        raise WxbError(
            f"{name} is no answer of a command" + (f"; {like} is one" if like else ""), fix="wxb schema lists them"
        )
    printing.result(json.dumps(schema_of(name), indent=2))


command = options.Command(schema, [click.Argument(["name"], required=False)])
