"""What the rows come to: counts with Wilson intervals, for the doctor and for its controls."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb

from benchmarks.faults import stored
from benchmarks.faults.roster import FORMS, PARTS
from benchmarks.faults.stored import Row
from benchmarks.results import Result
from wxb.statistics import wilson

SETTINGS_OF = ("N", "T")  # the families of faults that --fix may mend
BUDGET = 3  # trainings: random search tries as many changes
AT_LEAST = 0.8  # of the gap


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: float
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, 95 %."""
        return wilson(self.hits, self.of)


def by_part(its: Mapping[str, Result], parts: Sequence[str] = PARTS) -> dict[str, list[Row]]:
    """The rows of each part, of all its forms."""
    return {
        part: [
            row for form in FORMS if f"{part}-{form}" in its for row in stored.rows(its[f"{part}-{form}"]) if row.asked
        ]
        for part in parts
    }


def strong(rows: Sequence[Row]) -> list[Row]:
    """The faulty ones whose twin is measured better."""
    return [row for row in rows if row.fault and row.counts]


def tried(rows: Sequence[Row]) -> list[Row]:
    """The strong ones of which every single change was tried."""
    return [row for row in strong(rows) if row.tried]


def healthy(rows: Sequence[Row]) -> list[Row]:
    """The healthy ones that no single change betters."""
    return [row for row in rows if not row.fault and row.counts]


def codes(row: Row) -> list[str]:
    """What the doctor names, the first first."""
    return [code for code, _ in row.findings]


def flagged(rows: Sequence[Row]) -> Share:
    """Faulty ones that are not called healthy."""
    return Share(sum(not row.healthy for row in rows), len(rows))


def right(rows: Sequence[Row], named: Callable[[Row], Sequence[str]], first: int) -> Share:
    """Faulty ones of which an acceptable cause is among the first so many named."""
    return Share(sum(bool(set(named(row)[:first]) & set(row.acceptable)) for row in rows), len(rows))


def precision(rows: Sequence[Row]) -> Share:
    """Of all trainings of which the doctor names a cause, those where the first one is right."""
    said = [row for row in rows if row.findings and row.counts]
    return Share(sum(bool(row.fault) and codes(row)[0] in row.acceptable for row in said), len(said))


def random_search(rows: Sequence[Row]) -> Share:
    """The expected share of faulty ones that three random changes mend: a change that closes 80 % is among them."""
    hits = 0.0
    for row in rows:
        good = sum(share >= AT_LEAST for share in row.changes.values())
        bad = len(row.changes) - good
        hits += 1 - comb(bad, BUDGET) / comb(bad + good, BUDGET) if bad + good >= BUDGET else float(good > 0)
    return Share(hits, len(rows))


def fixed(rows: Sequence[Row]) -> Share:
    """Faults of settings and networks of wxb that end within 2 points of the healthy twin by --fix."""
    its = [row for row in rows if row.form == "wxb" and row.fault.startswith(SETTINGS_OF)]
    return Share(
        sum(row.mended is not None and row.mended >= statistics.fmean(row.twin) - 0.02 for row in its), len(its)
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] if ordered else float("nan")
