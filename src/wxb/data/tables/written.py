"""How the numbers, dates and durations of a column are written: found once from its texts, then stored.

Texts are read by what is stored, never by what else a file holds, so that a row means the same in every file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.tables.calendar import days_of, year_and_month

if TYPE_CHECKING:
    import polars as pl

Numbers = NDArray[np.float64]  # (n,), NaN where the value is missing
Style = Literal["number", "date", "duration"]

STYLES: tuple[Style, ...] = ("number", "date", "duration")
# decimal mark and separator of thousands, in the order in which they are tried
MARKS: tuple[tuple[Literal[".", ","], Literal["", ",", ".", " ", "'"]], ...] = (
    (".", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"), (",", "")
)  # fmt: skip
GAPS = {",": ",", ".": r"\.", " ": "[ \u00a0\u2009\u202f]", "'": "['’]"}  # patterns of these separators
UNIT = r"\p{Sc}|%|USD|EUR|GBP|CHF|JPY|CNY|INR"
SIGN = "[-+−]?"
DAYS = {
    "ymd": r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?",
    "dmy": r"(?P<d>\d{1,2})[-/.](?P<m>\d{1,2})[-/.](?P<y>\d{4})",
    "mdy": r"(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})[-/.](?P<y>\d{4})",
}
TIME = (
    r"(?:(?:T| +)(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}(?:\.\d+)?))?"
    r" *(?:Z|UTC|(?P<sign>[-+])(?P<zh>\d{2}):?(?P<zm>\d{2}))?)?"
)
DURATIONS = (
    r"(?P<d>-?\d+) days?(?:,? *\+?(?P<H>\d{1,2}):(?P<M>\d{2}):(?P<S>\d{2}(?:\.\d+)?))?",
    r"(?P<sign>-)?(?P<H>\d{1,4}):(?P<M>\d{2})(?::(?P<S>\d{2}(?:\.\d+)?))?",
    r"(?P<sign>-)?P(?:(?P<d>\d+)D)?(?:T(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>\d+(?:\.\d+)?)S)?)?",
)
SECONDS = {"d": 86_400, "H": 3_600, "M": 60, "S": 1}
LOOKED_AT = 200  # texts that decide which forms are tried on all


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the values of a column are written: numbers in their unit, dates (days since 1970) or durations (seconds)."""

    style: Style = "number"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    unit: str = ""  # before or after every number: "$", "%"
    order: Literal["ymd", "dmy", "mdy"] = "ymd"  # of a date; year, month, day is read whatever the order

    @property
    def plain(self) -> bool:
        """Whether numbers are written as programs write them: "1234.5"."""
        return self == PLAIN

    def read(self, texts: pl.Series) -> Numbers:
        """The number that each text stands for (n,), NaN for a text that is none. A number may be infinite."""
        if self.style == "date":
            return _dates(texts, self.order)
        return _durations(texts) if self.style == "duration" else _numbers(texts, self)


PLAIN = Written()


def written_in(texts: pl.Series, separator: str = "", styles: Sequence[Style] = STYLES) -> Written:
    """How most of these different texts are written; as plain numbers, if none is written in a form known here.

    `separator` is that of the values in the file. Where it is a semicolon, a comma is more likely to be decimal, and
    a point to separate thousands.
    """
    best, most = PLAIN, 0.0
    few = texts.head(LOOKED_AT)
    for one in _candidates(few, separator, styles):
        if np.isnan(one.read(few)).all():
            continue
        share = float((~np.isnan(one.read(texts))).mean())
        if share > most:
            best, most = one, share
        if share == 1:
            break
    if separator != ";" or most < 1:
        return best
    if best.plain and _grouped(texts):
        return Written(decimal=",", thousands=".")
    if best.thousands == "," and texts.str.contains(",", literal=True).all():
        decimal = Written(decimal=",", unit=best.unit)
        return best if np.isnan(decimal.read(texts)).any() else decimal
    return best


