"""Rows of other data that a run was trained on, whose score is too good therefore."""

from __future__ import annotations

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


def trained_on(run: Run, data: Dataset) -> tuple[str, ...]:
    """The remark on rows of a table that are equal to training rows of the run in all columns used.

    There is none if the run's own table cannot be read again, or has changed.
    """
    if data.columns is None or run.preparation is None or data.fingerprint == run.data.fingerprint:
        return ()
    try:
        if (
            is_stream(str(run.data.source.get("source")))
            or (own := run.load_data()).fingerprint != run.data.fingerprint
        ):
            return ()
    except WxbError:
        return ()
    known = examples_of(run, own)[run.split.train]
    both = np.concatenate([known, examples_of(run, data)])
    seen = int((copies(data.columns.alike(both))[len(known) :] < len(known)).sum())
    if not seen:
        return ()
    are = f"{count(seen)} of {plural(len(data.examples), 'row')} {'is' if seen == 1 else 'are'}"
    return (f"{are} in the training part of {run.path} too, which makes the score too good",)
