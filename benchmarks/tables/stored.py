"""The stored results of a method: its sessions, and a row for each fold of each table."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec

from benchmarks import results
from benchmarks.results import Result
from benchmarks.tables.measures import MEASURES


class Fold(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a method came to on one fold of a table."""

    table: str
    seed: int  # of the folds and of the method
    fold: int  # from 0
    rows: str  # checksum of the test rows' numbers
    train: int  # how many rows
    test: int
    seconds: float  # of the fit
    alone: bool  # whether nothing else ran on the machine meanwhile
    session: int  # place among the sessions
    measures: dict[str, float]

    @property
    def key(self) -> tuple[str, int, int]:
        """What no other row has."""
        return self.table, self.seed, self.fold


Folds = list[Fold]


def path(folder: Path, method: str) -> Path:
    """The file of a method, named for it with what a file's name does not take as hyphens."""
    return folder / f"{''.join(one if one.isalnum() or one in '-._=' else '-' for one in method)}.json"


def read(file: Path, method: str) -> Result:
    """The result in a file; one without rows where there is none. Raises SystemExit for a broken file."""
    if not file.exists():
        return {"method": method, "sessions": [], "rows": []}
    try:
        result = json.loads(file.read_text())
        folds(result)
        if result["method"] != method:
            raise ValueError(f"it is of {result['method']}, not of {method}")
    except (ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{file} is broken: {error}\nremove it, or put back the one that was there") from None
    return dict(result)


def folds(result: Result) -> Folds:
    """The rows of a result. Raises ValueError where they are not such rows."""
    rows = msgspec.convert(result["rows"], list[Fold])
    if len({row.key for row in rows}) < len(rows):
        raise ValueError("a fold is there twice")
    for row in rows:
        if unknown := row.measures.keys() - MEASURES.keys():
            raise ValueError(f"no such measure: {', '.join(sorted(unknown))}")
        if not 0 <= row.session < len(result["sessions"]):
            raise ValueError(f"no session {row.session}")
    return rows


def add(result: Result, row: Fold, file: Path) -> None:
    """Put a row into a result, in the place of an earlier one of the same fold, and save the file."""
    kept = [one for one in folds(result) if one.key != row.key]
    result["rows"] = [msgspec.to_builtins(one) for one in [*kept, row]]
    results.save(result, file)


def place_of(result: Result, session: Result) -> int:
    """The place of a session among those of a result, which it joins unless it is there already."""
    if session not in result["sessions"]:
        result["sessions"].append(session)
    return int(result["sessions"].index(session))
