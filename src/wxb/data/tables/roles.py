"""Columns of a table that are neither targets nor features: the weight of each row, and its group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wxb.data.groups import Groups, ungrouped
from wxb.data.tables.frame import Frame
from wxb.data.tables.novelty import no_numbers
from wxb.data.tables.values import Values
from wxb.data.weights import checked
from wxb.errors import WxbError


def weights_in(frame: Frame, values: Values) -> NDArray[np.float64]:
    """The weights (n,) in a column. Raises WxbError unless every row has a number that can be one."""
    form = values.form(("number",), share=0)
    if form.kind != "number" or form.written.style != "number":
        raise WxbError(
            f"{values.name} of {frame.name} holds no numbers, and so no weights",
            "it is empty" if form.kind == "nothing" else f"such as {values.shown(0)}",
            "a `weight` of numbers",
        )
    numbers = values.numbers(form.written)
    if len(odd := values.odd(numbers)):
        raise WxbError(
            f"the weights of {frame.name} are numbers", no_numbers("number", values, odd, frame.rows), "a number there"
        )
    return checked(numbers, f"{values.name} of {frame.name}", frame.rows)


def groups_in(frame: Frame, values: Values) -> Groups:
    """The groups in a column. Raises WxbError if a row has none."""
    texts = values.texts()
    if (absent := np.flatnonzero(texts.codes < 0)).size:
        raise ungrouped(values.name, len(absent), int(frame.rows[absent[0]]))
    return Groups(texts.codes, texts.values, values.name)
