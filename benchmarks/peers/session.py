"""One training of wxb or of a peer as a row of results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.peers.roster import GOALS, LEFT_OUT_AT_THE_END, LEFT_OUT_BEFORE, SCRIPTS, WXB, Peer
from benchmarks.peers.watch import EVERY, Interval, Watched, float32_rate, watch
from benchmarks.results import Row

# variables that decide how many threads or which kernels a library takes, or that modules are compiled
# at every start; wxb's folder of runs; and, for peers, where this project's own modules lie
SETTINGS = {
    "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE",
    "PYTHONDONTWRITEBYTECODE", "WXB_RUNS",
}  # fmt: skip
OF_THIS_PROJECT = {"PYTHONPATH"}


@dataclass(frozen=True)
class Session:
    """The settings that all trainings of a session have in common."""

    data: str
    data_dir: str | None
    arrays: Path  # of the peers
    environments: Path  # the folder that environment.sh filled
    scratch: Path  # an empty folder to work in
    limit: float  # seconds
    every: float = EVERY
    rate: Callable[[], float] = float32_rate

    def python(self, environment: str) -> str:
        """The interpreter of an environment. Raises SystemExit if it has not been made."""
        if environment == "wxb":
            return sys.executable
        path = self.environments / environment / "bin" / "python"
        if not path.exists():
            raise SystemExit(f"no {path}\nmake it: benchmarks/peers/environment.sh {self.environments}")
        return str(path)

    def watch(self, command: Sequence[str], environment: str, enough: Callable[[str], bool]) -> Watched:
        """Run a command under the settings that all have."""
        left_out = SETTINGS if environment == "wxb" else SETTINGS | OF_THIS_PROJECT
        return watch(
            command,
            limit=self.limit,
            enough=enough,
            folder=self.scratch,
            environment={name: value for name, value in os.environ.items() if name not in left_out},
            every=self.every,
            rate=self.rate,
        )

    def wxb_command(self, goal: float) -> list[str]:
        """`wxb train` for a goal, without a seed."""
        where = ("--data-dir", self.data_dir) if self.data_dir else ()
        return [sys.executable, "-m", "wxb", "train", *WXB[self.data][goal], *where, "--json", "-q"]

    def wxb_row(self, goal: float, seed: int) -> Row:
        """Train wxb for a goal."""
        seen = self.watch([*self.wxb_command(goal), "--seed", str(seed)], "wxb", lambda line: False)
        epochs = []
        for came, answer in json_lines(seen, "test"):
            stages = answer["seconds"]
            at_the_end = sum(stages.get(stage, 0.0) for stage in LEFT_OUT_AT_THE_END)
            before = sum(stages.get(stage, 0.0) for stage in LEFT_OUT_BEFORE)
            seconds = seen.seconds(came, [(came - at_the_end, came)]) - before
            epochs.append(
                {"epoch": answer["epochs"], "seconds": round(seconds, 3), "test_accuracy": answer["test"]["accuracy"]}
            )
        return row("wxb", goal, seed, seen, epochs, goal, ())

    def peer_row(self, peer: Peer, goal: float | None, seed: int) -> Row:
        """Train a peer, for one goal or until the highest is reached."""
        wanted = max(GOALS[self.data]) if goal is None else goal
        command = [self.python(peer.environment), str(SCRIPTS / peer.script)]
        command += ["--data", str(self.arrays), "--seed", str(seed)]
        if peer.by_goal:
            command += ["--recipe", str(self.recipe(wanted))]
        seen = self.watch(command, peer.environment, lambda line: accuracy_in(line) >= wanted)
        epochs: list[Row] = []
        evaluations: list[Interval] = []
        for _, answer in json_lines(seen, "test_accuracy"):
            begin, end = answer["evaluation"]
            seconds = round(seen.seconds(begin, evaluations), 3)
            epochs.append({"epoch": answer["epoch"], "seconds": seconds, "test_accuracy": answer["test_accuracy"]})
            evaluations.append((begin, end))
        return row(peer.name, goal, seed, seen, epochs, wanted, evaluations)

    def recipe(self, goal: float) -> Path:
        """The file with wxb's plan for a goal."""
        path = self.scratch / f"recipe-{goal}.json"
        if not path.exists():
            ended = subprocess.run(
                [*self.wxb_command(goal), "--dry-run"], cwd=self.scratch, capture_output=True, text=True, check=True
            )
            path.write_text(ended.stdout)
        return path

    def versions(self, peer: Peer) -> dict[str, str]:
        """Versions of a peer's packages, those that are installed."""
        return versions(self.python(peer.environment), peer.packages)


@cache
def versions(python: str, packages: tuple[str, ...]) -> dict[str, str]:
    """Versions of packages in the environment of an interpreter, those that are installed."""
    code = (
        "import json, sys\nfrom importlib.metadata import distributions\n"
        "found = {d.name.lower().replace('_', '-'): d.version for d in distributions()}\n"
        "print(json.dumps({name: found[name] for name in sys.argv[1:] if name in found}))"
    )
    ended = subprocess.run([python, "-c", code, *packages], capture_output=True, text=True, check=True)
    return dict(json.loads(ended.stdout))


def row(
    name: str,
    goal: float | None,
    seed: int,
    seen: Watched,
    epochs: list[Row],
    wanted: float,
    evaluations: Sequence[Interval],
) -> Row:
    """A row of results; `ended` is "goal", "limit", "by itself" or "error"."""
    if epochs and max(epoch["test_accuracy"] for epoch in epochs) >= wanted:
        ended = "goal"
    else:
        ended = {None: "limit", 0: "by itself"}.get(seen.code, "error")
    return {
        "name": name,
        "goal": goal,
        "seed": seed,
        "ended": ended,
        "error": last_line(seen.errors) if ended == "error" else None,
        "epochs": epochs,
        "seconds": round(seen.seconds(left_out=evaluations), 3),
        "paused": round(sum(end - begin for begin, end in seen.pauses), 3),
        "evaluating": round(sum(end - begin for begin, end in evaluations), 3),
        "rates": [round(rate, 1) for rate in seen.rates],
    }


def json_lines(seen: Watched, key: str) -> list[tuple[float, Row]]:
    """The lines that are JSON objects with this key, each with its time."""
    return [(came, answer) for came, line in seen.lines if key in (answer := json_object(line))]


def json_object(line: str) -> Row:
    """The JSON object in a line; an empty one if there is none."""
    if not line.startswith("{"):
        return {}
    try:
        content = json.loads(line)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def accuracy_in(line: str) -> float:
    """The test accuracy in a script's line; -1 if there is none."""
    return float(json_object(line).get("test_accuracy", -1.0))


def last_line(text: str) -> str:
    """The last line that is not blank: the error of a traceback."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no message"
