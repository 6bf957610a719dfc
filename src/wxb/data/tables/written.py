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
Clock = Literal["", "two", "three", "h:mm", "mm:ss"]

STYLES: tuple[Style, ...] = ("number", "date", "duration")
# decimal mark and separator of thousands, in the order in which they are tried
MARKS: tuple[tuple[Literal[".", ","], Literal["", ",", ".", " ", "'"]], ...] = (
    (".", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"), (",", "")
)  # fmt: skip
GAPS = {",": ",", ".": r"\.", " ": "[ \u00a0\u2009\u202f]", "'": "['’]"}  # patterns of these separators
UNIT = r"\p{Sc}|%|USD|EUR|GBP|CHF|JPY|CNY|INR"
PERCENT = "%"
SIGN = "[-+−]?"
NEGATIVE: dict[Negative, str] = {  # a number below zero in three parts, without the mark of that
    "()": r"^([^-+−()\d]*)\(([^-+−()]+)\)([^-+−()\d]*)$",
    "-": r"^([^-+−\d]*)(\d[^-+−]*?) *[-−]([^-+−\d]*)$",
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"(?P<name>(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?))\.?"
)
WEEKDAY = r"(?:(?i:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +)?"
YEAR = r"(?:(?P<y>\d{4})|(?P<short>\d{2}))"
DAYS = {  # by the order of year, month and day; those of "any" are read whatever the order of a column
    "any": (
        r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?",
        r"(?P<y>[12]\d{3})(?P<m>\d{2})(?P<d>\d{2})",
        rf"{WEEKDAY}(?P<d>\d{{1,2}})\.?[- ]*{MONTH},?[- ]*{YEAR}",
        rf"{WEEKDAY}{MONTH} *(?P<d>\d{{1,2}})(?:, *| +){YEAR}",
    ),
    "ymd": (),
    "dmy": (rf"(?P<d>\d{{1,2}})[/.](?P<m>\d{{1,2}})[/.]{YEAR}", r"(?P<d>\d{1,2})-(?P<m>\d{1,2})-(?P<y>\d{4})"),
    "mdy": (rf"(?P<m>\d{{1,2}})[/.](?P<d>\d{{1,2}})[/.]{YEAR}", r"(?P<m>\d{1,2})-(?P<d>\d{1,2})-(?P<y>\d{4})"),
}
FIRST_YEAR = 1969  # of the hundred that years of two digits stand for, as POSIX and Python have it
LONG_YEAR = r"\d{4}"
HALF = r"(?:[ \u00a0\u202f]*(?P<half>[AaPp])\.?[Mm]\.?)?"  # of a day
TIME = (
    r"(?:(?:T|,? +)(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}(?:\.\d+)?))?"
    rf"{HALF} *(?:Z|UTC|GMT|(?P<sign>[-+])(?P<zh>\d{{2}})(?::?(?P<zm>\d{{2}}))?)?)?"
)
ZONED = r":\d{2}.*(?:Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?)$"  # a time with its zone
DURATIONS = (
    r"(?P<d>-?\d+) days?(?:,? *\+?(?P<H>\d{1,2}):(?P<M>\d{2}):(?P<S>\d{2}(?:\.\d+)?))?",
    rf"(?P<sign>-)?(?P<H>\d{{1,4}}):(?P<M>\d{{2}})(?::(?P<S>\d{{2}}(?:\.\d+)?))?{HALF}",
    r"(?P<sign>-)?P(?:(?P<d>\d+)D)?(?:T(?:(?P<H>\d+)H)?(?:(?P<M>\d+)M)?(?:(?P<S>\d+(?:\.\d+)?)S)?)?",
)
TWO_PARTS, THREE_PARTS = r"^-?(\d{1,4}):\d{2}$", r"^-?(\d{1,4}):\d{2}:\d{2}(?:\.\d+)?$"  # of a duration
FEW_HOURS, DAY, HOUR = 9, 24, 60  # hours of three parts beside which two are minutes; what ends a day, and an hour
NAME = re.compile(r"\?P<\w+>")  # of a group; two alternatives of one pattern may not share it
SECONDS = {"d": 86_400, "H": 3_600, "M": 60, "S": 1}
NUMBERS_SHARE = 0.95  # of a column's values that must be numbers or dates, or it is a column of texts
LOOKED_AT = 200  # texts that decide which forms are tried on all
# what a text must look like to be read in a style at all: most columns of texts are told by that alone
LIKE: dict[Style, str] = {
    "number": rf"^(?:[-+−(\s]|{UNIT})*[\d\s.,'’]+(?:[eE][-+]?\d+)?(?:[-−)\s]|{UNIT})*$",
    "date": NAME.sub("?:", rf"^(?:{'|'.join(form for forms in DAYS.values() for form in forms)}){TIME}$"),
    "duration": NAME.sub("?:", rf"^(?:{'|'.join(DURATIONS)})$"),
}
ALMOST = r"^[-+−(\s\p{Sc}]*\d[\d.,'’\s]*([^\d\s\-]{1,4})?\)?-?$"  # a number with something around it


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the values of a column are written: numbers in their unit, dates (days since 1970) or durations (seconds)."""

    style: Style = "number"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    unit: str = ""  # before or after every number: "$", "%"
    negative: Negative = ""  # of numbers below zero, besides a sign before them: "(5)", "5-"
    order: Literal["ymd", "dmy", "mdy"] = "ymd"  # of a date; forms that have one reading are read whatever the order
    clock: Clock = ""  # how many parts durations have (33:29, 1:02:11); if both, what two parts are
    zone: bool | None = None  # whether times of the day have a zone; None if it is not known, or none has a time

    @property
    def plain(self) -> bool:
        """Whether numbers are written as programs write them: "1234.5"."""
        return self == PLAIN

    @property
    def example(self) -> str:
        """How its values look, for messages: "numbers such as 1.234,5", "dates such as 2024-12-31"."""
        if self.style == "number":
            marked = f"{1234.5:,}".translate({ord(","): self.thousands, ord("."): self.decimal})
            return f"numbers such as {marked}{self.unit and ' '}{self.unit}"
        return EXAMPLES[self.order if self.style == "date" else self.clock or self.style]

    def agrees(self, other: Written) -> bool:
        """Whether numbers that were read from another form mean the same, if that form was clear in its own file."""
        same = self.style == other.style and (self.unit == PERCENT) == (other.unit == PERCENT)
        clocks = {self.clock, other.clock} - {""}
        same &= "two" not in clocks or len(clocks) == 1
        return same and {self.order, other.order} != {"dmy", "mdy"}

    def short_years(self, texts: pl.Series) -> NDArray[np.bool_]:
        """Which texts (n,) are dates whose year has two digits."""
        if self.style != "date":
            return np.zeros(len(texts), dtype=bool)
        short = ~texts.str.contains(LONG_YEAR).fill_null(True).to_numpy()
        short[short] = ~np.isnan(self.read(texts.filter(short)))
        return short

    def read(self, texts: pl.Series) -> Numbers:
        """The number that each text stands for (n,), NaN for a text that is none. A number may be infinite."""
        if self.style == "date":
            return _dates(texts, self.order)
        return _durations(texts, self.clock) if self.style == "duration" else _numbers(texts, self)


PLAIN = Written()
EXAMPLES = {
    "ymd": "dates such as 2024-12-31",
    "dmy": "dates such as 31/12/2024 (day, month, year)",
    "mdy": "dates such as 12/31/2024 (month, day, year)",
    **dict.fromkeys(("duration", "three", "h:mm", "mm:ss"), "durations such as 1:30:00"),
    "two": "durations such as 1:30",
}


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


def clock_of(texts: pl.Series) -> Clock | None:
    """How many parts the durations among texts have, and what two are beside three; None if that is not clear.

    Two parts are minutes and seconds if that many hours would be more than a day, and three parts have few hours:
    33:29 beside 1:02:11. They are hours and minutes if all are times of the day: 9:30 beside 9:30:15.
    """
    two, three = (_array(texts.str.extract(form, 1).drop_nulls().str.to_integer()) for form in (TWO_PARTS, THREE_PARTS))
    if not len(two) or not len(three):
        return "two" if len(two) else "three" if len(three) else ""
    if two.max() < DAY and three.max() < DAY:
        return "h:mm"
    return "mm:ss" if DAY <= two.max() < HOUR and three.max() <= FEW_HOURS else None


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
    styles = [style for style in styles if few.str.contains(LIKE[style]).any()]
    if "number" in styles:
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
    rest = np.flatnonzero(texts.is_not_null().to_numpy())  # rows that no pattern has read yet
    for pattern in (*DAYS[order], *DAYS["any"]):
        if not len(rest):
            break
        days[rest] = _moments(_groups(texts.gather(rest), pattern + TIME))
        rest = rest[np.isnan(days[rest])]
    return days


def _moments(groups: dict[str, Numbers]) -> Numbers:
    """Days since 1970 of the groups of a pattern, NaN for what is in no calendar."""
    year = groups["y"]
    if "short" in groups:
        year = np.where(np.isnan(year), FIRST_YEAR + (groups["short"] - FIRST_YEAR) % 100, year)
    month = groups["name"] if "name" in groups else groups["m"]
    day = np.where(np.isnan(groups["d"]), 1.0, groups["d"])  # 2024-12 is the first of December
    hours, minutes, seconds, zone_hours, zone_minutes = (
        np.nan_to_num(groups[name]) for name in ("H", "M", "S", "zh", "zm")
    )
    date = days_of(year, month, day)
    right = (month >= 1) & (month <= 12) & (day >= 1) & (year_and_month(date)[1] == month)
    right &= (minutes < 60) & (seconds < 61) & _on_the_clock(hours, groups["half"])
    zone = np.nan_to_num(groups["sign"]) * (3_600 * zone_hours + 60 * zone_minutes)
    moment = date + (3_600 * _hours(hours, groups["half"]) + 60 * minutes + seconds - zone) / 86_400
    return np.where(right, moment, np.nan)


def _on_the_clock(hours: Numbers, half: Numbers) -> NDArray[np.bool_]:
    """Whether hours are those of a day, or with AM or PM from 1 to 12."""
    return np.where(np.isnan(half), hours < 24, (hours >= 1) & (hours <= 12))


def _hours(hours: Numbers, half: Numbers) -> Numbers:
    """The hours of the day; `half` is 0 for AM, 12 for PM, NaN for neither."""
    return np.where(np.isnan(half), hours, hours % 12 + np.nan_to_num(half))


def _durations(texts: pl.Series, clock: Clock) -> Numbers:
    seconds = np.full(len(texts), np.nan)
    for pattern in DURATIONS:
        groups = _groups(texts, pattern)
        parts = {name: groups[name] for name in groups if name in SECONDS}
        there = ~np.isnan(list(parts.values())).all(axis=0)
        if "half" in groups:
            hours, half = parts["H"], groups["half"]
            there &= np.isnan(half) | _on_the_clock(hours, half)
            parts["H"] = _hours(hours, half)
        length = sum(unit * np.nan_to_num(parts[name]) for name, unit in SECONDS.items() if name in parts)
        if ":" in pattern:
            there &= ~(np.maximum(np.nan_to_num(parts["M"]), np.nan_to_num(parts["S"])) >= HOUR)
        if "half" in groups and clock == "mm:ss":
            length = np.where(np.isnan(parts["S"]), length / HOUR, length)
        sign = np.where(groups["sign"] == -1, -1, 1) if "sign" in groups else 1
        seconds = np.where(there, sign * length, seconds)
    return seconds


def _groups(texts: pl.Series, pattern: str) -> dict[str, Numbers]:
    """The named groups of a pattern as numbers, NaN for those that are not there.

    A sign is -1 or 1, the name of a month 1 to 12, AM 0 and PM 12.
    """
    import polars as pl

    groups = texts.str.extract_groups(f"^(?:{pattern})$").struct.unnest()
    if "sign" in groups.columns:
        groups = groups.with_columns((pl.col("sign") + "1").alias("sign"))
    for name, words in (("name", {word: place for place, word in enumerate(MONTHS, 1)}), ("half", {"a": 0, "p": 12})):
        if name in groups.columns:
            word = pl.col(name).str.to_lowercase().str.head(len(next(iter(words))))
            groups = groups.with_columns(word.replace_strict(words, default=None).alias(name))
    return {name: _array(groups[name].cast(pl.Float64, strict=False)) for name in groups.columns}


def _array(series: pl.Series) -> Numbers:
    return np.array(series.to_numpy(), dtype=np.float64)
