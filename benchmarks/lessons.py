"""The full lessons of wxb and docs/theory.md, which is made of their results.

python -m benchmarks.lessons universality    runs a lesson, writes its results and draws its picture
python -m benchmarks.lessons page            writes docs/theory.md and the pictures from the stored results
"""

from __future__ import annotations

import argparse
import datetime
import json
import time
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.figures import save
from benchmarks.tables import line, taken_on
from wxb.lessons import picture
from wxb.lessons.lesson import SEEDS, TITLES, lesson

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "theory"
PICTURES = ROOT / "docs" / "pictures"
PAGE = ROOT / "docs" / "theory.md"

HEAD = """# Theory

What the lecture says about learning, measured. Each section is a lesson of wxb: the command under its title trains the
networks with wxb's own loop and prints the same tables. With `--full` it takes all trainings and seeds that are shown
here, without it as many as take less than a minute; `--out picture.svg` draws the picture, and `wxb lesson` lists all
lessons. Tables, pictures and sentences with numbers are made from stored results by `make figures`. No seed is picked:
means, bands and tables are over all seeds that were run.
"""

Result = dict[str, Any]


def main(arguments: list[str] | None = None, results: Path = RESULTS, pictures: Path = PICTURES) -> None:
    """Run a lesson and store its results, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lessons", description=__doc__)
    parser.add_argument("name", choices=[*TITLES, "page"], metavar="NAME", help=", ".join(TITLES))
    name = parser.parse_args(arguments).name
    if name == "page":
        stored = read()
        PAGE.write_text(page(stored))
        for name, result in stored.items():
            picture.save(lesson(name).draw(result["rows"]), PICTURES / f"theory-{name}.svg")
        return
    began = time.perf_counter()
    rows = [row for new in lesson(name).run(SEEDS, full=True) for row in new]
    result = {
        "part": name,
        "command": f"wxb lesson {name} --full",
        "date": datetime.date.today().isoformat(),
        "machine": machine.describe(),
        "seeds": sorted({row["seed"] for row in rows if "seed" in row}),
        "seconds": round(time.perf_counter() - began, 1),
        "rows": rows,
    }
    save(result, results / f"{name}.json")
    picture.save(lesson(name).draw(rows), pictures / f"theory-{name}.svg")
    print(f"{results / name}.json   next: python -m benchmarks.lessons page")


def page(results: dict[str, Result]) -> str:
    """The whole page in Markdown; a lesson without results says that it has not been measured."""
    return "\n".join([HEAD, *(section(name, results.get(name)) for name in TITLES)])


def section(name: str, result: Result | None) -> str:
    """One lesson: its command, what the lecture says, the picture, the tables, and the findings."""
    chosen = lesson(name)
    lines = [f"## {TITLES[name]}", "", f"`wxb lesson {name}`", "", chosen.text, ""]
    if result is None:
        return "\n".join([*lines, "Not measured yet.", ""])
    rows = result["rows"]
    lines += [f"![{chosen.shows}](pictures/theory-{name}.svg)", ""]
    for caption, (head, *body) in chosen.tables(rows):
        lines += [caption, "", line(head), line(("---",) * len(head)), *map(line, body), ""]
    lines += [chosen.findings(rows), "", f"{taken_on(result)}; {duration(result['seconds'])} for the full lesson.", ""]
    return "\n".join(lines)


def duration(seconds: float) -> str:
    """8.4 -> "8.4 s"; 312 -> "5.2 minutes"."""
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} minutes"


def read() -> dict[str, Result]:
    """All results by lesson."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}


if __name__ == "__main__":
    main()
