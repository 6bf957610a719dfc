"""The dialects of separated values: how a text is divided into records and fields, and which dialect it is in.

The reader here is exact and slow. It reads the head of every file, to tell its dialect, and the whole of files whose
quoting is not that of RFC 4180.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from wxb.data.tables.header import FREE, VALUE, VALUES, Kind, kinds_of

SEPARATORS = (",", ";", "\t", "|")
BLANKS = " "  # as a separator: any number of blanks and tabs
UNQUOTED = ("\t", "|")  # separate values that often have no quotes around them, whatever they hold
COMMENT = "#"
LINE_END = re.compile(r"\r\n|\n|\r")
DECIMAL_COMMA = re.compile(r"\s*[+-]?\d*,\d+\s*")
MOST_RECORDS = 1_000  # that tell the dialect


class Malformed(Exception):
    """A place in a text that does not fit its dialect; line and column count from 1."""

    def __init__(self, line: int, column: int, why: str, unclosed: bool = False) -> None:
        super().__init__(f"line {line:,}, column {column:,}: {why}")
        self.title = 0  # the line that could be one above the names, 0 for none
        self.unclosed = unclosed  # a quote that is not closed before the end


@dataclass(frozen=True)
class Record:
    """The fields of a record, and where it stands: the number of its first line and its place in the text."""

    fields: list[str]
    line: int
    start: int
    stop: int  # before its line end


@dataclass(frozen=True)
class Dialect:
    """How fields are separated, quoted (with `quote`, doubled inside), and escaped."""

    separator: str  # one character; BLANKS for any number of blanks and tabs
    quote: str = '"'  # "" if there are no quotes
    escape: str = ""  # "\\" if a backslash takes the meaning from a quote, a separator, a line end or a backslash

    strict: bool = False  # whether quotes stand only around values, not in one that has none around it

    @cached_property
    def between(self) -> re.Pattern[str]:
        """What stands between two fields."""
        return re.compile(r"[ \t]+" if self.separator == BLANKS else re.escape(self.separator))

    @cached_property
    def quoted(self) -> re.Pattern[str]:
        """A field in quotes, `body` between them, with the blanks around it; something else may follow."""
        blank = {BLANKS: "", "\t": " *"}.get(self.separator, "[ \t]*")
        q, e = self.quote, re.escape(self.escape)
        inside = f"[^{q}{e}]*+(?:(?:{e}.|{q}{q})[^{q}{e}]*+)*+" if e else f"[^{q}]*+(?:{q}{q}[^{q}]*+)*+"
        return re.compile(f"{blank}{q}(?P<body>{inside}){q}{blank}", re.DOTALL)

    @cached_property
    def plain(self) -> re.Pattern[str]:
        """A field without quotes around it."""
        ends = (" \t" if self.separator == BLANKS else self.separator) + "\r\n"
        if not self.escape:
            return re.compile(f"[^{ends}]*+")
        return re.compile(f"(?:[^{ends}\\\\]|\\\\(?:\r\n|.|\\Z))*+", re.DOTALL)

    @cached_property
    def escaped(self) -> re.Pattern[str]:
        """What an escape takes the meaning from."""
        return re.compile(rf"\\(\r\n|[\r\n\\{self.quote}{'' if self.separator == BLANKS else self.separator}])")

    def bare(self, text: str) -> str:
        """A field without its escapes."""
        return self.escaped.sub(r"\1", text) if self.escape else text

    def records(self, text: str) -> Iterator[Record]:
        """The records of a text. Raises Malformed at a quote that is not closed, or not followed by a separator."""
        marks = self.quote + self.escape
        start, line = 0, 1
        while start < len(text):
            end = LINE_END.search(text, start)
            stop, following = end.span() if end else (len(text), len(text))
            lines = 1
            whole = text[start:stop]
            if not any(mark in whole for mark in marks):
                fields = whole.split() if self.separator == BLANKS else whole.split(self.separator)
            else:
                try:
                    fields, stop = self._fields(text, start, line)
                    following = end.end() if (end := LINE_END.match(text, stop)) else len(text)
                    lines = max(len(LINE_END.findall(text, start, following)), 1)
                except Malformed:
                    # in doubt about backslashes, a line that looks like a comment may be the rest of a value in quotes
                    if self.strict or not whole.startswith(COMMENT):
                        raise
                    fields = []
            yield Record(fields, line, start, stop)
            start, line = following, line + lines

    def _fields(self, text: str, start: int, line: int) -> tuple[list[str], int]:
        """The fields of the record that begins at `start`, and the place where it ends."""
        fields = []
        place = start
        if self.separator == BLANKS:
            while text[place] in " \t":
                place += 1
        while True:
            field: re.Match[str] | None
            if self.quote and (field := self.quoted.match(text, place)):
                if not self._ends(text, field.end()):
                    why = f"more text follows a closing quote ({self.quote})"
                    raise _malformed(text, field.start() + len(field[0].rstrip()), why)
                body = field["body"]
                fields.append(self.bare(body.replace(self.quote * 2, self.quote)))
            else:
                field = self.plain.match(text, place)
                assert field is not None  # it may be empty
                if self.quote and field[0].lstrip(" \t").startswith(self.quote):
                    why = f"a quote ({self.quote}) that is never closed"
                    raise _malformed(text, text.index(self.quote, place), why, unclosed=True)
                if self.strict and self.quote in field[0]:
                    raise _malformed(text, text.index(self.quote, place), "a quote inside a value")
                fields.append(self.bare(field[0]))
            place = field.end()
            gap = self.between.match(text, place)
            if gap is None or (self.separator == BLANKS and LINE_END.match(text, gap.end())):
                return fields, place if gap is None else gap.end()
            place = gap.end()
            if self.separator == BLANKS and place == len(text):
                return fields, place

    def _ends(self, text: str, place: int) -> bool:
        return place == len(text) or text[place] in "\r\n" or self.between.match(text, place) is not None


def is_blank(text: str, record: Record, separator: str) -> bool:
    """Whether a record is an empty line, or one of blanks."""
    line = text[record.start : record.stop]
    return not line.strip(" " if separator == "\t" else " \t")


def fits(fields: Sequence[str], least: int, width: int) -> bool:
    """Whether a record has as many fields as the first one; empty fields at its end may be more or fewer."""
    return least <= len(fields) and not any(field.strip() for field in fields[width:])


def of_width(record: Record, width: int) -> Record:
    """The record with so many fields: empty ones are added to its end, or taken from it."""
    return replace(record, fields=[*record.fields, *[""] * (width - len(record.fields))][:width])


def bounds(first: Sequence[str]) -> tuple[int, int]:
    """How many fields a record must have and may have: all of the first, or those before its empty end."""
    filled = max((place for place, field in enumerate(first, 1) if field.strip()), default=len(first))
    return filled, len(first)


def misfit(text: str, record: Record, first: Record, dialect: Dialect) -> Malformed:
    """The error for a record that has more or fewer fields than the first one."""
    many, width = len(record.fields), len(first.fields)
    values = "1 value" if many == 1 else f"{many:,} values"
    why = f"{values}, but line {first.line} has {width:,}"
    place = record.stop
    if many > width:  # it stands where the first field too many begins
        place = record.start
        for _ in range(width):
            quoted = dialect.quoted.match(text, place) if dialect.quote else None
            field = quoted or dialect.plain.match(text, place)
            assert field is not None
            gap = dialect.between.match(text, field.end())
            place = gap.end() if gap else field.end()
    problem = _malformed(text, place, why)
    problem.title = first.line if width == 1 < many else 0
    return problem


def read(text: str, dialect: Dialect) -> tuple[list[Record], int]:
    """All records of a text that hold values, the first one included, and the number of comments passed over.

    Each record has as many fields as the first. Blank lines are passed over, but not those of a single column with rows
    below, and so are comments: lines that begin
    with # and have not as many fields as the others. Raises Malformed for any other record of another length, and where
    the text has another reading: a value in quotes seems to hold whole records, or quotes seem to be quotes after all.
    """
    every = list(dialect.records(text))
    kept = [record for record in every if not is_blank(text, record, dialect.separator)]
    first = first_of(text, kept)
    if first is None:
        raise Malformed(1, 1, "nothing but blank lines")
    least, width = bounds(first.fields)
    if width == 1:  # a blank line between others is a row without a value
        kept = [record for record in every if first.start <= record.start <= kept[-1].start]
    rows = []
    for record in kept:
        if fits(record.fields, least, width):
            rows.append(of_width(record, width))
        elif not text.startswith(COMMENT, record.start):
            raise misfit(text, record, first, dialect)
    several = [record for record in rows if LINE_END.search(text, record.start, record.stop)]
    if several and (dialect.quote == "'" or not dialect.quote):
        raise _malformed(text, several[0].start, "a value of several lines without quotes around it")
    kinds = kinds_below(rows[:MOST_RECORDS], width) if several else []
    for record in several:
        if swallows(text[record.start : record.stop], dialect, kinds):
            lines = len(LINE_END.findall(text, record.start, record.stop)) + 1
            raise Malformed(record.line, 1, f"a quote makes one row of {lines:,} lines, each of which looks like a row")
    if not dialect.quote and '"' in text:
        _refuse_quoted(text, rows, dialect)
    return rows, len(kept) - len(rows)


def kinds_below(records: Sequence[Record], width: int) -> list[Kind]:
    """What each column holds below its first record, by the records whose values have a single line."""
    rows = [one.fields for one in records[1:] if not any("\n" in field or "\r" in field for field in one.fields)]
    return kinds_of(rows, width)


def swallows(record: str, dialect: Dialect, kinds: Sequence[Kind]) -> bool:
    """Whether each line of a record is itself like a record, by what the columns hold: two stray quotes join them."""
    if all(kind == FREE for kind in kinds):
        return False
    return all(_is_like(dialect.between.split(line), kinds) for line in LINE_END.split(record.rstrip("\r")))


def _is_like(fields: Sequence[str], kinds: Sequence[Kind]) -> bool:
    if len(fields) != len(kinds):
        return False
    for field, kind in zip((one.strip().strip('"') for one in fields), kinds, strict=True):
        if field and kind != FREE and not (VALUE.fullmatch(field) if kind == VALUES else field in kind):
            return False
    return True


def _refuse_quoted(text: str, rows: Sequence[Record], dialect: Dialect) -> None:
    """Raise Malformed if some fields have quotes around them, while others have a quote that is part of the text."""
    as_quoted = Dialect(dialect.separator)
    for record in rows:
        line = text[record.start : record.stop]
        place = 0
        while (place := line.find('"', place)) >= 0:
            begins = place == 0 or as_quoted.between.fullmatch(line[place - 1])
            field = as_quoted.quoted.match(line, place) if begins else None
            if field and as_quoted._ends(line, field.end()):
                raise _malformed(text, record.start + place, 'quotes (") that surround some values and not others')
            place += 1


def first_of(text: str, records: Sequence[Record]) -> Record | None:
    """The record whose length is that of all: the first that does not begin with #, or the first of only such."""
    return next((one for one in records if not text.startswith(COMMENT, one.start)), None) or next(iter(records), None)


