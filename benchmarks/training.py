"""Scores on test examples: the real command, one process a seed in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Asked, Row, Table

SCORES = {"accuracy": "test accuracy", "r2": "test R²"}  # key of `wxb train --json`: head of the table


class Trained(Protocol):
    """A row of a figure of trainings."""

    @property
    def what(self) -> str: ...

    @property
    def bound(self) -> Bound | None: ...

    @property
    def seconds(self) -> Bound | None: ...

    def measure(self, seeds: int, score: str, asked: Asked) -> Row: ...


@dataclass(frozen=True)
class Training:
    """`wxb train ARGUMENTS`, once a seed: the mean score, and the seconds of the slowest whole command."""

    what: str
    arguments: tuple[str, ...]
    bound: Bound | None = None
    seconds: Bound | None = None
    file: str = ""  # below the shared folder, that the command finds in its own

    def measure(self, seeds: int, score: str, asked: Asked) -> Row:
        """Train with seeds 0 to seeds - 1; accuracies are fractions, seconds are those of the whole process."""
        row: Row = {
            "what": self.what,
            "command": " ".join(("wxb train", *map(quoted, self.arguments))),
            "seeds": list(range(seeds)),
            score: [],
            "seconds": [],
            "told": [],
        }
        for seed in row["seeds"]:
            answer, took = train(self.arguments, seed, asked.shared / self.file if self.file else None)
            row[score].append(answer["test"][score])
            row["seconds"].append(round(took, 2))
            row["told"].append({key: value for key, value in answer.items() if key != "run"})
            print(f"  {self.what}, seed {seed}: {row[score][-1]:.4f} in {took:.1f} s", file=sys.stderr)
        return row


@dataclass(frozen=True)
class Trainings:
    """A figure of several trainings; `beside` are those of other figures that its table shows too."""

    seeds: int
    rows: tuple[Trained, ...]
    score: str = "accuracy"
    about: str = ""

    def owed(self) -> str:
        """Every bound with the row that it is for."""
        bounds = [pair for one in self.rows for pair in ((one.what, one.bound), ("", one.seconds))]
        return "; ".join(f"{what} {bound}".strip() for what, bound in bounds if bound)

    def measure(self, asked: Asked) -> list[Row]:
        """Every row, once a seed."""
        return [row.measure(asked.seeds or self.seeds, self.score, asked) for row in self.rows]

    def table(self, rows: list[Row]) -> Table:
        """Mean score over the seeds, seconds, parameters, and the bounds."""
        measured = {row["what"]: row for row in rows}
        means = {what: statistics.mean(row[self.score]) for what, row in measured.items()}
        head = ("what", "command", SCORES[self.score], "seconds", "parameters", "owed")
        return [
            head,
            *(self._line(one, measured[one.what], means) for one in self.rows if one.what in measured),
        ]

    def _line(self, one: Trained, row: Row, means: dict[str, float]) -> tuple[str, ...]:
        verdicts = [verdict(one.bound, means[one.what], means)] if one.bound else []
        if one.seconds:
            verdicts.append(verdict(one.seconds, max(row["seconds"])))
        parameters = f"{row['told'][0]['parameters']:,}" if row["told"] else ""
        scored = spread(row[self.score], self.score)
        return (one.what, f"`{row['command']}`", scored, middle(row["seconds"], 1), parameters, "; ".join(verdicts))


def spread(scores: list[float], score: str) -> str:
    """Mean ± standard deviation over seeds, accuracies in %."""
    factor, digits, unit = (100, 2, " %") if score == "accuracy" else (1, 3, "")
    deviation = f" ± {factor * statistics.stdev(scores):.{digits}f}" if len(scores) > 1 else ""
    seeds = f"{len(scores)} seed" + ("s" if len(scores) > 1 else "")
    return f"{factor * statistics.mean(scores):.{digits}f}{deviation}{unit} ({seeds})"


def train(arguments: tuple[str, ...], seed: int, file: Path | None = None) -> tuple[dict[str, Any], float]:
    """What `wxb train … --json` says, and the seconds of its process; a command that fails ends the measurement.

    `file` is copied into the folder that the command runs in.
    """
    command = [sys.executable, "-m", "wxb", "train", *arguments, "--seed", str(seed), "--json", "-q"]
    environment = {name: value for name, value in os.environ.items() if name != "WXB_RUNS"}
    with tempfile.TemporaryDirectory() as folder:
        if file:
            shutil.copy(file, folder)
        start = time.perf_counter()
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        took = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout), took


def quoted(word: str) -> str:
    """A word as it is typed: in quotes where it has blanks or signs of the shell."""
    return f'"{word}"' if set(word) & set(" *()[]?,") else word
