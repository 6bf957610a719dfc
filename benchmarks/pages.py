"""The tables and pictures of the documentation, made of stored results: `python -m benchmarks.pages`.

A page is written by hand but for its places: a table stands between the comments `<!-- figure NAME -->` (or `lesson`,
`peers`, `tables`, `torture` or `faults`) and `<!-- end -->`, and is written anew each time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

from benchmarks import results
from benchmarks.faults import page as faults_page
from benchmarks.faults import summary as faults_summary
from benchmarks.faults.roster import PARTS
from benchmarks.owed import ALSO, FIGURES
from benchmarks.peers import curves, table
from benchmarks.peers.roster import GOALS, LIMITS, TITLES
from benchmarks.results import Result
from benchmarks.tables import page as tables_page
from wxb.lessons import picture
from wxb.lessons.lesson import TITLES as LESSONS
from wxb.lessons.lesson import lesson

DOCS = results.ROOT / "docs"
PICTURES = DOCS / "pictures"
PAGES = ("figures", "performance", "theory", "peers", "tables", "torture", "doctor-measured")
PLACE = re.compile(
    r"(?<=<!-- )(?P<kind>figure|lesson|peers|tables|torture|faults) (?P<name>\S+) -->\n.*?(?=<!-- end -->)", re.DOTALL
)

CODE = re.compile(r"(`[^`]*`)")
WORD = re.compile(r"\S+")
PIECES = re.compile(r"[^/_.]{1,16}[/_.]*|[/_.]+")  # of a word that may stand on lines of their own

Results = dict[str, dict[str, Result]]  # by kind and name


def read() -> Results:
    """All results."""
    return {kind: results.read(kind) for kind in results.FOLDERS}


def filled(text: str, stored: Results) -> str:
    """A page with its places filled. Raises KeyError for a name that nothing has."""

    def place(comment: re.Match[str]) -> str:
        kind, name = comment["kind"], comment["name"]
        return "\n".join([f"{kind} {name} -->", *BODIES[kind](name, stored[kind]), ""])

    return PLACE.sub(place, text)


def markdown(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table, the first row being its head."""
    head, *body = rows
    cells = [head, ("---",) * len(head), *body]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in cells]


def figure(name: str, stored: dict[str, Result]) -> list[str]:
    """A figure: its command, its table with the rows that it shares with others, and what it was taken on."""
    its, result = FIGURES[name], stored.get(name)
    lines = [f"`python -m benchmarks.figures {name}`", ""]
    if result is None:
        return [*lines, f"Not taken yet. Owed: {its.owed()}."]
    rows = its.table(result["rows"])
    for other in ALSO.get(name, ()):
        rows += FIGURES[other].table(stored[other]["rows"])[1:] if other in stored else []
    before, after = (result["matrix_product"][when]["float32"] for when in ("before", "after"))
    rates = f"matrix product in float32 {before} GFLOP/s before, {after} after"
    lines += [*markdown(rows), "", f"{results.taken_on(result, 'torch')}; {rates}."]
    return lines + (["", f"Note: {result['note']}."] if result["note"] else [])


def a_lesson(name: str, stored: dict[str, Result]) -> list[str]:
    """A lesson: its command, what the lecture says, the picture, the tables, and the findings."""
    its, result = lesson(name), stored.get(name)
    lines = [f"## {LESSONS[name]}", "", f"`wxb lesson {name}`", "", its.text, ""]
    if result is None:
        return [*lines, "Not measured yet."]
    rows, seconds = result["rows"], result["seconds"]
    lines += [f"![{its.shows}](pictures/theory-{name}.svg)", ""]
    for caption, cells in its.tables(rows):
        lines += [caption, "", *markdown(cells), ""]
    duration = f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} minutes"
    return [*lines, its.findings(rows), "", f"{results.taken_on(result, 'torch')}; {duration} for the full lesson."]


