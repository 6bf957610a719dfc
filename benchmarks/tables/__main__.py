"""Measure: `python -m benchmarks.tables linear histgb --only choosing` writes benchmarks/results/tables/METHOD.json.

Every fold is a row of its method's file. It is saved when it ends and is not repeated: what was interrupted continues
when the same command is given again. "wxb:NETWORK|epochs=30" is another network or recipe of wxb; what it comes to is
stored in build/tables/ and shown beside the default. Then `python -m benchmarks.pages` writes the page.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from pathlib import Path

from benchmarks import pages, results
from benchmarks.peers.session import versions
from benchmarks.results import Result
from benchmarks.tables import content, page, running, stored
from benchmarks.tables.measures import MAIN, measures
from benchmarks.tables.roster import FOLDS, HALVES, METHODS, TABLES, WXB, Table, chosen, seeds_of
from benchmarks.tables.stored import Fold
from benchmarks.tables.summary import whole
from wxb.data.dataset import Dataset
from wxb.hardware import cores

RESULTS = results.path("tables", WXB).parent
TRIED = results.ROOT / "build" / "tables"  # of variants of wxb


def main(words: list[str] | None = None) -> int:
    """Measure what has no row yet; returns 1 if a method failed on a fold."""
    options = parser().parse_args(words)
    if options.data_dir:
        os.environ["WXB_DATA"] = str(options.data_dir.resolve())
    names = options.methods or [WXB, *METHODS]
    for name in names:
        if not running.is_method(name):
            raise SystemExit(
                f"no method {name}\nthere are {', '.join((WXB, *METHODS))} and wxb:NETWORK|SETTING=VALUE,…"
            )
        if name.startswith(f"{WXB}:"):
            running.arguments(name)  # to report a wrong setting at once
    methods = [Measured(name, options) for name in names]
    with tempfile.TemporaryDirectory() as scratch:
        for table in chosen(options.only):
            measure(table, methods, options, Path(scratch) / "fold.npz")
    show(names, {table.name for table in chosen(options.only)}, options.out)
    return int(any(method.failed for method in methods))


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__)
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join((WXB, *METHODS)) + "; default: all")
    named = [*HALVES, *TABLES]
    parser.add_argument("--only", nargs="+", choices=named, metavar="TABLE", help=", ".join(named))
    parser.add_argument("--seeds", type=int, help="how many, counted from 0; default: 3 for small tables, else 1")
    parser.add_argument("--again", action="store_true", help="measure what is there once more")
    parser.add_argument("--alone", action="store_true", help="nothing else runs on the machine: the seconds count")
    parser.add_argument("--environments", type=Path, default=results.ROOT / "build/peers", help="of environment.sh")
    parser.add_argument("--data-dir", type=Path, help="the folder that has tables/; WXB_DATA without it")
    parser.add_argument("--note", default="", help="what a reader must know")
    parser.add_argument("--out", type=Path, help="the folder to write into instead of benchmarks/results/tables")
    return parser


class Measured:
    """A method with its result so far."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self.name = name
        self.failed: set[str] = set()  # tables
        self.file = file_of(name, options.out)
        self.result: Result = stored.read(self.file, name)
        self.python = running.python_of(METHODS[name].environment if name in METHODS else "wxb", options.environments)
        seeds = f" --seeds {options.seeds}" if options.seeds else ""
        session = results.session(f"python -m benchmarks.tables {shlex.quote(name)}{seeds}", options.note)
        packages = METHODS[name].packages if name in METHODS else ("torch",)
        limit = os.environ.get("OMP_NUM_THREADS") if name in METHODS else None  # wxb decides for itself
        threads = int(limit or cores())
        self.session = {**session, "threads": threads, "versions": versions(self.python, packages)}
        self.there = set() if options.again else {fold.key for fold in stored.folds(self.result)}

    def take(self, fold: Dataset, key: tuple[str, int, int], file: Path, alone: bool) -> None:
        """Measure a fold and save its row."""
        table, seed, number = key
        try:
            answer = (
                running.script(self.name, file, seed, self.python)
                if self.name in METHODS
                else running.wxb(fold, self.name, seed)
            )
            test = fold.split.test
            found = measures(fold.task, answer.predicted, content.targets(fold)[test])
            found |= {} if answer.coverage is None else {"coverage": round(answer.coverage, 6)}
        except (running.Failed, ValueError) as error:
            print(f"  {self.name} failed on {table}: {error}", file=sys.stderr)
            self.failed.add(table)
            return
        row = Fold(
            *key,
            rows=content.checksum(test),
            train=len(fold.split.train) + len(fold.split.validation),
            test=len(test),
            seconds=round(answer.seconds, 3),
            alone=alone,
            session=stored.place_of(self.result, self.session),
            measures=found,
        )
        stored.add(self.result, row, self.file)
        where = f"{table}, seed {seed}, fold {number + 1} of {FOLDS}"
        print(f"  {self.name}, {where}: {running.shown(found)}, {answer.seconds:.1f} s", file=sys.stderr)


def file_of(name: str, out: Path | None) -> Path:
    """The file of a method; variants of wxb are kept apart from what the page shows."""
    return stored.path(out or (TRIED if name.startswith(f"{WXB}:") else RESULTS), name)


def measure(table: Table, methods: list[Measured], options: argparse.Namespace, file: Path) -> None:
    """Measure the folds of a table that a method has no row of; methods take turns within a fold."""
    try:
        data = content.load(table)
    except FileNotFoundError as error:
        print(f"  {table.name} is left out: no {error}; WXB_DATA or --data-dir names the folder", file=sys.stderr)
        return
    columns = content.columns(data)
    for seed in range(options.seeds or seeds_of(len(data.examples))):
        for number, fold in enumerate(content.folds(data, seed)):
            key = (table.name, seed, number)
            waiting = [method for method in methods if key not in method.there and table.name not in method.failed]
            if any(method.name in METHODS for method in waiting):
                content.save(fold, columns, file)
            for method in waiting:
                method.take(fold, key, file, options.alone)


def show(names: list[str], tables: set[str], out: Path | None) -> None:
    """Print what these methods came to on the tables beside wxb's default, and how often that wins."""
    shown = {
        name: [fold for fold in whole(stored.folds(stored.read(file_of(name, out), name))) if fold.table in tables]
        for name in dict.fromkeys((WXB, *names))
    }
    found = {
        measure: page.measured(measure, shown) for measure in (MAIN["classification"], "log_loss", MAIN["regression"])
    }
    for title, lines in {**found, "wxb": page.counted(shown)}.items():
        if len(lines) > 1:
            print("\n".join([f"\n{title}", *pages.markdown(lines)]))
    print("\nnext: python -m benchmarks.pages")


if __name__ == "__main__":
    sys.exit(main())
