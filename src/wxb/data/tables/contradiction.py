"""Columns whose values are written otherwise than what is known of them: what would be read wrong is refused.

A value is read by the form that training stored, in every file alike. So a date that two orders fit is read as training
read its dates, even if the other dates of its file prove another order; such a file is refused, never read halfway.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wxb.data.kinds import LARGEST
from wxb.data.tables.columns import Category
from wxb.data.tables.values import Texts, Values
from wxb.data.tables.written import Numbers, Written, written_in
from wxb.errors import WxbError
from wxb.text import count, first_of, plural

MOST_UNREADABLE = 0.5  # of a column's values; with as many, the column is refused
MOST_CONTRADICTING = 0.05  # of the values that prove how the others are written
UNREAD = "holds lists, structures or bytes"
LISTED = 5  # values in a message

Rows = NDArray[np.int64]


class Proofs(NamedTuple):
    """What the values of a column prove of how it is written."""

    other: Written  # how most of the values are written that cannot be read
    contradicting: Rows  # the rows that it reads
    confirming: int  # values that can only be written in the column's own form
    differ: bool  # whether others would mean something else in the other form; if not, all confirm that can be read

    @property
    def refute(self) -> bool:
        """Whether more than isolated values contradict the column's own form."""
        return len(self.contradicting) > MOST_CONTRADICTING * (len(self.contradicting) + self.confirming)


def refuse_otherwise_written(table: str, values: Values, written: Written, numbers: Numbers, rows: Rows) -> None:
    """Raise WxbError if a column does not hold what training did, or is written otherwise.

    `written` is the form of training, `numbers` (n,) are the values read in it, and `rows` are their numbers in the
    file. Less than half of the values may be no numbers (or dates, …), and of those that prove a form at most a
    twentieth another one.
    """
    unreadable = _unreadable(values, numbers)
    proofs = _proofs(values, written, numbers, unreadable)
    if proofs.refute:
        odd, what = proofs.contradicting, "are written otherwise, such as"
        if written.style == "date":
            what = f"can only be {proofs.other.example}:"
    elif len(unreadable) and len(unreadable) >= MOST_UNREADABLE * (len(values) - values.absent):
        odd, what = unreadable, "are none, such as"
    else:
        return
    first, there = int(odd[0]), plural(len(values) - values.absent, "value")
    raise WxbError(
        f"{values.name} of {table} is not written as in training",
        f"{values.name}: training had {written.example}; here {count(len(odd))} of {there} {what} "
        f"{values.shown(first)} (row {rows[first]})",
        f"{_readable(written)} in {values.name}, and nothing where the value is not known",
    )


def refuse_mixed(table: str, values: Values, written: Written, numbers: Numbers, rows: Rows) -> None:
    """Raise WxbError if values to train on prove two forms, and others would be read wrong in one of them."""
    proofs = _proofs(values, written, numbers, _unreadable(values, numbers))
    if proofs.differ and proofs.refute:
        own, others, first = proofs.confirming, len(proofs.contradicting), int(proofs.contradicting[0])
        raise WxbError(
            f"{values.name} of {table} is written in two ways",
            f"{count(own)} of its values can only be {written.example}, {count(others)} only {proofs.other.example}: "
            f"{values.shown(first)} (row {rows[first]})",
            f'{_readable(written)}; or leave the column out: `drop="{values.name}"`',
        )


def refuse_unread(table: str, values: Values) -> None:
    """Raise WxbError if the values of a column are of a type that is not read."""
    if values.unread:
        raise WxbError(
            f"{values.name} of {table} {UNREAD}", "training had numbers or texts", "a number or a text in each row"
        )


def refuse_unknown(table: str, column: Category, texts: Texts) -> None:
    """Raise WxbError if none of a column's texts is one of training's, and training had none that counts as other."""
    there = texts.codes[texts.codes >= 0]
    if column.other or not len(there) or {*texts.values} & {*column.seen}:
        return
    found, known = first_of(texts.values, LISTED), first_of(column.values, LISTED)
    raise WxbError(
        f"{column.name} of {table} has none of the values that training had",
        f"{column.name}: training had {known}; here all {plural(len(there), 'value')} are others: {found}",
        f"the values of training in {column.name}, and nothing where the value is not known",
    )


def _readable(written: Written) -> str:
    """How values may be written in a column of this form, without doubt."""
    return Written("date").example if written.style == "date" else written.example


def _unreadable(values: Values, numbers: Numbers) -> Rows:
    """The rows whose value is none of the column's kind; numbers beyond 1e30 are some."""
    import polars as pl

    odd = values.odd(numbers)
    if not len(odd) or values.there.dtype.is_temporal():
        return odd
    as_numbers = values.at(odd).series.cast(pl.String).cast(pl.Float64, strict=False)
    large: NDArray[np.bool_] = (as_numbers.abs() > LARGEST).fill_null(False).to_numpy()
    return np.asarray(odd[~large], np.int64)


def _proofs(values: Values, written: Written, numbers: Numbers, unreadable: Rows) -> Proofs:
    none = Proofs(written, unreadable[:0], 0, False)
    if not len(unreadable) or not values.of_texts:
        return none
    there = values.at(unreadable).there
    other = written_in(there.unique(maintain_order=True), values.separator, (written.style,))
    contradicting = unreadable[~np.isnan(other.read(there))]
    if not len(contradicting) or other.style != written.style:
        return none
    readable, otherwise = np.isfinite(numbers), other.read(values.there)
    differ = bool((readable & ~np.isnan(otherwise) & (otherwise != numbers)).any())
    confirming = readable & np.isnan(otherwise) if differ else readable
    return Proofs(other, contradicting, int(confirming.sum()), differ)
