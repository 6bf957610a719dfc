"""Measure: `python -m benchmarks.faults --only tuning-wxb` writes benchmarks/results/faults/PART-FORM.json.

Every training is a row, saved when it ends and not repeated: what was interrupted continues when the same command is
given again. The order is drawn once for each part and form, so that a part of the rows is a fair sample of all. Then
`python -m benchmarks.pages` writes the tables into docs/doctor-measured.md.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path
from zlib import crc32

from benchmarks import pages, results
from benchmarks.faults import page, stored, summary
from benchmarks.faults.measuring import measured
from benchmarks.faults.roster import FORMS, PARTS, Case, cases

FOLDER = results.path("faults", "x").parent
FILES = tuple(f"{part}-{form}" for part in PARTS for form in FORMS)


def main(words: list[str] | None = None) -> int:
    """Measure what has no row yet; returns 1 if a training could not be measured."""
    options = parser().parse_args(words)
    failed = 0
    for name in options.only or FILES:
        part, form = name.split("-")
        failed += measure(part, form, options)
    its = {name: stored.read(options.out / f"{name}.json") for name in FILES}
    print("\n".join(pages.markdown(page.figures(summary.by_part(its)))))
    print("\nnext: python -m benchmarks.pages")
    return int(bool(failed))


def parser() -> argparse.ArgumentParser:
    """The options of the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=FILES, metavar="PART-FORM", help=", ".join(FILES))
    parser.add_argument("--named", help="only trainings whose name contains this")
    parser.add_argument("--limit", type=int, help="stop after so many trainings")
    parser.add_argument("--truth", action="store_true", help="measure without asking the doctor")
    parser.add_argument("--lean", action="store_true", help="try changes only where the doctor names another cause")
    parser.add_argument("--doctor", action="store_true", help="ask the doctor again about what has rows")
    parser.add_argument("--unasked", action="store_true", help="ask the doctor about rows that he was not asked about")
    parser.add_argument("--note", default="", help="what a reader must know")
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder to write into")
    return parser


def ordered(part: str, form: str) -> list[Case]:
    """The trainings of a part and form, in an order that is drawn."""
    return sorted(cases(part, form), key=lambda case: crc32(f"{part} {form} {case.name}".encode()))


def measure(part: str, form: str, options: argparse.Namespace) -> int:
    """Measure the trainings of a part and form that have no row; returns how many failed."""
    file = stored.path(options.out, part, form)
    result = stored.read(file)
    session = results.session(f"python -m benchmarks.faults --only {part}-{form}", options.note)
    if session not in result["sessions"]:
        result["sessions"].append(session)
    place = result["sessions"].index(session)
    there = {row.name: row for row in stored.rows(result)}
    if options.unasked:
        wanted = {name for name, row in there.items() if not row.asked}
    elif options.doctor:
        wanted = set(there)
    else:
        wanted = {case.name for case in cases(part, form)} - set(there)
    waiting = [case for case in ordered(part, form) if case.name in wanted and (options.named or "") in case.name]
    failed = 0
    for number, case in enumerate(waiting[: options.limit], 1):
        began = time.monotonic()
        try:
            row = measured(case, place, there.get(case.name), not options.truth, options.lean)
        except Exception:  # a defect of the doctor or of the benchmark: the others go on
            print(f"  {case.name} failed", file=sys.stderr)
            traceback.print_exc()
            failed += 1
            continue
        stored.add(result, row, file)
        print(f"  {number}/{len(waiting)} {page.line(row)}, {time.monotonic() - began:.1f} s", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
