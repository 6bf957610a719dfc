"""Examples of other data that a run was trained on, whose score is too good therefore."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from wxb.data.split import copies
from wxb.data.tables.content import is_stream
from wxb.errors import WxbError
from wxb.runs.matching import examples_of
from wxb.text import count, plural

if TYPE_CHECKING:
    from wxb.data.dataset import Dataset
    from wxb.runs.run import Run

MOST_BYTES = 2**24  # of pictures to train on that are decoded again


def trained_on(run: Run, data: Dataset) -> tuple[str, ...]:
    """The remark on examples of other data that are equal to training examples of the run.

    Rows of a table are compared in all columns used, pictures of a folder by their pixels. There is no remark if the
    run's own data cannot be read again, have changed, or are many pictures, which take long to decode.
    """
    pictures = bool(data.files) and run.data.dtype == "uint8"
    few = run.data.examples * prod(run.data.shape) <= MOST_BYTES
    if data.fingerprint == run.data.fingerprint or not ((pictures and few) or (data.columns and run.preparation)):
        return ()
    try:
        if (
            is_stream(str(run.data.source.get("source")))
            or (own := run.load_data()).fingerprint != run.data.fingerprint
        ):
            return ()
        learned = run.split.train
        if run.settings.get("bagging"):
            learned = np.concatenate([learned, run.split.validation])
        known = examples_of(run, own)[learned]
        both = np.concatenate([known, examples_of(run, data)])
    except WxbError:
        return ()
    first = copies(both if data.columns is None else data.columns.alike(both))[len(known) :]
    seen = int((first < len(known)).sum())
    if not seen:
        return ()
    rows = plural(len(data.examples), "picture" if pictures else "row")
    are = f"{count(seen)} of {rows} {'is' if seen == 1 else 'are'}"
    where = "training and validation part" if run.settings.get("bagging") else "training part"
    return (f"{are} in the {where} of {run.path} too, which makes the score too good",)
