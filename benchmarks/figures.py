"""Take a figure: `python -m benchmarks.figures digits` measures and writes benchmarks/results/digits.json.

Each figure is a sub-command. Then `python -m benchmarks.tables` makes docs/figures.md of all results.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import tempfile
from pathlib import Path

from benchmarks import machine
from benchmarks.figure import SHARED, Asked
from benchmarks.owed import FIGURES
from wxb.hardware import cores

RESULTS = Path(__file__).resolve().parent / "results"


def main(arguments: list[str] | None = None) -> Path:
    """Measure one figure and write its file; returns the path."""
    given = options().parse_args(arguments)
    if given.data_dir:
        os.environ["WXB_DATA"] = str(given.data_dir.resolve())
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start compiles wxb, but no library that pip installed
    threads = cores()
    result: dict[str, object] = {
        "figure": given.figure,
        "command": f"python -m benchmarks.figures {given.figure}",
        "date": datetime.date.today().isoformat(),
        "note": given.note,
        "machine": machine.describe(),
    }
    before = machine.rates(threads)
    rows = FIGURES[given.figure].measure(Asked(given.seeds, given.repetitions, given.shared))
    result |= {"matrix_product": {"before": before, "after": machine.rates(threads)}, "rows": rows}
    path = given.out or RESULTS / f"{given.figure}.json"
    save(result, path)
    print(f"{path}   next: python -m benchmarks.tables")
    return path


def options() -> argparse.ArgumentParser:
    """What a figure is taken with."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.figures", description=__doc__)
    commands = parser.add_subparsers(dest="figure", required=True, metavar="FIGURE")
    for figure in FIGURES:
        command = commands.add_parser(figure)
        command.add_argument("--note", default="", help="what a reader must know, for example that the data are copies")
        command.add_argument("--out", type=Path, help="the file to write instead of benchmarks/results/FIGURE.json")
        command.add_argument("--data-dir", type=Path, help="the folder of real data; WXB_DATA without it")
        command.add_argument("--seeds", type=int, help="how many seeds, counted from 0")
        command.add_argument("--repetitions", type=int, help="of what is timed")
        command.add_argument("--shared", type=Path, default=SHARED, help="the folder with tables/ and labels/")
    return parser


def save(result: dict[str, object], path: Path) -> None:
    """Write the result as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with open(handle, "w") as file:
        json.dump(result, file, indent=1, ensure_ascii=False)
        file.write("\n")
    os.replace(name, path)


if __name__ == "__main__":
    main()
