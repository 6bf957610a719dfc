"""Columns whose values are written otherwise than what is known of them: what would be read wrong is refused.

A value is read by the form that training stored, in every file alike. So a date that two orders fit is read as training
read its dates, even if the other dates of its file prove another order; such a file is refused, never read halfway.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wxb.data.kinds import LARGEST
from wxb.data.tables import marks
from wxb.data.tables.columns import Category, Number
from wxb.data.tables.values import Texts, Values, number_of
from wxb.data.tables.written import DAY, HOUR, THREE_PARTS, TWO_PARTS, Numbers, Written, written_in
from wxb.errors import WxbError
from wxb.text import count, first_of, plural

MOST_UNREADABLE = 0.5  # of a column's values; with as many, the column is refused
MOST_CONTRADICTING = 0.05  # of the values that prove how the others are written
UNREAD = "holds lists, structures or bytes"
LISTED = 5  # values in a message
FEW = 20  # values, one of which mostly tells what a mark is
EITHER = re.compile(marks.EITHER)

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


def refuse_otherwise_written(
    table: str,
    values: Values,
    written: Written,
    numbers: Numbers,
    rows: Rows,
    span: tuple[float, float] | None = None,
) -> None:
    """Raise WxbError if a column does not hold what training did, or is written otherwise.

    `written` is the form of training, `numbers` (n,) are the values read in it, and `rows` are their numbers in the
    file; `span` are the least and the greatest number of training, if they are known. Less than half of the values may
    be no numbers (or dates, …), and of those that prove a form at most a twentieth another one.
    """
    _refuse_other_parts(table, values, written, numbers, rows, span)
    unreadable = _unreadable(values, numbers)
    proofs = _proofs(values, written, numbers, unreadable)
    if proofs.refute:
        odd, what = proofs.contradicting, "are written otherwise, such as"
        if written.style == "date":
            what = f"can only be {proofs.other.example}:"
    elif len(unreadable) and len(unreadable) >= MOST_UNREADABLE * (len(values) - values.absent):
        odd, what = unreadable, "are none, such as"
    else:
        _refuse_other_marks(table, values, written, numbers, rows)
        return
    first, there = int(odd[0]), plural(len(values) - values.absent, "value")
    raise WxbError(
        f"{values.name} of {table} is not written as in training",
        f"{values.name}: training had {written.example}; here {count(len(odd))} of {there} {what} "
        f"{values.shown(first)} (row {rows[first]})",
        f"{_readable(written)} in {values.name}, and nothing where the value is not known",
    )


def _refuse_other_parts(
    table: str, values: Values, written: Written, numbers: Numbers, rows: Rows, span: tuple[float, float] | None
) -> None:
    """Raise WxbError if durations have two parts where training's had three, the reverse, or more than a day's hours.

    Of two parts alone nothing tells whether they are hours and minutes, or minutes and seconds. Three parts that lie
    among training's as hours, minutes and seconds do: 8:30:00 after 7:45 to 23:10, but not 0:03:45 after 2:10 to 7:30.
    """
    if not written.clock or not values.of_texts:
        return
    two = values.there.str.extract(TWO_PARTS, 1).str.to_integer()
    odd = values.there.str.contains(THREE_PARTS)
    if written.clock == "two" and span is not None:
        three = odd.fill_null(False).to_numpy()
        among = (numbers >= span[0]) & (numbers <= span[1])
        if three.any() and among[three].mean() >= 1 - MOST_CONTRADICTING:
            return
    if written.clock != "two":
        odd = two >= {"three": 0, "h:mm": DAY, "mm:ss": HOUR}[written.clock]
    first = odd.fill_null(False).arg_max()
    if first is None or not odd.fill_null(False).any():
        return
    shown = values.shown(first)
    had = {"two": "two parts", "three": "three parts", "h:mm": "times of the day", "mm:ss": "two parts below an hour"}
    raise WxbError(
        f"{values.name} of {table} is not written as in training",
        f"{values.name}: training had durations of {had[written.clock]}; here one is {shown} (row {rows[first]})",
        "two parts in each, as in training" if written.clock == "two" else f"write {shown}:00 or 0:{shown}",
    )


def _refuse_other_marks(table: str, values: Values, written: Written, numbers: Numbers, rows: Rows) -> None:
    """Raise WxbError if the file proves that a mark in these numbers means something else than in training: 18.611."""
    either = _either(values, written, numbers)
    proofs = values.proofs() if len(either) else {}
    if len(proofs) != 1 or written.decimal in proofs:
        return
    first, proof = int(either[0]), next(iter(proofs.values()))
    read, shown = numbers[first], values.shown(first)
    meant = read * 1_000 if written.decimal in shown else read / 1_000
    raise WxbError(
        f"{values.name} of {table} is not written as in training",
        f"{values.name}: training had {written.example}, in which {shown} (row {rows[first]}) is {_plain(read)}; "
        f"here {proof.column} has {marks.NAMES[next(iter(proofs))]} ({proof.value}), so that it is {_plain(meant)}",
        f"write {_plain(meant).replace('.', written.decimal)}, as in training",
    )


def refuse_broken(table: str, column: Number, values: Values, numbers: Numbers, rows: Rows) -> None:
    """Raise WxbError if training had whole numbers, and most new ones lie among them only without their mark: 18.611.

    Nothing in the file tells then whether the mark is decimal, as it is read, or separates thousands.
    """
    either = broken(column, values, numbers)
    apart, joined = numbers[either], 1_000 * numbers[either]
    among = [(column.low <= some) & (some <= column.high) for some in (apart, joined)]
    if not len(either) or among[0].mean() >= 0.5 or among[1].mean() <= 0.5:
        return
    first = int(either[0])
    shown = values.shown(first)
    raise WxbError(
        f"{shown} of {values.name} in {table} (row {rows[first]}) could be {_plain(joined[0])} or {_plain(apart[0])}",
        f"training had whole numbers, {column.holds()}; no column of {table} tells what its marks are",
        f"write {_plain(joined[0])} or, with one more digit, {shown}0",
    )


def _either(values: Values, written: Written, numbers: Numbers) -> Rows:
    """The rows whose mark could be decimal or separate thousands, if a column read so has no value that tells."""
    none = np.zeros(0, np.int64)
    if not values.of_texts or written.style != "number" or written.thousands in (" ", "'"):
        return none
    few = [text for text in values.there.head(FEW).to_list() if text]
    if written.plain and any("." in text and number_of(text) is not None and not EITHER.match(text) for text in few):
        return none
    if not values.there.str.contains("[.,]").any() or marks.proving(values.there.drop_nulls(), written)[0] is not None:
        return none
    alike: NDArray[np.bool_] = values.there.str.contains(marks.EITHER).fill_null(False).to_numpy()
    found: Rows = np.flatnonzero(alike & np.isfinite(numbers))
    return found


def broken(column: Number, values: Values, numbers: Numbers) -> Rows:
    """The rows that are read as fractions, though training had none and nothing in the file tells what the mark is."""
    known = np.array([column.low, column.high, 2 * column.median])  # of two numbers, the median is the middle
    if (known != np.round(known)).any():
        return np.zeros(0, np.int64)
    found = _either(values, column.written, numbers)
    if not len(found):
        return found
    decimal: NDArray[np.bool_] = values.at(found).there.str.contains(column.written.decimal, literal=True).to_numpy()
    found = found[decimal]
    return found if len(values.proofs()) != 1 else found[:0]


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


def _plain(number: float) -> str:
    return f"{number:.10g}"


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
