"""Scores on test examples: the real command, one process for each seed, in a folder of its own."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines

SCORES = {"accuracy": "test accuracy", "r2": "test R²"}  # key of `wxb train --json`: head of the table


class Trained(Protocol):
    """A row of a figure of trainings."""

    @property
    def what(self) -> str: ...

    @property
    def bound(self) -> Bound | None: ...

    @property
    def seconds(self) -> Bound | None: ...

    def measure(self, seeds: int, score: str, scope: Scope) -> Row: ...


@dataclass(frozen=True)
class Training:
    """`wxb train ARGUMENTS`, once for each seed; bounds of the mean score and of the slowest seconds."""

    what: str
    arguments: tuple[str, ...]
    bound: Bound | None = None
    seconds: Bound | None = None
    file: str = ""  # below the shared folder, that the command finds in its own

    def measure(self, seeds: int, score: str, scope: Scope) -> Row:
        """Train with seeds 0 to seeds - 1; accuracies are fractions, seconds are those of the whole process."""
        file = scope.shared / self.file if self.file else None
        answers = [train(self.arguments, seed, file) for seed in range(seeds)]
        return {
            "what": self.what,
            "command": command(self.arguments),
            "seeds": list(range(seeds)),
            score: [answer["test"][score] for answer, _ in answers],
            "seconds": [round(seconds, 2) for _, seconds in answers],
            "told": [{key: value for key, value in answer.items() if key != "run"} for answer, _ in answers],
        }


@dataclass(frozen=True)
class Trainings(Figure):
    """A figure of several trainings."""

    seeds: int
    rows: tuple[Trained, ...]
    score: str = "accuracy"

    def measure(self, scope: Scope) -> Rows:
        """Every row, once for each seed."""
        return [row.measure(scope.seeds or self.seeds, self.score, scope) for row in self.rows]

    def table(self, rows: Rows) -> Table:
        """Mean score over the seeds, seconds, parameters, and the bounds."""
        means = {row["what"]: statistics.mean(row[self.score]) for row in rows}

        def line(one: Trained, row: Row) -> Cells:
            owed = [verdict(one.bound, means[one.what], means)] if one.bound else []
            owed += [verdict(one.seconds, max(row["seconds"]))] if one.seconds else []
            parameters = f"{row['told'][0]['parameters']:,}" if row["told"] else ""
            score = spread(row[self.score], self.score)
            return (one.what, f"`{row['command']}`", score, middle(row["seconds"], 1), parameters, "; ".join(owed))

        head = ("what", "command", SCORES[self.score], "seconds", "parameters", "owed")
        return [head, *lines(self.rows, rows, line)]


def spread(scores: list[float], score: str) -> str:
    """Mean ± standard deviation over seeds, accuracies in %."""
    factor, digits, unit = (100, 2, " %") if score == "accuracy" else (1, 3, "")
    deviation = f" ± {factor * statistics.stdev(scores):.{digits}f}" if len(scores) > 1 else ""
    seeds = f"{len(scores)} seed" + ("s" if len(scores) > 1 else "")
    return f"{factor * statistics.mean(scores):.{digits}f}{deviation}{unit} ({seeds})"


def train(arguments: tuple[str, ...], seed: int, file: Path | None = None) -> tuple[dict[str, Any], float]:
    """The JSON of `wxb train …`, and the seconds of its process; a command that fails ends the measurement.

    `file` is copied into the folder that the command runs in.
    """
    with tempfile.TemporaryDirectory() as folder:
        if file:
            shutil.copy(file, folder)
        words = ("-m", "wxb", "train", *arguments, "--seed", str(seed), "--json", "-q")
        ended, seconds = timing.python(*words, folder=folder)
    answer = json.loads(ended.stdout)
    print(f"  {command(arguments)}, seed {seed}: {answer['test']} in {seconds:.1f} s", file=sys.stderr)
    return answer, seconds


def command(arguments: tuple[str, ...]) -> str:
    """`wxb train ARGUMENTS` as it is typed."""
    return " ".join(("wxb train", *map(quoted, arguments)))


def quoted(word: str) -> str:
    """A word as it is typed: in quotes if it has blanks or signs of the shell."""
    return f'"{word}"' if set(word) & set(" *()[]?,") else word
