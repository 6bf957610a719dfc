"""The documentation's page of theory and its figures, made of benchmarks/results/theory/*.json.

`python -m benchmarks.theory.page` writes them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import pictures
from benchmarks.tables import line, taken_on
from benchmarks.theory import bias, capacity, penalty, reduction, size, surface, universality
from benchmarks.theory.part import Part

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "theory"
PICTURES = ROOT / "docs" / "pictures"
PAGE = ROOT / "docs" / "theory.md"

PARTS: dict[str, Part] = {
    module.PART.name: module.PART for module in (bias, reduction, penalty, capacity, size, surface, universality)
}

HEAD = """# Theory

What the lecture says about learning, measured: each section is one command, which trains the networks with wxb's own
loop, writes what it found and draws the figure. Tables and sentences with numbers are made from these results by
`make figures`. No seed is picked: means, bands and tables are over all seeds that the command takes.
"""

Result = dict[str, Any]


def page(results: dict[str, Result]) -> str:
    """The whole page in Markdown; a part without results says that it has not been measured."""
    return "\n".join([HEAD, *(section(part, results.get(name)) for name, part in PARTS.items())])


def section(part: Part, result: Result | None) -> str:
    """One part: its command, what the lecture says, the figure, the tables, and what is seen."""
    lines = [f"## {part.title}", "", f"`python -m benchmarks.theory {part.name}`", "", part.says, ""]
    if result is None:
        return "\n".join([*lines, "Not measured yet.", ""])
    rows = result["rows"]
    lines += [f"![{part.shows}](pictures/theory-{part.name}.svg)", ""]
    for words, (head, *body) in part.tables(rows):
        lines += [words, "", line(head), line(("---",) * len(head)), *map(line, body), ""]
    lines += [part.seen(rows), "", f"{taken_on(result)}; {duration(result['seconds'])} for the whole command.", ""]
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """8.4 -> "8.4 s"; 312 -> "5.2 minutes"."""
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} minutes"


def read() -> dict[str, Result]:
    """All results by part."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}


if __name__ == "__main__":
    found = read()
    PAGE.write_text(page(found))
    for name in found:
        pictures.save(PARTS[name].draw(found[name]["rows"]), PICTURES / f"theory-{name}.svg")
    print(PAGE)
