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

from benchmarks.owed import FIGURES, LOOPS, PROCESSES, TRAININGS

RESULTS = Path(__file__).resolve().parent / "results"


def main(arguments: list[str] | None = None) -> Path:
    """Measure one figure and write its file; returns the path."""
    from benchmarks import machine, startup, throughput, training

    given = options().parse_args(arguments)
    folder = training.data_folder(given.data_dir)
    threads = machine.available_cores()
    result: dict[str, object] = {
        "figure": given.figure,
        "command": f"python -m benchmarks.figures {given.figure}",
        "date": datetime.date.today().isoformat(),
        "note": given.note,
        "machine": machine.describe(),
    }
    before = machine.rates(threads)
    if given.figure == "startup":
        rows = startup.measure(PROCESSES, given.repetitions)
    elif given.figure == "throughput":
        rows = [throughput.measure(loop, given.repetitions, str(folder) if folder else None) for loop in LOOPS]
    else:
        seeds, trainings = TRAININGS[given.figure]
        extra = ("--data-dir", str(folder)) if folder else ()
        rows = [training.measure(one, given.seeds or seeds, extra) for one in trainings]
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
        command.add_argument("--data-dir", help="the folder of real data; WXB_DATA without it")
        command.add_argument("--seeds", type=int, help="how many seeds, counted from 0")
        command.add_argument("--repetitions", type=int, default=15 if figure == "startup" else 5)
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
