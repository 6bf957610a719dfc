"""A file of separated values: its columns as the texts that stand in it, none lost and none invented.

Polars divides the file into columns, fast. What it is given is checked before: every quote must stand where RFC 4180
has it, and every record have as many fields as the first one. Any other file is read record by record (dialect.py) and
handed to polars in that form, or refused with line and column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wxb.data.tables import dialect as dialects
from wxb.data.tables.content import as_utf8
from wxb.data.tables.dialect import BLANKS, COMMENT, Dialect, Malformed, Record
from wxb.data.tables.header import are_numbered, has_names, numbered, told_apart
from wxb.errors import WxbError
from wxb.text import normal, plural

if TYPE_CHECKING:
    import polars as pl

CSV_FORM = "lines of equally many values, separated by commas, semicolons, tabs or |; a value that holds one in quotes"
HEAD, HEAD_LINES, HEAD_MOST = 2**18, 8, 2**24  # bytes that tell the dialect; more if lines are long
BLOCK = 2**23  # bytes that are checked at a time
EXCEL = re.compile(rb'"?sep=([^"\r\n])"?[ \t]*(?=\r|\n|$)', re.IGNORECASE)
NEWLINE, RETURN, QUOTE = b'\n\r"'


@dataclass(frozen=True, eq=False)
class Checked:
    """A text that polars reads right."""

    data: bytes
    separator: str
    quote: str | None
    records: int  # the first one included, which may hold names
    comments: int
    skip: int  # lines before the first record
    first_lines: int  # of the first record
    passed: NDArray[np.int64]  # the numbers of records that polars counts, but that are blank lines and comments
    single: bool = False  # whether it was read without the single quotes around values


@dataclass(frozen=True, eq=False)
class Separated:
    """A text of separated values, the names of its columns, and remarks for people."""

    name: str  # of the file, for messages
    names: tuple[str, ...]
    renamed: dict[str, str]  # new name → the one that stands in the file
    numbered: bool  # whether the names are numbers, because the file has none
    first_line: str  # a remark on what the first line was taken for; "" if it was clear, or told
    separator: str
    notes: tuple[str, ...]
    text: Checked

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.text.records - (not self.numbered)

    def read(self, places: Sequence[int]) -> list[pl.Series]:
        """The columns at these positions: texts without the blanks around them, None where nothing is left."""
        import polars as pl

        if not self.rows:
            return [pl.Series(self.names[place], [], pl.String) for place in places]
        titled, passed = not self.numbered, self.text.passed
        whole = pl.read_csv(
            io.BytesIO(self.text.data),
            has_header=False,
            schema={f"column_{place}": pl.String for place in range(1, len(self.names) + 1)},
            columns=list(places),
            separator=self.text.separator,
            quote_char=self.text.quote,
            skip_lines=self.text.skip + titled * self.text.first_lines,
            infer_schema=False,
        )
        if len(whole) != self.rows + len(passed):
            expected = plural(self.rows + len(passed), "record")
            raise WxbError(f"{self.name} is read as {plural(len(whole), 'record')}, but has {expected}", "", CSV_FORM)
        kept = None
        if len(passed):
            mask = np.ones(len(whole), dtype=bool)
            mask[passed - titled] = False
            kept = pl.Series(mask)
        names = [f"column_{place + 1}" for place in places]
        whole = (whole if kept is None else whole.filter(kept)).select(pl.col(names).str.strip_chars())
        whole = whole.select(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names)
        return [whole[name] for name in names]


@dataclass(frozen=True, eq=False)
class Divided:
    """A text that is divided into records, of which none is taken for names yet."""

    name: str  # of the file, for messages
    text: Checked
    sample: Sequence[Record]  # the first ones
    separator: str
    notes: tuple[str, ...]

    @property
    def first(self) -> list[str]:
        """The fields of the first record."""
        return self.sample[0].fields

    @property
    def below(self) -> list[list[str]]:
        """The fields of some records below it."""
        return [record.fields for record in self.sample[1:]]

    def titled(
        self, header: bool | None, names: Collection[str] = (), more: Sequence[list[str]] = ()
    ) -> tuple[bool, bool]:
        """Whether the first record holds names, and whether there is no doubt; `more` are rows of other files."""
        if header is not None:
            return header, True
        if names:
            known = {normal(name) for name in names}
            return any(normal(field.strip()) in known for field in self.first) or not are_numbered(names), True
        return has_names(self.first, [*self.below, *more])

    def called(self, titled: bool, first_line: str = "") -> Separated:
        """Its columns, named by the first record if it is `titled`, and a remark on that."""
        columns, renamed = told_apart(self.first) if titled else (numbered(len(self.first)), {})
        notes = (*self.notes, *[first_line] * bool(first_line), *_renaming_notes(self.name, renamed))
        return Separated(self.name, columns, renamed, not titled, first_line, self.separator, notes, self.text)


def open_separated(
    name: str, data: bytes, suffix: str = "", header: bool | None = None, names: Collection[str] = ()
) -> Separated:
    """The columns of a text. `names` are those expected in it, as of a trained run; `header` says whether it has names.

    Raises WxbError, with line and column, if the text has no one reading: its encoding, its quotes, or records of
    different lengths.
    """
    text = divided(name, data, suffix, names)
    titled, sure = text.titled(header, names)
    return text.called(titled, first_line(name, titled, sure) if header is None and not names else "")


def divided(name: str, data: bytes, suffix: str = "", names: Collection[str] = (), separator: str = "") -> Divided:
    """The records of a text, by this separator if one is given. Raises WxbError as `open_separated` does."""
    data, notes = as_utf8(name, data)
    if excel := EXCEL.match(data):
        separator = excel[1].decode("utf-8", "replace")
        data = data[excel.end() :]
        if len(separator) != 1 or not separator.isascii():
            raise _refusal(name, f"line 1: its separator {separator} is no single character")
        # its line stays, empty, so that the others keep their numbers
    if not data.strip():
        raise _refusal(name, "it is empty")
    head, whole = _head(data)
    tabs = suffix in (".tsv", ".tab") and "\t" in next((line for line in head.splitlines() if line.strip()), "")
    separator = separator or ("\t" if tabs else dialects.separator_of(head, whole, names))
    fast = _fast(data, head, whole, separator)
    try:
        text, sample = fast or _slow(data, separator)
    except Malformed as problem:
        fix = f"if line {problem.title} is a title, delete it or begin it with {COMMENT}" if problem.title else CSV_FORM
        raise _refusal(name, str(problem), fix) from problem
    if text.single:
        notes = (*notes, f"values of {name} in single quotes are read without them")
    if text.comments:
        notes = (*notes, f"{plural(text.comments, 'comment')} of {name} passed over, after {COMMENT}")
    return Divided(name, text, sample, separator, notes)


def _refusal(name: str, why: str, fix: str = CSV_FORM) -> WxbError:
    return WxbError(f"{name} cannot be read as CSV", why, fix)


def _head(data: bytes) -> tuple[str, bool]:
    """The beginning of a text, up to the end of a line, and whether that is all of it."""
    ends = [match.end() for match in islice(re.finditer(rb"\r\n|\n|\r", data[:HEAD_MOST]), HEAD_LINES)]
    end = max(HEAD, ends[-1] if len(ends) == HEAD_LINES else HEAD_MOST)
    if end >= len(data):
        return data.decode(), True
    cut = max(data.rfind(b"\n", 0, end), data.rfind(b"\r", 0, end)) + 1
    return data[: cut or end].decode("utf-8", "ignore"), False


# --- the names --------------------------------------------------------------------------------------------------------


def first_line(name: str, titled: bool, sure: bool) -> str:
    """The remark on what the first line of a file is taken for; "" if it holds names without doubt."""
    if not titled:
        return (
            f"the first line of {name} holds values like the lines below: it is taken as data, and the columns are "
            "called column 1, column 2, …; `header=True` takes it as their names"
        )
    doubt = f"the first line of {name} is taken as the columns' names, but could be data"
    return "" if sure else f"{doubt}; `header=False` takes it as data"


def _renaming_notes(name: str, renamed: dict[str, str]) -> tuple[str, ...]:
    shown = [f"{old} stands again in the first line of {name} and is called {new}" for new, old in renamed.items()]
    return tuple(shown[:3]) + ((f"{len(shown) - 3} more columns share a name",) if len(shown) > 3 else ())


# --- fast: checked, and left to polars --------------------------------------------------------------------------------


def _fast(data: bytes, head: str, whole: bool, separator: str) -> tuple[Checked, list[Record]] | None:
    """A text that polars reads right as it is, its first records, and the numbers of those that are no rows.

    None for a text that is to be read record by record.
    """
    quotes = b'"' in data
    if not quotes and re.search(rb"(?:^|[\r\n" + re.escape(separator.encode()) + rb"])[ \t]*'", data):
        return None
    if separator == BLANKS:
        if quotes:
            return None
        separator = "\t"
        data = re.sub(rb"(?m)^\t|\t$|\t(?=\r$)", b"", re.sub(rb"[ \t]+", b"\t", data))
        head, whole = _head(data)
    if data.count(b"\r") != data.count(b"\r\n"):
        if quotes:
            return None
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        head, whole = _head(data)
    dialect = Dialect(separator, quote='"' if quotes else "")
    sample = dialects.sample_of(head, whole, dialect)
    first = dialects.first_of(head, sample)
    if first is None:
        return None
    least, width = dialects.bounds(first.fields)
    before = sample
    sample = [dialects.of_width(one, width) for one in sample if dialects.fits(one.fields, least, width)]
    if not sample:
        return None
    begin = len(head[: sample[0].start].encode())
    checked = _checked(data, begin, dialect, (least, width), sample)
    if checked is None:
        return None
    records, comments, passed = checked
    lines = head[sample[0].start : sample[0].stop].count("\n") + 1
    skip = data.count(b"\n", 0, begin)
    comments += len([one for one in before if one.start < sample[0].start])
    text = Checked(data, separator, '"' if quotes else None, records, comments, skip, lines, passed)
    return text, sample


def _checked(
    data: bytes, begin: int, dialect: Dialect, bounds: tuple[int, int], sample: Sequence[Record]
) -> tuple[int, int, NDArray[np.int64]] | None:
    """The number of records from `begin` on, of comments, and the records that are no rows; None if one is odd.

    A quote is odd unless it opens a field, closes one, or is one of two inside. A record is odd if its length is.
    """
    least, width = bounds
    text = np.frombuffer(data, np.uint8)
    quoting, separator = bool(dialect.quote), ord(dialect.separator)
    kinds = dialects.kinds_below(sample, width) if quoting else []
    quotes = records = commas = comments = 0
    passed: list[int] = []
    blank: list[int] = []
    start = begin
    for low in range(begin, len(text) + 1, BLOCK):
        block = text[low : low + BLOCK]
        ends, between = np.flatnonzero(block == NEWLINE) + low, np.flatnonzero(block == separator) + low
        if low + BLOCK > len(text) and len(text) and text[-1] != NEWLINE:
            ends = np.append(ends, len(text))
        inside = np.zeros(0, np.int64)  # line ends in quotes
        if quoting:
            marks = np.flatnonzero(block == QUOTE) + low
            if not _in_place(text, marks, quotes, separator):
                return None
            within = (np.searchsorted(marks, ends) + quotes) % 2 == 1
            inside, ends = ends[within], ends[~within]
            between = between[(np.searchsorted(marks, between) + quotes) % 2 == 0]
            quotes += len(marks)
        starts = np.concatenate(([start], ends[:-1] + 1)) if len(ends) else ends
        before = np.searchsorted(between, ends)
        lengths = np.diff(before, prepend=0)
        if len(ends):
            lengths[0] += commas
            commas, start = len(between) - int(before[-1]), int(ends[-1]) + 1
        else:
            commas += len(between)
        odd = lengths != width - 1
        # polars refuses records that are longer, even by empty fields, and a first row that is shorter
        if (lengths >= width).any() or odd[: max(2 - records, 0)].any():
            return None
        if width == 1:
            odd |= np.isin(text[np.minimum(starts, len(text) - 1)], list(b" \t\r\n")) | (starts == ends)
        spans = np.searchsorted(inside, ends) != np.searchsorted(inside, starts)
        for place in np.flatnonzero(odd | spans):
            line = data[starts[place] : ends[place]].decode()
            if spans[place] and dialects.swallows(line, dialect, kinds):
                return None
            if odd[place] and not line.strip(" \r" if dialect.separator == "\t" else " \t\r"):
                (blank if width == 1 else passed).append(records + int(place))
            elif odd[place] and not dialects.fits(next(dialect.records(line)).fields, least, width):
                if not line.startswith(COMMENT):
                    return None
                passed.append(records + int(place))
                comments += 1
        records += len(ends)
    if quotes % 2:
        return None
    # of a single column, a blank line is a row without a value, unless nothing follows
    last = records - 1
    passed_over = {*passed, *blank}
    while last in passed_over:
        last -= 1
    passed = sorted([*passed, *(one for one in blank if one > last)])
    return records - len(passed), comments, np.array(passed, np.int64)


def _in_place(text: NDArray[np.uint8], marks: NDArray[np.int64], before: int, separator: int) -> bool:
    """Whether all quotes stand where RFC 4180 has them; `before` is the number of those before `marks`."""
    closing = (np.arange(len(marks)) + before) % 2 == 1
    opens, closes = marks[~closing], marks[closing]
    left = text[opens[opens > 0] - 1]
    right = text[closes[closes + 1 < len(text)] + 1]
    return bool(
        np.isin(left, [separator, NEWLINE, QUOTE]).all() and np.isin(right, [separator, NEWLINE, RETURN, QUOTE]).all()
    )


# --- slow: read here, and written for polars --------------------------------------------------------------------------


def _slow(data: bytes, separator: str) -> tuple[Checked, list[Record]]:
    """The records of a text in the first dialect that fits all of it, in the form of RFC 4180; the first of them.

    Raises Malformed by the dialect of RFC 4180 if none does.
    """
    text = data.decode()
    refused: Malformed | None = None
    for dialect in dialects.dialects(separator, text):
        try:
            records, comments = dialects.read(text, dialect)
        except Malformed as problem:
            refused = problem if refused is None or dialect == Dialect(separator) else refused
            continue
        if dialect.quote == "'":
            _refuse_two_readings(text, separator, records[0])
        written = io.StringIO(newline="")
        csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(one.fields for one in records)
        lines = sum(field.count("\n") for field in records[0].fields) + 1
        single = dialect.quote == "'" and text.count("'") > sum(one.count("'") for row in records for one in row.fields)
        data = written.getvalue().encode()
        return Checked(data, ",", '"', len(records), comments, 0, lines, np.zeros(0, np.int64), single), records
    assert refused is not None  # the dialects are several
    raise refused


def _refuse_two_readings(text: str, separator: str, first: Record) -> None:
    """Raise Malformed if the apostrophes of a text can be quotes around values, or parts of more values."""
    try:
        others, _ = dialects.read(text, Dialect(separator, quote=""))
    except Malformed:
        return
    if len(others[0].fields) != len(first.fields):
        raise Malformed(first.line, 1, "an apostrophe could be a part of a value, or a quote around several")
