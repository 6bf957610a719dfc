"""The tables of docs/tables.md, and the one that a run prints."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping

from benchmarks import results
from benchmarks.figure import Cells
from benchmarks.figure import Table as Lines
from benchmarks.results import Result
from benchmarks.tables import stored
from benchmarks.tables.measures import MEASURES, OF_TASK
from benchmarks.tables.roster import HALVES, METHODS, TABLES, TASK_OF, TASKS, WXB
from benchmarks.tables.stored import Folds
from benchmarks.tables.summary import by_table, difference, mean, whole, wins
from wxb.text import plural

NAMES = (WXB, *METHODS)
NOT_YET = "–"


def read(its: Mapping[str, Result]) -> dict[str, Folds]:
    """The whole seeds of every method of the page, in its order. Raises ValueError for a broken result."""
    return {name: whole(stored.folds(its[name])) if name in its else [] for name in NAMES}


def value(measure: str, number: float, sign: bool = False) -> str:
    """A value of a measure with the digits that it deserves: "87.4 %", "0.284"; "+0.3" as a difference."""
    digits = f"{100 * number:{'+' if sign else ''}.1f}" if MEASURES[measure].percent else ""
    if not digits:
        digits = f"{number:{'+' if sign else ''},.0f}" if abs(number) >= 1000 else f"{number:{'+' if sign else ''}.3f}"
    return digits.replace("-", "−") + (" %" if MEASURES[measure].percent and not sign else "")


def cell(ours: Folds, theirs: Folds, measure: str) -> str:
    """A method's mean, and its difference to wxb with the interval: "87.4 % (+0.3 [−0.1, +0.7])"."""
    middle = mean(theirs, measure)
    if middle is None:
        return NOT_YET
    its = difference(ours, theirs, measure)
    if its is None:
        return value(measure, middle)
    lead, low, high = (value(measure, number, True) for number in (its.mean, its.low, its.high))
    return f"{value(measure, middle)} ({lead} [{low}, {high}])"


def measured(measure: str, methods: Mapping[str, Folds], first: str = WXB) -> Lines:
    """A line for each table that has the measure, and its value for each method; the differences are to `first`.

    The other methods are left out if none of them has the measure.
    """
    if not any(measure in fold.measures for name, folds in methods.items() if name != first for fold in folds):
        methods = {first: methods[first]}
    tables = {name: by_table(folds) for name, folds in methods.items()}
    head: Cells = ("table", "half", "rows", *methods)
    lines: Lines = []
    for table in (name for task in TASKS for name in TABLES if TASK_OF[name] == task and measure in OF_TASK[task]):
        own = tables[first].get(table, [])
        cells = [cell([] if name == first else own, its.get(table, []), measure) for name, its in tables.items()]
        if set(cells) != {NOT_YET}:
            lines.append((table, half(table), rows(table, methods), *cells))
    return [head, *lines]


def half(table: str) -> str:
    """The half that a table belongs to."""
    return next(name for name, tables in HALVES.items() if table in tables)


def rows(table: str, methods: Mapping[str, Folds]) -> str:
    """How many rows a table has, as its folds say."""
    return f"{next(fold.train + fold.test for folds in methods.values() for fold in folds if fold.table == table):,}"


def counted(methods: Mapping[str, Folds]) -> Lines:
    """A line for each other method and measure: how often wxb is at least as good, of all tables and of the final."""
    head = ("against", "measure", "all tables: at least as good", "surely better", "surely worse",
            "final tables: at least as good", "surely better", "surely worse")  # fmt: skip
    lines: Lines = []
    for name in (one for one in methods if one != WXB):
        for measure in MEASURES:
            found = [wins(methods[WXB], methods[name], measure, some) for some in (TABLES, HALVES["final"])]
            if found[0].tables:
                cells = [(f"{one.at_least} of {one.tables}", str(one.better), str(one.worse)) for one in found]
                lines.append((name, MEASURES[measure].title, *cells[0], *cells[1]))
    return [head, *lines]


def seconds(methods: Mapping[str, Folds]) -> Lines:
    """The median seconds of a fit for each table and method; "~" where other work ran beside it."""
    lines: Lines = []
    for table in TABLES:
        cells = []
        for folds in methods.values():
            its = [fold for fold in folds if fold.table == table]
            counting = [fold for fold in its if fold.alone] or its
            about = "" if counting and counting[0].alone else "~"
            middle = statistics.median(fold.seconds for fold in counting) if counting else 0.0
            cells.append(about + (f"{middle:,.0f}" if middle >= 10 else f"{middle:.2g}") if counting else NOT_YET)
        if set(cells) != {NOT_YET}:
            lines.append((table, half(table), rows(table, methods), *cells))
    return [("table", "half", "rows", *methods), *lines]


def missing(methods: Mapping[str, Folds]) -> list[str]:
    """For each method what it has not been measured on."""
    lines = []
    for name, folds in methods.items():
        there = {fold.table for fold in folds}
        absent = [table for table in TABLES if table not in there]
        if len(absent) == len(TABLES):
            lines.append(f"- {name}: not measured yet")
        elif absent:
            lines.append(f"- {name}: {len(there)} of {len(TABLES)} tables; not measured yet: {', '.join(absent)}")
        else:
            lines.append(f"- {name}: all {len(TABLES)} tables")
    return lines


def covered(methods: Mapping[str, Folds]) -> list[str]:
    """The mean coverage over the tables, and its extremes."""
    shares = [mean(folds, "coverage") for folds in by_table(methods[WXB]).values()]
    there = [share for share in shares if share is not None]
    if not there:
        return ["- not measured yet"]
    middle, low, high = (value("coverage", number) for number in (statistics.fmean(there), min(there), max(there)))
    return [f"- {middle} on average over {plural(len(there), 'table')}, from {low} to {high}"]


def halves() -> list[str]:
    """The tables of each half."""
    return [f"- {name}: {', '.join(tables)}" for name, tables in HALVES.items()]


def methods() -> list[str]:
    """What each method is, and where its recipe comes from."""
    lines = [f"- {name}: {its.what}; <{its.source}>, `benchmarks/tables/scripts/{its.script}`"
             for name, its in METHODS.items()]  # fmt: skip
    return ["- wxb: the default network and recipe, as `wxb.folds` trains them", *lines]


def sessions(its: Mapping[str, Result]) -> list[str]:
    """What each method was measured on, without sessions of which no row is left."""
    lines = []
    for name in NAMES:
        if name not in its:
            continue
        kept = {fold.session for fold in stored.folds(its[name])}
        for place, session in enumerate(its[name]["sessions"]):
            versions = "".join(f", {package} {version}" for package, version in session["versions"].items())
            versions += f", {plural(session['threads'], 'thread')}"
            note = f" {session['note']}." if session["note"] else ""
            if place in kept:
                lines.append(f"- {name}: {results.taken_on(session)}{versions}: `{session['command']}`.{note}")
    return lines


def table(name: str, its: Mapping[str, Result]) -> Lines:
    """The table of a measure, of the wins or of the seconds."""
    found = read(its)
    if name in MEASURES:
        return measured(name, found)
    return {"wins": counted, "seconds": seconds}[name](found)


LISTS: dict[str, Callable[[Mapping[str, Result]], list[str]]] = {
    "missing": lambda its: missing(read(its)),
    "covered": lambda its: covered(read(its)),
    "halves": lambda _: halves(),
    "methods": lambda _: methods(),
    "sessions": sessions,
}
