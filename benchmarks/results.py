"""The stored results: one JSON file for each figure, lesson and comparison with peers, in benchmarks/results/."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

from benchmarks import machine
from wxb import storage
from wxb.settings import RENAMED, RENAMED_VALUES

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {
    "figure": "",
    "lesson": "theory",
    "peers": "peers",
    "tables": "tables",
    "torture": "torture",
    "faults": "faults",
}  # by what was measured, below benchmarks/results/

Row = dict[str, Any]
Rows = list[Row]
Result = dict[str, Any]


def path(kind: str, name: str) -> Path:
    """The file of a result."""
    return ROOT / "benchmarks" / "results" / FOLDERS[kind] / f"{name}.json"


def read(kind: str) -> dict[str, Result]:
    """All results of a kind by name; settings that were renamed since are spelled as today."""
    files = sorted(path(kind, "x").parent.glob("*.json"))
    return {file.stem: dict(json.loads(spelled(file.read_text()))) for file in files}


def spelled(text: str) -> str:
    """The text with today's names of options and of their values: "--start random" as "--initialization random"."""
    flags = {name.replace("_", "-"): name for name in {*RENAMED, *RENAMED_VALUES}}

    def today(option: re.Match[str]) -> str:
        name, value = flags[option["flag"]], option["value"]
        words = RENAMED_VALUES.get(name, {})
        flag = RENAMED.get(name, name).replace("_", "-")
        return f"--{flag}" + (f" {words.get(value, value)}" if value else "")

    return re.sub(rf"--(?P<flag>{'|'.join(flags)})(?![\w-])(?: (?P<value>\w[\w-]*))?", today, text) if flags else text


def save(result: Result, file: Path) -> None:
    """Write a result atomically."""
    file.parent.mkdir(parents=True, exist_ok=True)
    storage.write(file, json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def session(command: str, note: str) -> Result:
    """Command, date, note and machine: what every result says about how it came about."""
    date = datetime.date.today().isoformat()
    return {"command": command, "date": date, "note": note, "machine": machine.describe()}


def taken_on(session: Result, *more: str) -> str:
    """Date, machine and versions of a session in a sentence; `more` are libraries whose versions are named too."""
    its = session["machine"]
    parts = [session["date"], its["processor"], f"{its['cores']} cores"]
    parts += [f"{its['memory_gib']} GiB"] if its["memory_gib"] else []
    parts += [its["gpu"]] if its["gpu"] else []
    parts += [its["system"], f"Python {its['python']}", *(f"{name} {its[name]}" for name in more)]
    return ", ".join([*parts, f"wxb {its['wxb']} at {its['commit'] or 'no commit'}"])
