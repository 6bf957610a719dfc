"""Numbers and names written for people."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

# what moves the cursor, colours, turns the order of letters around or shows nothing; not the tab and the end of a line
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
_BYTE = re.compile("[\udc80-\udcff]")  # of a file's name that is not UTF-8, as Python holds it
_UNSEEN = re.compile("[\xad\u200b-\u200f\u2060\ufeff]")  # characters without a width
_PLAIN_NUMBER = re.compile(r"(-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?)(?:\.0+)?", re.ASCII)
LONGEST = 200  # characters of a name, or of what is said of it, in a list
DIGITS = 15  # of a number that float64 always holds
OWN_ESCAPE = "\U000f001b"  # stands for the escape character in the codes that wxb itself writes to a terminal
NOT_TESTED = "not tested"  # a network, because its data have no test part


def visible(text: str) -> str:
    """Return a text with its control characters as escapes ("\\x1b"), so that a name cannot act on a terminal."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode(), utf8(text))


def utf8(text: str) -> str:
    r"""Return a text with the bytes that are not UTF-8, as names of files may have them, as "\xff"."""
    return text if text.isascii() else _BYTE.sub(lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", text)


def one_line(text: str) -> str:
    """Return a text with its control characters, tabs and ends of lines as escapes."""
    return visible(text).replace("\n", "\\n").replace("\t", "\\t")


def number_name(text: str) -> str | None:
    """The name of a class of numbers, "1.0" as "1"; None for a text that such a name would not tell from others."""
    match = _PLAIN_NUMBER.fullmatch(text)
    return match[1] if match and match[1] != "-0" and sum(one.isdigit() for one in match[1]) <= DIGITS else None


def known_as(names: Sequence[str], known: Collection[str]) -> list[str]:
    """Names, each under that of `known` which is the same written otherwise, if there is just one.

    Unicode may compose the letters in another way and add what shows nothing, and a number may have other decimals:
    "1.0" is "1".
    """
    found = list(names)
    for key in (_composed, _plain):
        alike: dict[str, list[str]] = {}
        for name in known:
            alike.setdefault(key(name), []).append(name)
        same = [[] if name in known else alike.get(key(name), []) for name in found]
        found = [ones[0] if len(ones) == 1 else name for name, ones in zip(found, same, strict=True)]
    return found


def composed_as(names: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Names under those of `known`, as in `known_as`; if two names would become one, all stay as they are."""
    as_known = known_as(names, known)
    return tuple(as_known if len(set(as_known)) == len(set(names)) else names)


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def normal(name: str) -> str:
    """A name as it looks: its letters composed, without characters that show nothing, and with one kind of blank."""
    return name if name.isascii() else " ".join(_UNSEEN.sub("", _composed(name)).split())


def _plain(name: str) -> str:
    seen = normal(name)
    return number_name(seen) or seen


def percent(fraction: float) -> str:
    """0.98886 -> "98.9 %"."""
    return f"{100 * fraction:.1f} %"


def percent_interval(interval: tuple[float, float]) -> str:
    """(0.975, 0.995) -> "[97.5, 99.5]"."""
    return f"[{100 * interval[0]:.1f}, {100 * interval[1]:.1f}]"


def count(number: int) -> str:
    """61706 -> "61,706"."""
    return f"{number:,}"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """1, "picture" -> "1 picture"; 1204 -> "1,204 pictures"; `nouns` if the plural is not the noun with an s."""
    return f"{count(number)} {noun if number == 1 else nouns or noun + 's'}"


def shortened(text: str, most: int = 80) -> str:
    """The beginning of a text that a message quotes: at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def first_of(names: Iterable[str], most: int = 10, between: str = ", ", of: int | None = None) -> str:
    """The first names of a list, and how many more there are: "a, b and 3 more"; very long ones are shortened.

    `of` is how many there are, if the list does not hold all.
    """
    listed = list(names)
    shown = [shortened(name, LONGEST) for name in listed[:most]]
    more = (len(listed) if of is None else of) - len(shown)
    return between.join(shown) + (f"{between.replace(',', '')}and {count(more)} more" if more else "")


def natural(text: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sort key that puts img2 before img10; case and leading zeros matter only between otherwise equal texts."""
    key = []
    for piece in re.findall(r"[0-9]+|[^0-9]+", text.casefold()):
        number = piece.lstrip("0")
        # of two whole numbers the one with fewer digits is less, however many there are
        key.append((0, len(number), number) if piece[0] in "0123456789" else (1, 0, piece))
    return key, text


def rounded(value: float, digits: int = 4) -> str:
    """To so many significant digits, without a power of ten below a billion: 34321.7 -> "34,320", 0.1 -> "0.1"."""
    short = f"{value:.{digits}g}"
    return f"{float(short):,.0f}" if "e+" in short and abs(value) < 1e9 else short


def large(number: float) -> str:
    """Short for large counts: 416520 -> "0.4 M", 4.09e9 -> "4.1 G", 9300 -> "9.3 k", 850 -> "850"."""
    for limit, unit in ((1e9, "G"), (1e5, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / (1e6 if unit == 'M' else limit):.1f} {unit}"
    return f"{number:.0f}"


def byte_size(size: int) -> str:
    """A number of bytes: "2.9 GiB"."""
    for unit, power in (("TiB", 40), ("GiB", 30), ("MiB", 20)):
        if size >= 2**power:
            return f"{size / 2**power:,.1f} {unit}"
    return f"{size / 2**10:.1f} KiB"


def duration(seconds: float) -> str:
    """Seconds as people say them: "0.4 s", "12 s", "3 min 5 s", "2 h 4 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def shape(sizes: tuple[int, ...]) -> str:
    """(3, 32, 32) -> "3x32x32"."""
    return "x".join(str(size) for size in sizes)


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV (RFC 4180, except for plain line ends); None is an empty cell.

    A text that a spreadsheet would compute as a formula begins with an apostrophe, which is how it is told not to.
    """
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([_no_formula(cell) for cell in row] for row in rows)
    return written.getvalue()


def _no_formula(cell: object) -> object:
    if not isinstance(cell, str) or not cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell
