"""`wxb schema`: the JSON schema of what a command prints with `--json`."""

from __future__ import annotations

import json
from typing import Any

import click
import msgspec

from wxb.cli import options, printing
from wxb.cli.answers import anomalies, clusters, doctor, exports, lessons, neurons, playing, runs, sets, training, views
from wxb.cli.answers.answer import Answer
from wxb.errors import WxbError, nearest
from wxb.runs.reported import Report

_MODULES = (training, doctor, sets, runs, views, clusters, anomalies, playing, exports, lessons, neurons)
_KINDS = [kind for module in _MODULES for kind in vars(module).values() if isinstance(kind, type)]

ANSWERS: dict[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag).split("/")[1]: kind
    for kind in (*_KINDS, Report)
    if issubclass(kind, (Answer, Report)) and kind is not Answer
}


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


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON schema of an answer, "train" or "runs-table". Raises KeyError if there is none of that name."""
    kind = ANSWERS[name]
    generated = msgspec.json.schema(kind)
    definitions = generated["$defs"]
    top = definitions.pop(kind.__name__)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": kind.__struct_config__.tag,
        **top,
        "$defs": definitions,
    }


command = options.Command(schema, [click.Argument(["name"], required=False)])