def dialects(separator: str, text: str) -> Iterator[Dialect]:
    """The dialects that a text with this separator may be in, in the order in which they are tried."""
    if "'" in text and '"' not in text:
        yield Dialect(separator, quote="'")
    if '\\"' in text:
        yield Dialect(separator, strict=True)
        yield Dialect(separator, escape="\\")
    yield Dialect(separator)
    if "\\" in text:
        yield Dialect(separator, escape="\\")
    if separator in UNQUOTED:
        yield Dialect(separator, quote="")


def separator_of(head: str, whole: bool, names: Collection[str] = ()) -> str:
    """The separator of a text, told by its head; `whole` says that nothing follows, `names` are names expected in it.

    It divides all records into equally many fields. Of several it is the one by which the first line has most of the
    names, then the one of which it has most; a comma that stands only in numbers is none. If no separator does, the
    first line decides, and reading tells what is wrong.
    """
    fitting: dict[str, list[Record]] = {}
    for dialect in dialects(UNQUOTED[0], head):
        tried = [one for one in SEPARATORS if dialect.quote or one in UNQUOTED]
        samples = {one: _sample(head, whole, replace(dialect, separator=one)) for one in tried}
        fitting = {separator: sample for separator, sample in samples.items() if sample}
        if fitting:
            break
    if "," in fitting and len(fitting) > 1:
        others = [one for separator, sample in fitting.items() if separator != "," for one in sample]
        if all(DECIMAL_COMMA.fullmatch(field) for one in others for field in one.fields if "," in field):
            del fitting[","]
    lines = (line for line in head.splitlines() if line.strip() and not line.startswith(COMMENT))
    line = re.sub(r'"[^"]*"', "", next(lines, ""))
    known = set(names)
    if not fitting and line.strip() not in known and any(_sample(head, whole, one) for one in dialects(BLANKS, head)):
        return BLANKS
    if not fitting:
        return max(SEPARATORS, key=line.count)
    shared = {one: len(known & {field.strip() for field in sample[0].fields}) for one, sample in fitting.items()}
    return max(fitting, key=lambda separator: (shared[separator], line.count(separator)))


def _sample(head: str, whole: bool, dialect: Dialect) -> list[Record]:
    """The first records of a text if the dialect divides them into equally many fields, at least two; else []."""
    sample = sample_of(head, whole, dialect)
    first = first_of(head, sample)
    if first is None or len(first.fields) < 2:
        return []
    least, width = bounds(first.fields)
    fitting = all(fits(one.fields, least, width) or head.startswith(COMMENT, one.start) for one in sample)
    return sample if fitting else []


def sample_of(head: str, whole: bool, dialect: Dialect) -> list[Record]:
    """The first records of a text by its head, without a last one that is cut off in quotes; [] if it is malformed."""
    found: list[Record] = []
    try:
        for record in dialect.records(head):
            if not is_blank(head, record, dialect.separator):
                found.append(record)
            if len(found) == MOST_RECORDS:
                return found
    except Malformed as problem:
        return found if problem.unclosed and not whole else []
    return found


def _malformed(text: str, place: int, why: str, unclosed: bool = False) -> Malformed:
    before = LINE_END.split(text[:place])
    return Malformed(len(before), len(before[-1]) + 1, why, unclosed)
