"""Objects as HTML in a notebook: a line and a table; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

MOST_ROWS = 20


def shown(
    title: str,
    head: Sequence[str] = (),
    rows: Iterable[Sequence[str]] = (),
    notes: Iterable[str] = (),
    total: int | None = None,
) -> str:
    """A title, the first rows of a table, and notes. `total` is how many rows there are, if `rows` are only some."""
    rows = list(rows)
    more = (len(rows) if total is None else total) - MOST_ROWS
    table = ""
    if rows:
        body = "".join(_row("td", row) for row in rows[:MOST_ROWS])
        if more > 0:
            body += _row("td", [f"… and {more:,} more", *[""] * (len(rows[0]) - 1)])
        table = f"<table><thead>{_row('th', head) if head else ''}</thead><tbody>{body}</tbody></table>"
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<div><p><b>{escape(title)}</b></p>{table}{f'<ul>{listed}</ul>' if listed else ''}</div>"


def _row(kind: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in cells) + "</tr>"
