"""Try every odd input and failing system, and store what came: `python -m benchmarks.torture`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import results
from benchmarks.torture import pictures, runs, system, tables
from benchmarks.torture.odd import Odd

GROUPS: dict[str, Callable[[], tuple[Odd, ...]]] = {
    "tables": tables.odds,
    "pictures": pictures.odds,
    "runs": runs.odds,
    "system": system.odds,
}


def main(arguments: list[str] | None = None) -> None:
    """Try some groups, or all, and store their rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.torture", description=__doc__)
    parser.add_argument("group", nargs="*", help=f"of {', '.join(GROUPS)}; all without it")
    parser.add_argument("--only", default="", help="try what has these words, and store nothing")
    options = parser.parse_args(arguments)
    for name in options.group or GROUPS:
        odds = [odd for odd in GROUPS[name]() if options.only in odd.what]
        rows = [tried(odd) for odd in odds]
        wrong = [row["what"] for row in rows if not row["as_it_should"]]
        print(f"{name}: {len(rows) - len(wrong)} of {len(rows)} as they should be")
        if not options.only:
            command = "python -m benchmarks.torture"
            results.save({"figure": name, **results.session(command, ""), "rows": rows}, results.path("torture", name))


def tried(odd: Odd) -> results.Row:
    """The row of an odd input, tried in a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        row = odd.row(Path(folder))
    print("ok   " if row["as_it_should"] else "WRONG", row["what"], "→", row["came"], flush=True)
    return row


if __name__ == "__main__":
    main()
