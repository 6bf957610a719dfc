"""What is measured of the page, with the bounds."""

from __future__ import annotations

import statistics

from benchmarks.bounds import at_least, at_most
from benchmarks.page import beside, drawing, loading, requests, soak
from benchmarks.page.figure import Page, Shown, Values, median
from benchmarks.playing import pictures

RUNS, POINTS = 1_000, 10_000_000
FUZZED = 10_000


def thousand(repetitions: int) -> Values:
    """A list of a thousand runs."""
    return {"seconds": loading.list_of(RUNS, repetitions)}


def ten_million(repetitions: int) -> Values:
    """Curves of ten million points."""
    return loading.zoom_of(POINTS, repetitions)


def drawn(repetitions: int) -> Values:
    """A pen that draws circles."""
    return {"ms": drawing.pen(repetitions)}


def played(repetitions: int) -> Values:
    """A playground that trains a network of two hidden layers."""
    return {"pictures": [pictures("FC-8-RELU-FC-2-TANH, SOFTMAX")[0] for _ in range(repetitions)]}


def fuzz(repetitions: int) -> Values:
    """Fuzzed requests."""
    return {name: [value] for name, value in requests.fuzzed(FUZZED).items()}


def soaked(repetitions: int) -> Values:
    """Records of eight hours."""
    return soak.replayed()


def slower(values: Values) -> float:
    """The share of time that a training takes longer with a page."""
    return statistics.median(values["with"]) / statistics.median(values["without"]) - 1


def faults(values: Values) -> float:
    """How many requests were answered by a fault of the server, or stopped it."""
    return sum(values.get(name, [0.0])[0] for name in ("5xx", "tracebacks")) + (1 - values["serves after"][0])


def growth(values: Values) -> float:
    """How much memory grew after the first tenth, as a share."""
    return values["MiB"][-1] / values["MiB"][0] - 1


PAGE = Page(
    (
        Shown("files of the first load, compressed", loading.first_load, median("kB"), at_most(500, "kB")),
        Shown("until a run can be clicked", loading.first_load, median("seconds"), at_most(1, "s")),
        Shown(f"list of {RUNS:,} runs", thousand, median("seconds"), at_most(2, "s"), 3),
        Shown(f"zoom into a curve of {POINTS:,} points", ten_million, median("zoom"), at_most(0.2, "s")),
        Shown("from the pen to every layer's maps", drawn, median("ms"), at_most(50, "ms"), 3),
        Shown("pictures of 200×200 in the playground", played, median("pictures"), at_least(10, "a second"), 3),
        Shown("training takes longer beside an open page", beside.slowed, slower, at_most(0.05, "%")),
        Shown("trainings with other weights", beside.slowed, median("other weights"), at_most(0, "")),
    )
)

STEADY = Page(
    (
        Shown(f"faults at {FUZZED:,} fuzzed requests", fuzz, faults, at_most(0, "")),
        Shown("growth of memory over 28,800 records", soaked, growth, at_most(0.1, "%")),
    )
)
