"""The tables of the documentation, and the line that a run prints."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence

from benchmarks import results
from benchmarks.faults import stored, summary
from benchmarks.faults.roster import FORMS, PARTS, cases
from benchmarks.faults.stored import Row
from benchmarks.faults.summary import Share
from benchmarks.figure import Table
from benchmarks.results import Result

OWED = {
    "strong faults flagged": "≥ 95 %", "acceptable cause first": "≥ 75 %",
    "acceptable cause among the first three": "≥ 90 %", "precision of the first cause named": "≥ 80 %",
    "healthy ones blamed": "≤ 5 %", "healthy ones blamed by the line after training": "≤ 5 %",
    "`--fix` ends within 2 points of the twin": "≥ 70 %", "time of the doctor, median": "≤ 2", "90th percentile": "≤ 3",
    "time of `--fix`, 90th percentile": "≤ 3",
}  # fmt: skip
REAL = "real"  # the file of programs of other people
BEFORE = "before"  # the final part on earlier seeds, by the doctor before what it showed was mended
RATES, ACTIVATIONS = ("T1", "T2"), ("N2", "N3", "N4", "T12")


def shown(share: Share) -> str:
    """A share with its interval: "92 of 100: 92.0 % [85.0, 95.9]"."""
    if not share.of:
        return "–"
    low, high = share.interval
    return f"{share.hits:.0f} of {share.of}: {100 * share.hits / share.of:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def figures(parts: Mapping[str, Sequence[Row]]) -> Table:
    """The figures of each part beside what is owed."""
    lines: dict[str, Callable[[Sequence[Row]], str]] = {
        "strong faults flagged": lambda rows: shown(summary.flagged(summary.strong(rows))),
        "acceptable cause first": lambda rows: shown(summary.right(summary.strong(rows), summary.codes, 1)),
        "acceptable cause among the first three": lambda rows: shown(
            summary.right(summary.strong(rows), summary.codes, 3)
        ),
        "precision of the first cause named": lambda rows: shown(summary.precision(rows)),
        "the line after training names an acceptable cause": lambda rows: shown(
            summary.right(summary.strong(rows), lambda row: [row.suspected], 1)
        ),
        "healthy ones blamed": lambda rows: shown(summary.flagged(summary.healthy(rows))),
        "healthy ones blamed by the line after training": lambda rows: shown(
            Share(sum(bool(row.suspected) for row in summary.healthy(rows)), len(summary.healthy(rows)))
        ),
        "`--fix` ends within 2 points of the twin": lambda rows: shown(summary.fixed(summary.strong(rows))),
        "time of the doctor, median": lambda rows: _times([row.ratio for row in _counting(rows)], 0.5),
        "90th percentile": lambda rows: _times([row.ratio for row in _counting(rows)], 0.9),
        "time of the doctor over that of the steps alone, median": lambda rows: _times(
            [row.ratio * row.whole for row in _counting(rows)], 0.5
        ),
        "the same, 90th percentile": lambda rows: _times([row.ratio * row.whole for row in _counting(rows)], 0.9),
        "time of `--fix`, 90th percentile": lambda rows: _times(
            [row.mending + 1 for row in _counting(rows) if row.mending is not None], 0.9
        ),
    }
    table: Table = [("figure", "owed", *parts)]
    for name, of in lines.items():
        table.append((name, OWED.get(name, ""), *(of(rows) for rows in parts.values())))
    return table


def _counting(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.counts and row.ratio]


def _times(values: Sequence[float], share: float) -> str:
    return f"{summary.quantile(values, share):.2f}" if values else "–"


def controls(parts: Mapping[str, Sequence[Row]]) -> Table:
    """What simple rules come to on the same strong faults."""
    named: dict[str, Callable[[Row], Sequence[str]]] = {
        "wxb doctor": summary.codes,
        "always the learning rate": lambda row: RATES,
        "always the activation": lambda row: ACTIVATIONS,
        "symptoms without a proof": lambda row: row.symptoms,
    }
    table: Table = [
        ("what", *(f"{part}: cause first" for part in parts), *(f"{part}: healthy blamed" for part in parts))
    ]
    for name, of in named.items():
        many = len(RATES) if name == "always the learning rate" else len(ACTIVATIONS) if "activation" in name else 1
        hits = [shown(summary.right(summary.tried(rows), of, many)) for rows in parts.values()]
        blamed = [
            shown(summary.flagged(summary.healthy(rows)))
            if name == "wxb doctor"
            else shown(Share(sum(bool(of(row)) for row in summary.healthy(rows)), len(summary.healthy(rows))))
            for rows in parts.values()
        ]
        table.append((name, *hits, *blamed))
    searched = [shown(summary.random_search(summary.tried(rows))) for rows in parts.values()]
    table.append(("three random changes (expected)", *searched, *("–" for _ in parts)))
    return table


def by_fault(parts: Mapping[str, Sequence[Row]]) -> Table:
    """For each fault that was put in: how many are strong, flagged, and named first."""
    table: Table = [("put in", *(f"{part}: strong of measured" for part in parts), "flagged", "acceptable cause first")]
    found = sorted({row.fault for rows in parts.values() for row in rows if row.fault}, key=_place)
    for fault in found:
        its = {part: [row for row in rows if row.fault == fault] for part, rows in parts.items()}
        strong = [row for rows in its.values() for row in summary.strong(rows)]
        counts = [f"{len(summary.strong(rows))} of {len(rows)}" if rows else "–" for rows in its.values()]
        hits = summary.right(strong, summary.codes, 1)
        table.append((fault, *counts, f"{summary.flagged(strong).hits:.0f}", f"{hits.hits:.0f}"))
    return table


def _place(code: str) -> tuple[int, int]:
    return "DNT".index(code[0]), int(code[1:])


def wrong(parts: Mapping[str, Sequence[Row]]) -> Table:
    """The trainings of the final part that were diagnosed wrongly."""
    table: Table = [("training", "what was said", "acceptable")]
    for row in parts["final"]:
        said = ", ".join(f"{code} ({severity})" for code, severity in row.findings) or (
            "healthy" if row.healthy else "no cause found"
        )
        if row.counts and not row.fault and not row.healthy:
            table.append((f"{row.form}: {row.name}", said, "healthy"))
        if row.counts and row.fault and not (row.findings and row.findings[0][0] in row.acceptable):
            table.append((f"{row.form}: {row.name}", said, ", ".join(row.acceptable)))
    return table


def counted(its: Mapping[str, Result]) -> list[str]:
    """How many trainings were measured, and on what."""
    lines = []
    for part in PARTS:
        for form in FORMS:
            stored_rows = stored.rows(its[f"{part}-{form}"]) if f"{part}-{form}" in its else []
            rows = [row for row in stored_rows if row.asked]
            all_of = cases(part, form)
            counts = []
            for faulty in (True, False):
                measured = [row for row in rows if bool(row.fault) == faulty]
                good = sum(row.counts for row in measured)
                many = sum(bool(case.fault) == faulty for case in all_of)
                what = "faulty" if faulty else "healthy"
                counting = "strong" if faulty else "healthy by measurement"
                counts.append(f"{len(measured)} of {many} {what} measured, {good} {counting}")
            lines.append(f"- {part}, {'wxb' if form == 'wxb' else 'plain PyTorch'}: {'; '.join(counts)}")
    return lines


def sessions(its: Mapping[str, Result]) -> list[str]:
    """What the rows were measured on."""
    lines = []
    for name, result in its.items():
        if name == REAL:
            lines += [f"- {results.taken_on(one, 'torch')}: `{one['command']}`." for one in result["sessions"]]
            continue
        kept = {row.session for row in stored.rows(result)}
        for place, session in enumerate(result["sessions"]):
            note = f" {session['note']}." if session["note"] else ""
            lines += [f"- {results.taken_on(session, 'torch')}: `{session['command']}`.{note}"] if place in kept else []
    return lines


def real(stored_results: Mapping[str, Result]) -> Table:
    """What was said of programs of other people, and of healthy ones."""
    table: Table = [("program", "what is wrong", "`examine` says", "`watch` says", "acceptable")]
    for row in stored_results[REAL]["rows"] if REAL in stored_results else []:
        said = (", ".join(row[name]) or "nothing" for name in ("examined", "watched"))
        table.append((row["name"], row["about"], *said, ", ".join(row["acceptable"]) or "nothing"))
    return table


def real_counts(its: Mapping[str, Result]) -> list[str]:
    """How many of the programs of other people were told right, and of the healthy ones blamed."""
    rows = its[REAL]["rows"] if REAL in its else []
    faulty = [row for row in rows if row["acceptable"]]
    well = [row for row in rows if not row["acceptable"]]
    first = [(row["examined"] or row["watched"])[:1] for row in faulty]
    flagged = sum(bool(one) for one in first)
    right = sum(bool(set(one) & set(row["acceptable"])) for one, row in zip(first, faulty, strict=True))
    blamed = sum(bool(row["examined"] or row["watched"]) for row in well)
    return [
        f"- {flagged} of {len(faulty)} faulty programs are flagged, {right} with an acceptable cause first",
        f"- {blamed} of {len(well)} healthy programs are blamed",
    ]


def line(row: Row) -> str:
    """A row for the terminal."""
    scores = f"{statistics.fmean(row.scores):.3f}, twin {statistics.fmean(row.twin):.3f}"
    if not row.counts:
        return f"{row.name}: {scores}: {'weak' if row.fault else 'not healthy'}"
    said = " ".join(f"{code}({severity[0]})" for code, severity in row.findings) or (
        "healthy" if row.healthy else "no cause"
    )
    wrong = (
        row.healthy or not row.findings or row.findings[0][0] not in row.acceptable if row.fault else not row.healthy
    )
    accepted = f" of {'/'.join(row.acceptable)}" if row.fault else ""
    mark = "WRONG " if wrong and row.asked else ""
    return f"{mark}{row.name}: {scores}: {said}{accepted}; line {row.suspected or '-'}; {row.ratio:.1f}x"


LISTS: dict[str, Callable[[Mapping[str, Result]], list[str]]] = {
    "counted": counted,
    "sessions": sessions,
    "real-counts": real_counts,
}
COLUMNS = {"figures": ("tuning", BEFORE, "final")}  # where they are others than the parts
TABLES: dict[str, Callable[[Mapping[str, Sequence[Row]]], Table]] = {
    "figures": figures, "controls": controls, "by-fault": by_fault, "wrong": wrong,
}  # fmt: skip
