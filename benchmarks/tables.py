"""The documentation's tables of figures, made of benchmarks/results/*.json: `python -m benchmarks.tables`.

docs/figures.md is made of all of them; in docs/performance.md a table stands between the comments
`<!-- figure NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.owed import ALSO, FIGURES

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "figures.md"
PERFORMANCE = ROOT / "docs" / "performance.md"
PLACE = re.compile(r"(?<=<!-- figure )(?P<figure>\S+) -->\n.*?(?=<!-- end -->)", re.DOTALL)

HEAD = """# Figures

Each table is made from a file of results by `make figures`; the command above it takes the figure again. Accuracies are
mean ± standard deviation over seeds, on test examples that chose nothing; seconds are those of the whole command, start
of Python included, or of an estimator's fit, median (least, greatest). *Owed* is the bound that the project sets
itself, and a figure that misses it says so. Times depend on the machine: compare them with the rate of its matrix
product (two 2048×2048 matrices), measured before and after.
"""

Result = dict[str, Any]


def page(results: dict[str, Result]) -> str:
    """The whole page in Markdown; a figure that has no results says that it has not been taken."""
    return "\n".join([HEAD, *(section(name, results) for name in FIGURES)])


def section(name: str, results: dict[str, Result]) -> str:
    """One figure: its command, its table with what other figures lend it, and what it was taken on."""
    return "\n".join([f"## {name}", "", *body(name, results)])


def filled(text: str, results: dict[str, Result]) -> str:
    """A page with the figures that it names in their places. Raises KeyError for a name that is none."""

    def taken(place: re.Match[str]) -> str:
        name = place["figure"]
        return "\n".join([f"{name} -->", *body(name, results)])

    return PLACE.sub(taken, text)


def body(name: str, results: dict[str, Result]) -> list[str]:
    """The lines of one figure, the last one empty."""
    figure, result = FIGURES[name], results.get(name)
    lines = [f"`python -m benchmarks.figures {name}`", ""]
    if figure.about:
        lines += [figure.about, ""]
    if result is None:
        return [*lines, f"Not taken yet. Owed: {figure.owed()}.", ""]
    head, *rows = figure.table(result["rows"])
    for other in ALSO.get(name, ()):
        if other in results:
            rows += FIGURES[other].table(results[other]["rows"])[1:]
    lines += [line(head), line(("---",) * len(head)), *map(line, rows), "", machine(result), ""]
    if result["note"]:
        lines += [f"Note: {result['note']}.", ""]
    return lines


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
    found = read()
    PAGE.write_text(page(found))
    PERFORMANCE.write_text(filled(PERFORMANCE.read_text(), found))
    print(PAGE, PERFORMANCE)
