"""CIFAR-10 on one GPU: `wxb train` beside the fastest published method, in turn in one session."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Asked, Row, Table
from benchmarks.peers.arrays import prepare
from benchmarks.training import spread, train
from wxb.learning.profile import matrix_rate

SCRIPT = Path(__file__).resolve().parent / "peers" / "scripts" / "airbench.py"
COUNTED = ("start", "data", "train", "test")  # stages of wxb that the method has too
SIZE = 8192  # rows and columns of the matrices whose product is the GPU's rate


@dataclass(frozen=True)
class Beside:
    """`wxb train ARGUMENTS` and the published method, a run of each a seed, in turn."""

    arguments: tuple[str, ...]
    method: str
    bound: Bound  # of wxb's time, as a share of the method's
    seeds: int = 3
    about: str = ""

    def owed(self) -> str:
        """The bound in words."""
        return f"the accuracy of the method in {self.bound} of its time, from the start of the process and in training"

    def measure(self, asked: Asked) -> list[Row]:
        """Accuracy, seconds from the start of the process to the end of the test, and seconds of training, of both.

        Raises SystemExit where there is no GPU.
        """
        if not torch.cuda.is_available():
            raise SystemExit("this figure needs a GPU that torch can use")
        rate = matrix_rate(torch.bfloat16, 1, SIZE, device="cuda")
        ours: Row = {"what": self._command, "rate": rate, "told": []}
        theirs: Row = {"what": self.method}
        for row in (ours, theirs):
            row |= {"seeds": list(range(asked.seeds or self.seeds)), "accuracy": [], "seconds": [], "training": []}
        with tempfile.TemporaryDirectory() as folder:
            arrays = prepare("cifar10", None, Path(folder))
            for seed in ours["seeds"]:
                answer, _ = train(self.arguments, seed)
                stages = answer["seconds"]
                ours["told"].append({key: value for key, value in answer.items() if key != "run"})
                _add(ours, answer["test"]["accuracy"], sum(stages[name] for name in COUNTED), stages["train"])
                _add(theirs, *published(arrays, seed))
                print(f"  seed {seed}: {ours['seconds'][-1]:.1f} s, {theirs['seconds'][-1]:.1f} s", file=sys.stderr)
        return [ours, theirs]

    @property
    def _command(self) -> str:
        return " ".join(("wxb train", *self.arguments))

    def table(self, rows: list[Row]) -> Table:
        """Accuracy and seconds of both, and wxb's share of the method's time and of the GPU's rate."""
        ours, theirs = rows
        head = ("what", "test accuracy", "seconds from start to test", "of them training", "owed")
        lines = []
        for row in rows:
            times = middle(row["seconds"], 1), middle(row["training"], 2)
            lines.append(
                (f"`{row['what']}`" if row is ours else row["what"], spread(row["accuracy"], "accuracy"), *times)
            )
        shares = [statistics.median(ours[name]) / statistics.median(theirs[name]) for name in ("seconds", "training")]
        reached = statistics.mean(ours["accuracy"]) >= statistics.mean(theirs["accuracy"])
        told = (
            f"the method's accuracy: {'reached' if reached else '**missed**'}; its time from the start "
            f"{verdict(self.bound, shares[0])} ({shares[0]:.2f}×), its training {verdict(self.bound, shares[1])} "
            f"({shares[1]:.2f}×)"
        )
        return [head, (*lines[0], told), (*lines[1], "")]


def _add(row: Row, accuracy: float, seconds: float, training: float) -> None:
    row["accuracy"].append(accuracy)
    row["seconds"].append(round(seconds, 3))
    row["training"].append(round(training, 3))


def published(arrays: Path, seed: int) -> tuple[float, float, float]:
    """The method's accuracy, its seconds from the start of the process to the end of its test, and those of training.

    An epoch counts with the mean of all but the first, which chooses kernels: the method's own measure leaves that out.
    """
    command = [sys.executable, str(SCRIPT), "--data", str(arrays), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stderr}")
    told: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    first, *_, last = told
    begun, ended = last["evaluation"]
    epoch = (last["seconds"] - first["seconds"]) / (last["epoch"] - first["epoch"])
    return last["test_accuracy"], last["seconds"] + ended - begun, epoch * last["epoch"]
