"""What is printed, and where: results on standard output, everything else on standard error.

Nothing here draws with more than the standard library, so that the quick commands stay quick.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import IO

import msgspec

from wxb.cli.spelling import spelled
from wxb.errors import WxbError

LABEL = 10  # columns of the left column that says what a line is about
RED, BOLD, PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[0m"


class OutputLost(Exception):
    """Standard output cannot be written: its reader has gone, or its disk is full. The cause says which."""


def result(text: str = "", end: str = "\n") -> None:
    """One line, or several, of what was asked for. Raises OutputLost."""
    try:
        sys.stdout.write(text + end)
    except OSError as problem:
        raise OutputLost from problem


def flush() -> None:
    """What was written is on its way. Raises OutputLost."""
    try:
        sys.stdout.flush()
    except OSError as problem:
        raise OutputLost from problem


def result_json(answer: msgspec.Struct) -> None:
    """Print the one JSON object of `--json`, in one line."""
    # ASCII, whatever the terminal's encoding; NaN is no JSON, and a result that holds one is a bug of ours
    result(json.dumps(msgspec.to_builtins(answer), allow_nan=False))


def result_csv(rows: Iterable[Sequence[object]]) -> None:
    """Rows as CSV (RFC 4180, but for plain line ends), the first of them the head; None is an empty cell."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    result(lines.getvalue().removesuffix("\n"))


def remark(text: str = "", end: str = "\n") -> None:
    """Progress, warnings and errors. Nobody has to read them: where standard error is closed they are lost."""
    try:
        sys.stderr.write(text + end)
        sys.stderr.flush()
    except OSError:
        # the stream would fail again when Python closes it
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def error(problem: WxbError) -> None:
    """`error: …` with its place and the way out, on standard error; settings are spelled as options."""
    remark(f"{coloured('error:', RED + BOLD, sys.stderr)} {spelled(problem)}")


def has_colours(stream: IO[str]) -> bool:
    """Whether the stream is a terminal that has colours, and NO_COLOR does not forbid them."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def has_true_colours(stream: IO[str]) -> bool:
    """Whether it also says that it has colours of 24 bits."""
    return has_colours(stream) and os.environ.get("COLORTERM") in ("truecolor", "24bit")


def coloured(text: str, colour: str, stream: IO[str]) -> str:
    """The text in a colour where the stream has colours."""
    return f"{colour}{text}{PLAIN}" if has_colours(stream) else text


def columns(stream: IO[str]) -> int | None:
    """Width of the terminal; None where the stream is none, and a line may be as long as it likes."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def labelled(label: str, text: str, width: int | None = None) -> str:
    """A line with its label in the left column; what does not fit `width` goes on below, under the text."""
    lines = text.splitlines() or [""]
    if width is not None:
        room = max(width - LABEL, 20)
        wrapped = (textwrap.wrap(line, room, break_long_words=False, break_on_hyphens=False) for line in lines)
        lines = [part for parts in wrapped for part in (parts or [""])]
    return "\n".join(f"{name:<{LABEL}}{line}".rstrip() for name, line in zip_longest([label], lines, fillvalue=""))


def short(text: str, width: int | None) -> str:
    """The text, its middle left out where it is longer than `width`."""
    if width is None or len(text) <= width:
        return text
    kept = max(width - 1, 2)
    return text[: kept - kept // 2] + "…" + text[len(text) - kept // 2 :]


def table(
    rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), width: int | None = None, gives_way: int = 0
) -> str:
    """Rows in columns three blanks apart, the columns `numbers` (0-based) to the right; the first row is the head.

    Where they need more than `width`, column `gives_way` has the middle of its longest cells left out.
    """
    filled = [list(row) for row in rows]
    sizes = widths(filled, width, gives_way)
    for row in filled:
        row[gives_way] = short(row[gives_way], sizes[gives_way])
    return lines(filled, sizes, numbers)


def widths(rows: Sequence[Sequence[str]], width: int | None = None, gives_way: int = 0) -> list[int]:
    """How wide the columns of a table of these rows are."""
    found = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    if width is not None and (over := sum(found) + 3 * (len(found) - 1) - width) > 0:
        found[gives_way] = max(found[gives_way] - over, 12)
    return found


def lines(rows: Iterable[Sequence[str]], sizes: Sequence[int], numbers: Sequence[int] = ()) -> str:
    """Rows of a table whose columns have these widths; a longer cell moves the rest of its line."""
    said = []
    for row in rows:
        sized = enumerate(zip(row, sizes, strict=True))
        cells = (cell.rjust(size) if place in numbers else cell.ljust(size) for place, (cell, size) in sized)
        said.append("   ".join(cells).rstrip())
    return "\n".join(said)
