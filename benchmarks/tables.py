"""The documentation's page of figures, made of benchmarks/results/*.json: `python -m benchmarks.tables`."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks.owed import FIGURES, LOOPS, PROCESSES, TRAININGS, Bound, Loop, Process, Training, amount

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "figures.md"

HEAD = """# Figures

Each table is made from a file of results by `make figures`; the command above it takes the figure again. Accuracies are
mean ± standard deviation over seeds, on test examples that chose nothing; seconds are those of the whole command, start
of Python included, median (least, greatest). *Owed* is the bound that the project sets itself, and a figure that misses
it says so. Times depend on the machine: compare them with the rate of its matrix product (two 2048×2048 matrices),
measured before and after.
"""

Result = dict[str, Any]
Table = list[tuple[str, ...]]


def page(results: dict[str, Result]) -> str:
    """The whole page in Markdown; a figure that has no results says that it has not been taken."""
    return "\n".join([HEAD, *(section(figure, results.get(figure)) for figure in FIGURES)])


def section(figure: str, result: Result | None) -> str:
    """One figure: its command, its table, and what it was taken on."""
    lines = [f"## {figure}", "", f"`python -m benchmarks.figures {figure}`", ""]
    if result is None:
        return "\n".join([*lines, f"Not taken yet. Owed: {owed(figure)}.", ""])
    head, *rows = table(figure, result["rows"])
    lines += [line(head), line(("---",) * len(head)), *map(line, rows), "", machine(result), ""]
    if result["note"]:
        lines += [f"Note: {result['note']}.", ""]
    return "\n".join(lines)


def owed(figure: str) -> str:
    """The bounds of a figure in words: "digits, default network ≥ 98.5 %; ≤ 30 s"."""
    bounds: list[tuple[str, Bound | None]]
    if figure == "throughput":
        bounds = [(loop.what, loop.ratio) for loop in LOOPS]
    elif figure == "startup":
        bounds = [(f"`{process.what}`", process.ratio) for process in PROCESSES]
    else:
        bounds = [pair for one in TRAININGS[figure][1] for pair in ((one.what, one.accuracy), ("", one.seconds))]
    return "; ".join(f"{what} {bound}".strip() for what, bound in bounds if bound)


def table(figure: str, rows: list[Result]) -> Table:
    """Head and rows of a figure's table; a row of results belongs to what is owed under the same words."""
    measured = {row["what"]: row for row in rows}
    if figure == "throughput":
        loops: Table = [("what", "learn", "loop over tensors", "loop over a DataLoader", "learn / faster loop", "owed")]
        return loops + [loop_row(loop, measured[loop.what]) for loop in LOOPS if loop.what in measured]
    if figure == "startup":
        head: Table = [("process", "seconds", "`python -c pass`", "ratio", "imports torch", "owed")]
        return head + [process_row(one, measured[one.what]) for one in PROCESSES if one.what in measured]
    trained: Table = [("what", "command", "test accuracy", "seconds", "parameters", "owed")]
    return trained + [training_row(one, measured[one.what]) for one in TRAININGS[figure][1] if one.what in measured]


def training_row(training: Training, row: Result) -> tuple[str, ...]:
    """Accuracy over the seeds and seconds of the command."""
    accuracy, seconds = row["accuracy"], row["seconds"]
    verdicts = [verdict(training.accuracy, statistics.mean(accuracy))]
    if training.seconds:
        verdicts.append(verdict(training.seconds, max(seconds)))
    spread = f" ± {100 * statistics.stdev(accuracy):.2f}" if len(accuracy) > 1 else ""
    seeds = f"{len(accuracy)} seed" + ("s" if len(accuracy) > 1 else "")
    return (
        training.what,
        f"`{row['command']}`",
        f"{100 * statistics.mean(accuracy):.2f}{spread} % ({seeds})",
        middle(seconds, 1),
        f"{row['told'][0]['parameters']:,}",
        "; ".join(verdicts),
    )


def loop_row(loop: Loop, row: Result) -> tuple[str, ...]:
    """Examples a second of the three loops; the ratio is of medians, to the faster of the hand-written ones."""
    rates = row["rates"]
    faster = max(statistics.median(rates["tensors"]), statistics.median(rates["DataLoader"]))
    ratio = statistics.median(rates["learn"]) / faster
    cells = [middle(rates[name], 0) for name in ("learn", "tensors", "DataLoader")]
    return (f"{loop.what}, batch {row['batch_size']}", *cells, f"{ratio:.3f}×", verdict(loop.ratio, ratio))


def process_row(process: Process, row: Result) -> tuple[str, ...]:
    """Seconds of a process and of the empty one beside it; the ratio is of medians."""
    ratio = statistics.median(row["seconds"]) / statistics.median(row["nothing_seconds"])
    told = verdict(process.ratio, ratio)
    if row["torch"] and not process.torch:
        told += "; no torch: **missed**"
    cells = (middle(row["seconds"], 3), middle(row["nothing_seconds"], 3))
    return (f"`{process.what}`", *cells, f"{ratio:.1f}×", "yes" if row["torch"] else "no", told)


def verdict(bound: Bound, measured: float) -> str:
    """The bound, and whether it is met."""
    return str(bound) if bound.met(measured) else f"{bound}: **missed** ({amount(measured, bound.unit)})"


def middle(values: list[float], digits: int) -> str:
    """Median (least, greatest)."""
    median, least, greatest = (
        f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))
    )
    return f"{median} ({least}, {greatest})"


def machine(result: Result) -> str:
    """What a figure was taken on, and how fast that machine was before and after."""
    product = result["matrix_product"]
    rates = f"{product['before']['float32']} GFLOP/s before, {product['after']['float32']} after"
    return f"{taken_on(result)}; matrix product in float32 {rates}."


def taken_on(result: Result) -> str:
    """Date, machine, versions and commit in a sentence."""
    told = result["machine"]
    memory = f", {told['memory_gib']} GiB" if told["memory_gib"] else ""
    gpu = f", {told['gpu']}" if told["gpu"] else ""
    return (
        f"{result['date']}, {told['processor']}, {told['cores']} cores{memory}{gpu}, {told['system']}, "
        f"Python {told['python']}, torch {told['torch']}, wxb {told['wxb']} at {told['commit'] or 'no commit'}"
    )


def line(cells: tuple[str, ...]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def read() -> dict[str, Result]:
    """All results by figure."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}


if __name__ == "__main__":
    PAGE.write_text(page(read()))
    print(PAGE)