def peers(data: str, stored: dict[str, Result]) -> list[str]:
    """A comparison: a table for each goal, the recipes and the sessions."""
    title, result = TITLES[data], stored.get(data)
    lines = [f"## {title}", ""]
    if result is None or not result["rows"]:
        goals = ", ".join(table.percent(goal) for goal in GOALS[data])
        return [*lines, f"Not measured yet. Goals: {goals}; time limit {LIMITS[data]:g} s.", "", *table.recipes(data)]
    rows = result["rows"]
    if table.has_peers(rows):
        lines += [f"![Test accuracy of wxb and its peers over what was computed](pictures/peers-{data}.svg)", ""]
    for goal in GOALS[data]:
        cells = table.table(data, goal, rows)
        shown = markdown(cells) if len(cells) > 1 else ["Not measured yet."]
        lines += [f"### {title}, {table.percent(goal)}", "", *shown, ""]
    lines += [*table.recipes(data), ""] if table.has_peers(rows) else []
    lines += ["Measured on", ""]
    kept = {row["session"] for row in rows}  # all rows of other sessions have been run again
    for number, session in enumerate(result["sessions"]):
        note = f" {session['note']}." if session["note"] else ""
        lines += [f"- {results.taken_on(session)}: `{session['command']}`.{note}"] if number in kept else []
    return lines


def tables(name: str, stored: dict[str, Result]) -> list[str]:
    """A part of the comparison on real tables: a list of `tables_page.LISTS`, or the table of a measure."""
    if name in tables_page.LISTS:
        return tables_page.LISTS[name](stored)
    cells = tables_page.table(name, stored)
    return markdown(cells) if len(cells) > 1 else ["Not measured yet."]


def odd_inputs(group: str, stored: dict[str, Result]) -> list[str]:
    """A group of odd inputs: how many came as they should, each with what is right, and what it was taken on."""
    result = stored.get(group)
    if result is None:
        return ["Not tried yet."]
    rows = result["rows"]
    wrong = sum(not row["as_it_should"] for row in rows)
    cells = [("what", "right", "what came")]
    cells += [
        (row["what"], row["right"], row["came"] if row["as_it_should"] else f"**wrong:** {row['came']}") for row in rows
    ]
    escaped = [tuple(map(_breakable, row)) for row in cells]
    return [f"{len(rows) - wrong} of {len(rows)} as they should be.", "", *markdown(escaped), "",
            f"{results.taken_on(result)}."]  # fmt: skip


def faults(name: str, stored: dict[str, Result]) -> list[str]:
    """A part of the measurements of the doctor: a list of `faults_page.LISTS`, or a table of `faults_page.TABLES`."""
    if name in faults_page.LISTS:
        return faults_page.LISTS[name](stored)
    if name == faults_page.REAL:
        return markdown(faults_page.real(stored))
    columns = faults_page.COLUMNS.get(name, PARTS)
    cells = faults_page.TABLES[name](faults_summary.by_part(stored, columns))
    if name == "wrong":  # names of trainings are long
        cells = [tuple(map(_breakable, row)) for row in cells]
    return markdown(cells) if len(cells) > 1 else ["None."]


def _breakable(text: str) -> str:
    """A text escaped, with places to break long words at, so that a table fits on a phone; code is as it was."""

    def broken(word: re.Match[str]) -> str:
        return "<wbr>".join(html.escape(piece, quote=False) for piece in PIECES.findall(word[0]))

    parts = CODE.split(text)  # every second one is code
    return "".join(part if place % 2 else WORD.sub(broken, part) for place, part in enumerate(parts))


BODIES: dict[str, Callable[[str, dict[str, Result]], list[str]]] = {
    "figure": figure, "lesson": a_lesson, "peers": peers, "tables": tables, "torture": odd_inputs,
    "faults": faults,
}  # fmt: skip


def write() -> None:
    """Write all pages and pictures."""
    stored = read()
    for page in PAGES:
        file = DOCS / f"{page}.md"
        file.write_text(filled(file.read_text(), stored))
        print(file.relative_to(results.ROOT))
    for name, result in stored["lesson"].items():
        picture.save(lesson(name).draw(result["rows"]), PICTURES / f"theory-{name}.svg")
    for data, result in stored["peers"].items():
        if table.has_peers(result["rows"]):
            picture.save(curves.draw(data, result["rows"]), PICTURES / f"peers-{data}.svg")


if __name__ == "__main__":
    write()
