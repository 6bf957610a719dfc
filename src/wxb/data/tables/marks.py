"""Whether a mark in numbers is decimal or separates thousands, where a column alone does not tell: 9,595.

A file writes all of its numbers alike, so that what one column proves holds for the others: 9,595 is 9595 beside 3.14,
and 9.595 beside 3,14.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from wxb.data.tables.written import SIGN, Written
from wxb.errors import WxbError
from wxb.text import plural

if TYPE_CHECKING:
    import polars as pl

Mark = Literal[".", ","]

EITHER = r"^\D*[1-9]\d{0,2}[.,]\d{3}\D*$"  # a number whose only mark could be decimal, or separate thousands
NAMES: dict[Mark, str] = {".": "a decimal point", ",": "a decimal comma"}
LOOKED_AT = 200  # texts that mostly prove a mark


class Proof(NamedTuple):
    """The first column of a file that proves a decimal mark, and a value of it that does."""

    column: str
    value: str


Proofs = Mapping[Mark, Proof]


def proving(texts: pl.Series, written: Written) -> tuple[str | None, bool]:
    """A text that shows the decimal mark of numbers written so, None without one; and whether some have a mark."""
    if written.style != "number":
        return None, False
    for some in (texts.head(LOOKED_AT), texts):
        marked = some.filter(some.str.contains("[.,]"))
        marked = marked.filter(~np.isnan(written.read(marked)))
        between = written.thousands in (" ", "'")  # no mark of thousands is left
        proofs = marked if between else marked.filter(~marked.str.contains(EITHER))
        if len(proofs):
            return str(proofs[0]), True
    return None, len(marked) > 0


def settled(name: str, texts: pl.Series, written: Written, separator: str, proofs: Proofs) -> Written:
    """How different texts are written that could have either decimal mark: with that which the file proves.

    If it proves none, a comma separates thousands and a point is decimal, but in a file with semicolons a comma is
    decimal, unless whole numbers below 1,000 stand beside it: then the mark separates thousands. Raises WxbError for
    commas in a file that proves both.
    """
    commas, points = (bool(texts.str.contains(mark, literal=True).any()) for mark in ",.")
    thousands = separator == ";" and _grouped(texts, "," if commas else ".")
    usual: Mark = "." if separator != ";" or commas == thousands else ","
    if len(proofs) == 2 and commas:
        value = texts.filter(texts.str.contains(",", literal=True))[0]
        whole, broken = value.replace(",", ""), value.replace(",", ".")
        raise WxbError(
            f"{value} of {name} could be {whole} or {broken}",
            f"{_told(proofs, ',')}, but {_told(proofs, '.')}",
            f'write {whole} or {broken} in the file, or leave the column out: `drop="{name}"`',
        )
    decimal = next(iter(proofs)) if len(proofs) == 1 else usual
    other: Mark = "," if decimal == "." else "."
    there = commas if other == "," else points
    return Written(decimal=decimal, thousands=other if there else "", unit=written.unit, negative=written.negative)


def doubt(name: str, texts: pl.Series, written: Written, separator: str, proofs: Callable[[], Proofs]) -> str:
    """ "x (12 values such as 9,595, read as 9595)" if nothing tells how its numbers are read; else "".

    The texts have a mark, and none of them shows that it is decimal.
    """
    if len(proofs()) == 1 or (written.plain and separator != ";" and not proofs()):
        return ""
    either = texts.filter(texts.str.contains(EITHER))
    return f"{name} ({plural(len(either), 'value')} such as {either[0]}, read as {written.read(either)[0]:.10g})"


def _told(proofs: Proofs, mark: Mark) -> str:
    return f"{proofs[mark].column} has {NAMES[mark]} ({proofs[mark].value})"


def _grouped(texts: pl.Series, mark: str) -> bool:
    """Whether texts look like whole numbers whose thousands this mark separates: 567, 1.234."""
    marked = texts.str.contains(rf"^{SIGN}[1-9]\d{{0,2}}(\{mark}\d{{3}})+$")
    whole = texts.str.contains(rf"^{SIGN}\d{{1,3}}$")
    return bool((marked | whole).all() and marked.any() and whole.any())
