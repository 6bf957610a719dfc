"""Examples of other data that a run was trained on, whose score is too good therefore."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import UNSET

from wxb.data import load_data
from wxb.data.copies import copies
from wxb.data.tables.content import is_stream
from wxb.data.tables.encoding import Prepared
from wxb.errors import WxbError
from wxb.runs.matching import examples_of
from wxb.runs.provenance import whence
from wxb.text import count, plural

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from wxb.data.dataset import Dataset
    from wxb.runs.files import RunFiles

MOST_BYTES = 2**24  # of pictures to train on that are decoded again


def about_other(run: RunFiles, data: Dataset) -> tuple[str, ...]:
    """What a person must know of a run's evaluation on data that were given for it."""
    own = data.fingerprint == run.data.fingerprint
    return (*data.notes, *(() if own else (*trained_on(run, data), *_unweighted(run, data))))


def _unweighted(run: RunFiles, data: Dataset) -> tuple[str, ...]:
    """The remark on examples that all count the same, though those of the run did not."""
    if run.data.weight is UNSET or data.weights is not None:
        return ()
    return (f"{data.name} has no weights ({run.data.weight} in training): all of its rows count the same",)


def trained_on(run: RunFiles, data: Dataset) -> tuple[str, ...]:
    """The remark on examples of other data that are equal to training examples of the run.

    Rows of a table are compared in all columns used, pictures of a folder by their pixels. There is no remark if the
    run's own data cannot be read again, have changed, or are many pictures, which take long to decode.
    """
    pictures = bool(data.files) and data.columns is None and run.data.dtype == "uint8"
    few = run.data.examples * prod(run.data.shape) <= MOST_BYTES
    if data.fingerprint == run.data.fingerprint or not ((pictures and few) or (data.columns and run.preparation)):
        return ()
    try:
        if is_stream(str(run.data.source.get("source"))):
            return ()
        name, settings = whence(run)
        own = load_data(name, **settings)
        if own.fingerprint != run.data.fingerprint:
            return ()
        learned = run.split.learned if run.settings.get("bagging") else run.split.train
        both = _together(examples_of(run, own), learned, examples_of(run, data))
    except WxbError:
        return ()
    first = copies(both if data.columns is None else data.columns.alike(both))[len(learned) :]
    seen = int((first < len(learned)).sum())
    if not seen:
        return ()
    rows = plural(len(data.examples), "picture" if pictures else "row")
    are = f"{count(seen)} of {rows} {'is' if seen == 1 else 'are'}"
    where = "training and validation part" if run.settings.get("bagging") else "training part"
    return (f"{are} in the {where} of {run.path} too, which makes the score too good",)


def _together(
    own: NDArray[Any] | Prepared, learned: NDArray[np.int64], others: NDArray[Any] | Prepared
) -> NDArray[Any]:
    """The examples of a run that it learned from, and others; free texts as numbers that are equal for equal ones."""
    if not isinstance(own, Prepared) or not isinstance(others, Prepared):
        return np.concatenate([own[learned], others[:]])
    both = np.concatenate([own.rows[learned], others.rows])
    for place in own.texts:
        digests = own.texts[place].digests(own.rows[learned, place]) + others.texts[place].digests(
            others.rows[:, place]
        )
        both[:, place] = np.unique(digests, return_inverse=True)[1]
    return both
