"""Measure one part: `python -m benchmarks.theory universality` writes its results and its figure.

Then `python -m benchmarks.theory.page` makes docs/theory.md of all results.
"""

from __future__ import annotations

import argparse
import datetime
import time
from pathlib import Path

from benchmarks import machine, pictures
from benchmarks.figures import save
from benchmarks.theory.page import PARTS, PICTURES, RESULTS


def main(arguments: list[str] | None = None, results: Path = RESULTS, figures: Path = PICTURES) -> Path:
    """Measure one part, write its results and its figure; returns the path of the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.theory", description=__doc__)
    parser.add_argument("part", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    name = parser.parse_args(arguments).part
    began = time.perf_counter()
    rows = PARTS[name].measure()
    seconds = time.perf_counter() - began
    path = results / f"{name}.json"
    save(
        {
            "part": name,
            "command": f"python -m benchmarks.theory {name}",
            "date": datetime.date.today().isoformat(),
            "machine": machine.describe(),
            "seeds": sorted({row["seed"] for row in rows if "seed" in row}),
            "seconds": round(seconds, 1),
            "rows": rows,
        },
        path,
    )
    pictures.save(PARTS[name].draw(rows), figures / f"theory-{name}.svg")
    print(f"{path}   next: python -m benchmarks.theory.page")
    return path


if __name__ == "__main__":
    main()
