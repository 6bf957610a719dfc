"""What each command prints with `--json`, as msgspec structs; the JSON schemas are generated from them.

Keys may be added to an answer, but never change their meaning.
"""

from __future__ import annotations

from typing import Any

import msgspec

from wxb.cli.answers import lessons, neurons, runs, sets, training
from wxb.cli.answers.answer import Answer
from wxb.runs.schema import Report

_MODULES = (training, sets, runs, lessons, neurons)
_KINDS = [kind for module in _MODULES for kind in vars(module).values() if isinstance(kind, type)]

ANSWERS: dict[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag).split("/")[1]: kind
    for kind in (*_KINDS, Report)
    if issubclass(kind, (Answer, Report)) and kind is not Answer
}


def schema(name: str) -> dict[str, Any]:
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
