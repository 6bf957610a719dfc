"""Remarks on new rows that differ from those that a run was trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wxb.data.kinds import LARGEST
from wxb.data.tables import calendar
from wxb.data.tables.columns import Category, Date, Number
from wxb.data.tables.contradiction import broken
from wxb.data.tables.free_text import FreeText
from wxb.data.tables.values import Texts, Values, number_of
from wxb.data.tables.vocabulary import Vocabulary, Words, as_read
from wxb.data.tables.words import unread, words
from wxb.data.tables.written import Numbers, Written
from wxb.text import count, first_of, plural

FAR = 1.0  # beyond the range of training, in widths of that range
LISTED = 5  # values of a category in a remark

Rows = NDArray[np.int64]


def of_numbers(column: Number, values: Values, numbers: Numbers, rows: Rows) -> list[str]:
    """What is strange about new numbers; `rows` are the numbers of the rows in their file."""
    remarks = []
    odd = values.odd(numbers)
    absent = int(np.isnan(numbers).sum()) - len(odd)
    if absent and not column.indicator:
        remarks.append(f"{column.name}: {count(absent)} missing, which training had none of; its median stands there")
    if len(odd):
        remarks.append(f"{no_numbers(column.written.style, values, odd, rows)}; its median stands there")
    remarks += _of_order(column.name, values, column.written, numbers, rows)
    remarks += _of_marks(column, values, numbers, rows)
    remarks += _of_zone(column.name, values, column.written, numbers, rows)
    width = max(column.high - column.low, 0.0)
    far = np.flatnonzero((numbers > column.high + FAR * width) | (numbers < column.low - FAR * width))
    if len(far):
        shown = calendar.text if isinstance(column, Date) else "{:.6g}".format
        first = int(far[0])
        remarks.append(
            f"{column.name}: {count(len(far))} far outside of the range that training had, {column.holds()}, such as "
            f"{shown(float(numbers[first]))} (row {rows[first]})"
        )
    return remarks


def _of_order(name: str, values: Values, written: Written, numbers: Numbers, rows: Rows) -> list[str]:
    """The remark on dates of which none proves that days stand where they stood in training."""
    if written.order == "ymd" or not values.of_texts:
        return []
    swapped = Written("date", order="mdy" if written.order == "dmy" else "dmy").read(values.there)
    unclear = np.isfinite(numbers) & np.isfinite(swapped) & (numbers != swapped)
    if written.order == "dmy":  # nobody writes 12.31.2024
        unclear &= ~values.there.str.contains(r"^\d+\.").fill_null(False).to_numpy()
    either = np.flatnonzero(unclear)
    if not len(either) or (np.isfinite(numbers) & np.isnan(swapped)).any():
        return []
    first, place = int(either[0]), "first" if written.order == "dmy" else "second"
    example = f"{values.shown(first)} (row {rows[first]}) is {calendar.text(float(numbers[first]))}"
    return [f"{name}: the day is taken to stand {place}, as in training, which no date here proves: {example}"]


def _of_marks(column: Number, values: Values, numbers: Numbers, rows: Rows) -> list[str]:
    """The remark on fractions that could be thousands, where training had whole numbers: 9.595."""
    fractions = broken(column, values, numbers)
    if not len(fractions):
        return []
    first = int(fractions[0])
    example = f"{values.shown(first)} (row {rows[first]}) is {numbers[first]:.10g}"
    return [f"{column.name}: training had whole numbers, and no column here tells what the mark is in {example}"]


def _of_zone(name: str, values: Values, written: Written, numbers: Numbers, rows: Rows) -> list[str]:
    """The remark on times with a zone, which are read in UTC, where training had none, or the other way round."""
    if written.style != "date" or values.zone in (None, written.zone) or (written.zone is None and not values.zone):
        return []
    telling = np.flatnonzero(np.isfinite(numbers) & (values.zoned | bool(written.zone)))
    if not len(telling):
        return []
    first = int(telling[0])
    example = f"{values.shown(first)} (row {rows[first]}) is {calendar.text(float(numbers[first]))}"
    if written.zone:
        return [f"{name}: its times have no zone, those of training had one, and are taken for UTC: {example}"]
    had = "training had no times" if written.zone is None else "those of training had none"
    return [f"{name}: its times have a zone, {had}, and are read in UTC: {example}"]


def of_texts(column: Category, texts: Texts) -> list[str]:
    """What is strange about new texts."""
    remarks = []
    absent = int((texts.codes < 0).sum())
    if absent and not column.indicator:
        remarks.append(f"{column.name}: {count(absent)} missing, which training had none of")
    often = np.bincount(texts.codes[texts.codes >= 0], minlength=len(texts.values))
    known = {*column.seen}
    strange = [code for code in np.argsort(-often, kind="stable") if often[code] and texts.values[code] not in known]
    if strange:
        listed = first_of([f"{texts.values[code]} {count(int(often[code]))}" for code in strange], LISTED)
        few = " or few" if column.other and not column.rare else ""
        taken = "; they count as other" if column.other else ""
        number = int(often[strange].sum())
        remarks.append(f"{column.name}: {count(number)} of values that training had none{few} of ({listed}){taken}")
    return remarks


def of_free_texts(column: FreeText | Words, texts: Texts, vocabulary: Vocabulary | None = None) -> list[str]:
    """What is strange about new free texts."""
    remarks = []
    absent = int((texts.codes < 0).sum())
    if absent and not column.missing:
        remarks.append(f"{column.name}: {count(absent)} missing, which training had none of")
    own = column.words if isinstance(column, FreeText) else vocabulary.words if vocabulary is not None else ()
    known, there = {*own}, np.bincount(texts.codes[texts.codes >= 0], minlength=len(texts.values))
    found = [
        words(text)
        if isinstance(column, FreeText)
        else as_read(text).split()
        if column.tokens
        else column.words_of(text)
        for text in texts.values
    ]
    strange = sum(int(often) for often, some in zip(there, found, strict=True) if known.isdisjoint(some))
    given = [texts.values[code] for code in texts.codes.tolist() if code >= 0]
    if isinstance(column, FreeText) or not column.tokens:
        remarks += unread(column.name, given)
    if strange:
        remarks.append(f"{column.name}: {plural(strange, 'text')} without a word that training had")
    return remarks


def no_numbers(style: str, values: Values, odd: Rows, rows: Rows) -> str:
    """ "temp: 2 of 30 values are no numbers, such as 2.5 C (row 7)"; `rows` are the rows' numbers in their file."""
    first, there = int(odd[0]), plural(len(values) - values.absent, "value")
    number = number_of(values.shown(first)) if style == "number" else None
    large = ""
    if number is not None:
        large = f" up to {LARGEST:g}" if abs(number) > LARGEST else " written as the column's are"
    verb = f"is no {style}{large}" if len(odd) == 1 else f"are no {style}s{large}"
    return f"{values.name}: {count(len(odd))} of {there} {verb}, such as {values.shown(first)} (row {rows[first]})"
