"""Take a figure or a full lesson: `python -m benchmarks.figures digits` writes benchmarks/results/digits.json.

Then `python -m benchmarks.pages` writes the pages of the documentation.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from benchmarks import machine, results
from benchmarks.figure import SHARED, Scope
from benchmarks.owed import FIGURES
from wxb.hardware import cores
from wxb.lessons.lesson import SEEDS, TITLES, lesson


def main(arguments: list[str] | None = None) -> Path:
    """Measure one figure or lesson and write its file; returns the path."""
    options = parser().parse_args(arguments)
    if options.data_dir:
        os.environ["WXB_DATA"] = str(options.data_dir.resolve())
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start compiles wxb, but no library that pip installed
    name, threads = options.figure, cores()
    session = results.session(f"python -m benchmarks.figures {name}", options.note)
    before, began = machine.rates(threads), time.perf_counter()
    rows = measure(name, Scope(options.seeds, options.repetitions, options.shared))
    seconds = round(time.perf_counter() - began, 1)
    rates = {"before": before, "after": machine.rates(threads)}
    file: Path = options.out or results.path("lesson" if name in TITLES else "figure", name)
    results.save({"figure": name, **session, "seconds": seconds, "matrix_product": rates, "rows": rows}, file)
    print(f"{file}   next: python -m benchmarks.pages")
    return file


def measure(name: str, scope: Scope) -> results.Rows:
    """The rows of a figure or of a full lesson."""
    if name in TITLES:
        return [row for rows in lesson(name).run(scope.seeds or SEEDS, full=True) for row in rows]
    return FIGURES[name].measure(scope)


def parser() -> argparse.ArgumentParser:
    """The options of a figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__)
    parser.add_argument("figure", choices=[*FIGURES, *TITLES], metavar="FIGURE", help=", ".join([*FIGURES, *TITLES]))
    parser.add_argument("--note", default="", help="what a reader must know, for example that the data are copies")
    parser.add_argument("--out", type=Path, help="the file to write instead of the one in benchmarks/results/")
    parser.add_argument("--data-dir", type=Path, help="the folder of real data; WXB_DATA without it")
    parser.add_argument("--seeds", type=int, help="how many seeds, counted from 0")
    parser.add_argument("--repetitions", type=int, help="of what is timed")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder with tables/ and labels/")
    return parser


if __name__ == "__main__":
    main()
