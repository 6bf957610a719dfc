"""How the numbers, dates and durations of a column are written: found once from its texts, then stored.

Texts are read by what is stored, never by what else a file holds, so that a row means the same in every file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from wxb.data.tables.calendar import days_of, year_and_month

if TYPE_CHECKING:
    import polars as pl

Numbers = NDArray[np.float64]  # (n,), NaN where the value is missing
Style = Literal["number", "date", "duration"]
Negative = Literal["", "()", "-"]

STYLES: tuple[Style, ...] = ("number", "date", "duration")
# decimal mark and separator of thousands, in the order in which they are tried
MARKS: tuple[tuple[Literal[".", ","], Literal["", ",", ".", " ", "'"]], ...] = (
    (".", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"), (",", "")
)  # fmt: skip
GAPS = {",": ",", ".": r"\.", " ": "[ \u00a0\u2009\u202f]", "'": "['’]"}  # patterns of these separators
UNIT = r"\p{Sc}|%|USD|EUR|GBP|CHF|JPY|CNY|INR"
SIGN = "[-+−]?"
NEGATIVE: dict[Negative, str] = {  # a number below zero in three parts, without the mark of that
    "()": r"^([^-+−()\d]*)\(([^-+−()]+)\)([^-+−()\d]*)$",
    "-": r"^([^-+−\d]*)(\d[^-+−]*?) *[-−]([^-+−\d]*)$",
}
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
NUMBERS_SHARE = 0.95  # of a column's values that must be numbers or dates, or it is a column of texts
LOOKED_AT = 200  # texts that decide which forms are tried on all
ALMOST = r"^[-+−(\s\p{Sc}]*\d[\d.,'’\s]*([^\d\s\-]{1,4})?\)?-?$"  # a number with something around it


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the values of a column are written: numbers in their unit, dates (days since 1970) or durations (seconds)."""

    style: Style = "number"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    unit: str = ""  # before or after every number: "$", "%"
    negative: Negative = ""  # of numbers below zero, besides a sign before them: "(5)", "5-"
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

    `separator` is that of the values in the file. Where it is a semicolon, a date more likely begins with its day.
    """
    best, most = PLAIN, 0.0
    few = texts.head(LOOKED_AT)
    for one in _candidates(texts, separator, styles):
        if np.isnan(one.read(few)).all():
            continue
        share = float((~np.isnan(one.read(texts))).mean())
        if share > most:
            best, most = one, share
        if share == 1:
            break
    return best


def unlike(texts: pl.Series) -> list[str]:
    """Texts that are almost numbers, one of each of the two commonest forms; [] if few of these texts are.

    Such are $5 beside 5, or 5 kg: no unit is guessed.
    """
    almost = texts.filter(texts.str.contains(ALMOST))
    if len(almost) < NUMBERS_SHARE * len(texts):
        return []
    forms = almost.str.replace(r"\d[\d.,'’\s]*", "9 ")
    common = forms.value_counts(sort=True, name="rows").sort("rows", forms.name, descending=[True, False])
    return [str(almost.filter(forms == form)[0]) for form in common[forms.name].head(2)]


def _candidates(texts: pl.Series, separator: str, styles: Sequence[Style]) -> Iterator[Written]:
    few = texts.head(LOOKED_AT)
    if "number" in styles:
        yield PLAIN
        units = few.str.extract(rf"^{SIGN} *({UNIT})", 1).drop_nulls().to_list()
        units += few.str.extract(rf"({UNIT})$", 1).drop_nulls().to_list()
        negatives = [one for one, form in NEGATIVE.items() if 0 < texts.str.contains(form).sum() < len(texts)]
        forms: tuple[Negative, ...] = ("", *negatives)
        for negative in forms:
            for unit in ("", *list(dict.fromkeys(units))[:3]):
                for decimal, thousands in MARKS:
                    yield Written("number", decimal, thousands, unit, negative)
    if "date" in styles:
        dotted = separator == ";" or few.str.contains(r"^\d+\.").any()
        yield Written("date")
        yield Written("date", order="dmy" if dotted else "mdy")
        yield Written("date", order="mdy" if dotted else "dmy")
    if "duration" in styles:
        yield Written("duration")


def _numbers(texts: pl.Series, written: Written) -> Numbers:
    import polars as pl

    if written.plain:  # not strict: a text that is no number becomes a missing value
        return _array(texts.cast(pl.Float64, strict=False))
    if written.negative:
        texts = texts.str.replace(NEGATIVE[written.negative], "-${1}${2}${3}")
    gap, mark, unit = GAPS.get(written.thousands, ""), re.escape(written.decimal), re.escape(written.unit)
    whole = rf"(?:[1-9]\d{{0,2}}(?:{gap}\d{{3}})+|\d+)" if gap else r"\d+"
    if written.thousands == ",":
        whole = rf"(?:[1-9]\d?(?:,\d{{2}})+,\d{{3}}|{whole})"  # 12,34,567, as in India
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
