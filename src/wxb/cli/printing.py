"""Printing: results to standard output, everything else to standard error.

Nothing here draws with more than the standard library, so that the quick commands stay quick.
"""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import IO, TYPE_CHECKING

from wxb import progress
from wxb.errors import WxbError
from wxb.settings.spelling import as_options, spelled
from wxb.text import OWN_ESCAPE, csv_text, one_line, utf8

if TYPE_CHECKING:
    import msgspec

LABEL, ERASE = progress.LABEL, progress.ERASE
remark, columns = progress.remark, progress.columns
RED, BOLD, PLAIN = f"{OWN_ESCAPE}[31m", f"{OWN_ESCAPE}[1m", f"{OWN_ESCAPE}[0m"


class OutputLost(Exception):
    """Standard output cannot be written: its reader has gone or its disk is full; the cause says which."""


def result(text: str = "", end: str = "\n") -> None:
    """Print one or more lines of the result. Raises OutputLost."""
    try:
        sys.stdout.write(progress.safe(text + end))
    except OSError as problem:
        raise OutputLost from problem


def flush() -> None:
    """Flush standard output. Raises OutputLost."""
    try:
        sys.stdout.flush()
    except OSError as problem:
        raise OutputLost from problem


def result_json(answer: msgspec.Struct) -> None:
    """Print the one JSON object of `--json`, in one line."""
    result(as_json(answer))


def as_json(answer: object) -> str:
    """One JSON value; bytes of names that are not UTF-8 are "\\xff" in it, as people see them."""
    import msgspec  # here, so that `wxb --help` does without

    # ASCII, whatever the terminal's encoding; NaN is no JSON, and a result that holds one is a bug of ours
    plain = msgspec.to_builtins(answer)
    text = json.dumps(plain, allow_nan=False)
    return json.dumps(_of_utf8(plain), allow_nan=False) if "\\udc" in text else text


def _of_utf8(value: object) -> object:
    """A value of JSON whose texts can be written as UTF-8."""
    if isinstance(value, dict):
        return {utf8(str(key)): _of_utf8(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_of_utf8(one) for one in value]
    return utf8(value) if isinstance(value, str) else value


def result_csv(rows: Iterable[Sequence[object]]) -> None:
    """Print rows as CSV, the header first."""
    result(csv_text(rows).removesuffix("\n"))


def error(problem: WxbError) -> None:
    """`error: …` with its place and the way out, on standard error; settings are spelled as options."""
    remark(f"{coloured('error:', RED + BOLD, sys.stderr)} {spelled(problem)}")


def has_colours(stream: IO[str]) -> bool:
    """Return whether the stream is a terminal with colours, and NO_COLOR does not forbid them."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def has_true_colours(stream: IO[str]) -> bool:
    """Return whether the terminal also claims 24-bit colours."""
    return has_colours(stream) and os.environ.get("COLORTERM") in ("truecolor", "24bit")


def coloured(text: str, colour: str, stream: IO[str]) -> str:
    """Colour a text if the stream has colours."""
    return f"{colour}{text}{PLAIN}" if has_colours(stream) else text


def labelled(label: str, text: str, width: int | None = None) -> str:
    """Format a line with its label in the left column, wrapped at `width` under the text; settings are options."""
    lines = as_options(text).splitlines() or [""]
    if width is not None:
        room = max(width - LABEL, 20)
        wrapped = (textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) for line in lines)
        lines = [part for parts in wrapped for part in (parts or [""])]
    return "\n".join(f"{name:<{LABEL}}{line}".rstrip() for name, line in zip_longest([label], lines, fillvalue=""))


def short(text: str, width: int | None) -> str:
    """Shorten a text to `width` by leaving out its middle."""
    if width is None or len(text) <= width:
        return text
    kept = max(width - 1, 2)
    return text[: kept - kept // 2] + "…" + text[len(text) - kept // 2 :]


def table(
    rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), width: int | None = None, gives_way: int = 0
) -> str:
    """Format rows as columns three spaces apart, those in `numbers` (0-based) right-aligned; the first is the header.

    If they need more than `width`, the longest cells of column `gives_way` are shortened in the middle.
    """
    filled = [[one_line(cell) for cell in row] for row in rows]
    sizes = widths(filled, width, gives_way)
    for row in filled:
        row[gives_way] = short(row[gives_way], sizes[gives_way])
    return lines(filled, sizes, numbers)


def widths(rows: Sequence[Sequence[str]], width: int | None = None, gives_way: int = 0) -> list[int]:
    """Return the widths of a table's columns."""
    sizes = [max(len(one_line(cell)) for cell in column) for column in zip(*rows, strict=True)]
    if width is not None and (over := sum(sizes) + 3 * (len(sizes) - 1) - width) > 0:
        sizes[gives_way] = max(sizes[gives_way] - over, 12)
    return sizes


def lines(rows: Iterable[Sequence[str]], sizes: Sequence[int], numbers: Sequence[int] = ()) -> str:
    """Format rows in columns of these widths; a longer cell shifts the rest of its line."""
    texts = []
    for row in rows:
        sized = enumerate(zip(map(one_line, row), sizes, strict=True))
        cells = (cell.rjust(size) if place in numbers else cell.ljust(size) for place, (cell, size) in sized)
        texts.append("   ".join(cells).rstrip())
    return "\n".join(texts)
