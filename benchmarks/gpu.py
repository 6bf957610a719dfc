"""CIFAR-10 on one GPU: `wxb train` beside the fastest published method, in turn in one session."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Figure, Row, Rows, Scope, Table
from benchmarks.peers.arrays import prepare
from benchmarks.training import spread, train
from wxb.learning.profile import matrix_rate

SCRIPT = Path(__file__).resolve().parent / "peers" / "scripts" / "airbench.py"
COUNTED = ("start", "data", "train", "test")  # stages of wxb that the method has too
SIZE = 8192  # rows and columns of the matrices whose product is the GPU's rate


@dataclass(frozen=True)
class Beside(Figure):
    """`wxb train ARGUMENTS` and the published method, trained in turn with every seed."""

    arguments: tuple[str, ...]
    method: str
    bound: Bound  # of wxb's time, as a share of the method's
    seeds: int = 3

    def owed(self) -> str:
        """The bound in words."""
        return f"the accuracy of the method in {self.bound} of its time, from the start of the process and in training"

    def measure(self, scope: Scope) -> Rows:
        """For both: accuracy, seconds from the start of the process to the end of the test, and seconds of training.

        Raises SystemExit if there is no GPU.
        """
        if not torch.cuda.is_available():
            raise SystemExit("this figure needs a GPU that torch can use")
        rate = matrix_rate(torch.bfloat16, 1, SIZE, device="cuda")
        ours: Row = {"what": self._command, "rate": rate, "told": []}
        theirs: Row = {"what": self.method}
        for row in (ours, theirs):
            row |= {"seeds": list(range(scope.seeds or self.seeds)), "accuracy": [], "seconds": [], "training": []}
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

    def table(self, rows: Rows) -> Table:
        """Accuracy and seconds of both, and wxb's share of the method's time; a row that was not taken says so."""
        ours = next((row for row in rows if "told" in row), None)
        theirs = next((row for row in rows if row["what"] == self.method), None)
        owed = f"not taken: {self.owed()}" if ours is None or theirs is None else self._verdict(ours, theirs)
        head = ("what", "test accuracy", "seconds from start to test", "of them training", "owed")
        return [head, (f"`{self._command}`", *_numbers(ours), owed), (self.method, *_numbers(theirs), "")]

    def _verdict(self, ours: Row, theirs: Row) -> str:
        whole, training = (
            statistics.median(ours[name]) / statistics.median(theirs[name]) for name in ("seconds", "training")
        )
        reached = statistics.mean(ours["accuracy"]) >= statistics.mean(theirs["accuracy"])
        share = statistics.median(map(_rate, ours["told"])) / ours["rate"]
        return (
            f"the method's accuracy: {'reached' if reached else '**missed**'}; of its time from the start "
            f"{whole:.2f}×, {verdict(self.bound, whole)}; of its training {training:.2f}×, "
            f"{verdict(self.bound, training)}; {100 * share:.0f} % of the rate of a product in bfloat16"
        )


def _numbers(row: Row | None) -> tuple[str, str, str]:
    if row is None:
        return "", "", ""
    return spread(row["accuracy"], "accuracy"), middle(row["seconds"], 1), middle(row["training"], 2)


def _add(row: Row, accuracy: float, seconds: float, training: float) -> None:
    row["accuracy"].append(accuracy)
    row["seconds"].append(round(seconds, 3))
    row["training"].append(round(training, 3))


def _rate(answer: dict[str, Any]) -> float:
    """GFLOP/s of a whole training: six operations per multiply-add of the forward pass, as in `--profile`."""
    multiply_adds = answer["multiply_adds"] * answer["steps"] * answer["batch_size"]
    return float(6e-9 * multiply_adds / answer["seconds"]["train"])


def published(arrays: Path, seed: int) -> tuple[float, float, float]:
    """The method's accuracy, its seconds from the start of the process to the end of its test, and those of training.

    Every epoch counts as the mean of all but the first, which selects kernels: the method's own measure excludes that.
    """
    ended, _ = timing.python(str(SCRIPT), "--data", str(arrays), "--seed", str(seed))
    epochs: list[dict[str, Any]] = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    first, *_, last = epochs
    begun, ended = last["evaluation"]
    epoch = (last["seconds"] - first["seconds"]) / (last["epoch"] - first["epoch"])
    return last["test_accuracy"], last["seconds"] + ended - begun, epoch * last["epoch"]
