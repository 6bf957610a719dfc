"""What the text of a network means while it is written: its layers, its counts and its PyTorch, or its mistake."""

from __future__ import annotations

import re
from typing import Any

from wxb.errors import WxbError
from wxb.notation import plan, read
from wxb.notation.layers import LAYERS
from wxb.notation.mistakes import misfit
from wxb.notation.pytorch import pytorch
from wxb.notation.table import rows
from wxb.notation.tree import Place
from wxb.notation.vocabulary import ARMS, BLOCKS, aliases
from wxb.page.forms import Form
from wxb.page.play import MOST_NETWORK
from wxb.tasks import TASKS


def meaning(text: str, form: Form, outputs: int) -> dict[str, Any]:
    """What a text means for data of a form. Raises WxbError, with the places in the text, if it means nothing."""
    if len(text) > MOST_NETWORK:
        raise WxbError("the text is too long", f"at most {MOST_NETWORK} characters")
    planned = plan(read(text), (form.features,), outputs)
    if planned.head not in form.heads:
        raise misfit(
            text,
            place_of(planned.head, text),
            f"{planned.head} does not fit the data: its targets are {TASKS[form.task].kind}",
            fix=f"end the network in {', '.join(form.heads)}",
        )
    return {
        "network": str(planned.network),
        "head": planned.head,
        "parameters": planned.parameters,
        "layers": [{"layer": row.layer, "output": row.output, "parameters": row.parameters} for row in rows(planned)],
        "pytorch": pytorch(planned),
    }


def place_of(head: str, text: str) -> Place | None:
    """Where a head stands in a text, under any of its names."""
    known = {head, *(alias for alias, name in aliases().items() if name == head)}
    found = [one for one in re.finditer(r"[A-Za-z]+", text) if one.group().upper() in known]
    return Place(*found[-1].span()) if found else None


def words() -> list[str]:
    """The words that a text of the playground can hold, apart from its head."""
    return [*LAYERS, *BLOCKS, *ARMS]