def _candidates(texts: pl.Series, separator: str, styles: Sequence[Style]) -> list[Written]:
    found = []
    if "number" in styles:
        units = texts.str.extract(rf"^{SIGN} *({UNIT})", 1).drop_nulls().to_list()
        units += texts.str.extract(rf"({UNIT})$", 1).drop_nulls().to_list()
        for unit in ("", *list(dict.fromkeys(units))[:3]):
            found += [Written(decimal=decimal, thousands=thousands, unit=unit) for decimal, thousands in MARKS]
    if "date" in styles:
        dotted = separator == ";" or texts.str.contains(r"^\d+\.").any()
        found.append(Written("date"))
        found += [Written("date", order=order) for order in (("dmy", "mdy") if dotted else ("mdy", "dmy"))]
    if "duration" in styles:
        found.append(Written("duration"))
    return found


def _grouped(texts: pl.Series) -> bool:
    """Whether texts look like whole numbers whose thousands a point separates: 567, 1.234."""
    marked = texts.str.contains(rf"^{SIGN}[1-9]\d{{0,2}}(\.\d{{3}})+$")
    whole = texts.str.contains(rf"^{SIGN}\d{{1,3}}$")
    return bool((marked | whole).all() and marked.any() and whole.any())


def _numbers(texts: pl.Series, written: Written) -> Numbers:
    import polars as pl

    if written.plain:  # not strict: a text that is no number becomes a missing value
        return _array(texts.cast(pl.Float64, strict=False))
    gap, mark, unit = GAPS.get(written.thousands, ""), re.escape(written.decimal), re.escape(written.unit)
    whole = rf"(?:[1-9]\d{{0,2}}(?:{gap}\d{{3}})+|\d+)" if gap else r"\d+"
    number = rf"(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][-+]?\d+)?"
    pattern = f"^({SIGN}) *({number})$"
    if unit:
        pattern = rf"^({SIGN}) *{unit} *({SIGN}{number})$|^({SIGN} *{number}) *{unit}$"
    groups = texts.str.extract_groups(pattern).struct.unnest()
    bare = groups.select(pl.concat_str(pl.all(), ignore_nulls=True)).to_series().str.replace_all(" ", "")
    if gap:
        bare = bare.str.replace_all(gap, "")
    bare = bare.str.replace("−", "-", literal=True).str.replace(written.decimal, ".", literal=True)
    return _array(bare.cast(pl.Float64, strict=False))


def _dates(texts: pl.Series, order: str) -> Numbers:
    days = np.full(len(texts), np.nan)
    for one in dict.fromkeys(("ymd", order)):
        groups = _groups(texts, DAYS[one] + TIME)
        year, month = groups["y"], groups["m"]
        day = np.where(np.isnan(groups["d"]), 1.0, groups["d"])  # 2024-12 is the first of December
        hours, minutes, seconds, zone_hours, zone_minutes = (
            np.nan_to_num(groups[name]) for name in ("H", "M", "S", "zh", "zm")
        )
        date = days_of(year, month, day)
        right = (month >= 1) & (month <= 12) & (day >= 1) & (year_and_month(date)[1] == month)
        right &= (hours < 24) & (minutes < 60) & (seconds < 61)
        zone = np.nan_to_num(groups["sign"]) * (3_600 * zone_hours + 60 * zone_minutes)
        moment = date + (3_600 * hours + 60 * minutes + seconds - zone) / 86_400
        days = np.where(right, moment, days)
    return days


def _durations(texts: pl.Series) -> Numbers:
    seconds = np.full(len(texts), np.nan)
    for pattern in DURATIONS:
        groups = _groups(texts, pattern)
        parts = {name: groups[name] for name in groups if name != "sign"}
        length = sum(unit * np.nan_to_num(parts[name]) for name, unit in SECONDS.items() if name in parts)
        sign = np.where(groups["sign"] == -1, -1, 1) if "sign" in groups else 1
        seconds = np.where(np.isnan(list(parts.values())).all(axis=0), seconds, sign * length)
    return seconds


def _groups(texts: pl.Series, pattern: str) -> dict[str, Numbers]:
    """The named groups of a pattern as numbers, NaN for those that are not there; a sign as -1 or 1."""
    import polars as pl

    groups = texts.str.extract_groups(f"^(?:{pattern})$").struct.unnest()
    if "sign" in groups.columns:
        groups = groups.with_columns((pl.col("sign") + "1").alias("sign"))
    return {name: _array(groups[name].cast(pl.Float64, strict=False)) for name in groups.columns}


def _array(series: pl.Series) -> Numbers:
    return np.array(series.to_numpy(), dtype=np.float64)
