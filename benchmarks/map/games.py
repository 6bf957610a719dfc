"""Acting on reward: cart and pole in seconds, beside Stable-Baselines3, and how well board games are played."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from benchmarks.results import ROOT
from wxb.statistics import mean_of

PEER = ROOT / "benchmarks" / "peers" / "scripts" / "sb3_cartpole.py"
PYTHON = ROOT / "build" / "peers" / "play" / "bin" / "python"  # of benchmarks/peers/environment.sh build/peers play


def played(words: tuple[str, ...], seed: int) -> tuple[dict[str, Any], float]:
    """What `wxb play WORDS` answers, and the seconds of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "run")
        began = time.perf_counter()
        command = [sys.executable, "-m", "wxb", "play", *words, "--seed", str(seed), "--out", out, "--json", "--quiet"]
        ended = subprocess.run(command, check=True, capture_output=True, text=True, env=timing.environment())
        return json.loads(ended.stdout), round(time.perf_counter() - began, 2)


@dataclass(frozen=True)
class Learner:
    """A command of wxb, or settings of the peer, with what it owes."""

    what: str
    words: tuple[str, ...]
    peer: bool = False
    reached: Bound | None = None  # the median of the mean returns
    seconds: Bound | None = None  # the median of the whole commands


@dataclass(frozen=True)
class Balancing(Figure):
    """Mean return of 100 games after learning, and the seconds of the whole command, by seed."""

    rows: tuple[Learner, ...]
    seeds: int = 5

    def measure(self, scope: Scope) -> Rows:
        """A row for each learner; without the peer's environment there is none of the peer."""
        seeds = list(range(scope.seeds or self.seeds))
        found: Rows = [
            {"what": one.what, "seeds": seeds, "return": [], "seconds": [], "moves": []}
            for one in self.rows
            if not one.peer or PYTHON.exists()
        ]
        cases = {one.what: one for one in self.rows}
        for seed in seeds:
            for row in found:
                reached, seconds, moves = self._one(cases[row["what"]], seed)
                for name, value in (("return", reached), ("seconds", seconds), ("moves", moves)):
                    row[name].append(value)
                print(f"  {row['what']}, seed {seed}: {reached} in {seconds} s", file=sys.stderr)
        return found

    def _one(self, case: Learner, seed: int) -> tuple[float, float, int]:
        if not case.peer:
            answer, seconds = played(case.words, seed)
            return round(answer["results"][0]["value"], 2), seconds, answer["moves"]
        began = time.perf_counter()
        command = [str(PYTHON), str(PEER), *case.words, str(seed)]
        ended = subprocess.run(command, check=True, capture_output=True, text=True, env=timing.environment())
        told = json.loads(ended.stdout.splitlines()[-1])
        return round(told["return"], 2), round(time.perf_counter() - began, 2), told["moves"]

    def table(self, rows: Rows) -> Table:
        """Medians with the least and the greatest of the seeds."""
        head = ("what", "mean return of 100 games", "whole command, s", "moves learned from", "owed")
        return [head, *lines(self.rows, rows, self._line)]

    def _line(self, case: Learner, row: Row) -> Cells:
        bounds = ((case.reached, row["return"]), (case.seconds, row["seconds"]))
        owed = "; ".join(verdict(bound, statistics.median(values)) for bound, values in bounds if bound is not None)
        moves = f"{statistics.median(row['moves']):,.0f}"
        return (row["what"], middle(row["return"], 1), middle(row["seconds"], 1), moves, owed)


@dataclass(frozen=True)
class Owed:
    """A result of a game, and what it owes in every seed."""

    what: str  # as the run says it
    bound: Bound
    number: str = "value"  # of the result: the share won, or "lost"


@dataclass(frozen=True)
class Boards(Figure):
    """What `wxb play WORDS` measures at its end, by seed."""

    words: tuple[str, ...]
    rows: tuple[Owed, ...]
    seeds: int = 3

    def measure(self, scope: Scope) -> Rows:
        """A row for each result: games won, drawn and lost by seed; the first also has the seconds."""
        found: dict[str, Row] = {}
        for seed in range(scope.seeds or self.seeds):
            answer, seconds = played(self.words, seed)
            for one in answer["results"]:
                row = found.setdefault(one["what"], {"what": one["what"], "results": [], "seconds": [], "network": ""})
                row["results"].append({name: one[name] for name in ("games", "value", "won", "drawn", "lost")})
                row["seconds"].append(seconds)
                row["network"] = answer["network"]
            print(f"  seed {seed}: {seconds} s {[one['value'] for one in answer['results']]}", file=sys.stderr)
        return list(found.values())

    def table(self, rows: Rows) -> Table:
        """Games won, drawn and lost by seed, and the mean share won with its 95 % interval over seeds."""
        owed = {one.what: one for one in self.rows}
        head = ("games", "won, drawn, lost by seed", "share won", "whole command, s", "owed")
        return [head, *(self._line(owed.get(row["what"]), row) for row in rows)]

    def _line(self, owed: Owed | None, row: Row) -> Cells:
        counts = "; ".join(f"{one['won']:,}, {one['drawn']:,}, {one['lost']:,}" for one in row["results"])
        share = mean_of([one["value"] for one in row["results"]], (0, 1))
        low, high = share.interval or (share.mean, share.mean)
        said = f"{100 * share.mean:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"
        kept = ""
        if owed is not None:
            values = [one[owed.number] for one in row["results"]]
            worst = min(values) if owed.bound.least else max(values)
            kept = f"{'lost ' * (owed.number == 'lost')}{verdict(owed.bound, worst)}"
        return (row["what"], counts, said, middle(row["seconds"], 1), kept)
