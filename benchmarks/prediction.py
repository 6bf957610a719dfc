"""The overhead of `run.predict` for one picture, and its pictures per second.

Pictures are random and the network is hardly trained, since no time depends on either. What is compared is measured in
turn in one process, on one thread, so that other work of the machine slows all of it alike.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import wxb
from benchmarks import timing
from benchmarks.bounds import Bound, verdict
from benchmarks.figure import Cells, Figure, Row, Rows, Scope, Table, lines
from wxb.learning.evaluate import prediction
from wxb.learning.inference import batch_size_for
from wxb.learning.machine import Machine
from wxb.network.build import Model
from wxb.runs.predict import trained
from wxb.runs.run import Run
from wxb.tasks.prediction import Prediction

CLASSES = 10
PICTURES = 2048
WORK = 2e9  # multiply-adds of a pass over many pictures
LEAST = 256  # pictures of a pass
ROUNDS_A_PASS = 30  # single pictures that are predicted for each pass over many


@dataclass(frozen=True)
class Case:
    """A network for pictures of a shape; `added` bounds the microseconds that `run.predict` adds to one picture."""

    what: str
    shape: tuple[int, int, int]
    network: str | None = None  # None: the default for such pictures
    precision: str = "float32"
    added: Bound | None = None


@dataclass(frozen=True)
class Predicting(Figure):
    """The figure of all cases."""

    rows: tuple[Case, ...]
    repetitions: int = 300  # of one picture

    def measure(self, scope: Scope) -> Rows:
        """Every case."""
        return [measure(case, scope.repetitions or self.repetitions) for case in self.rows]

    def table(self, rows: Rows) -> Table:
        """Microseconds for one picture; pictures per second for many, and how many times faster than the module."""
        head = (
            "what", "precision", "one picture: folded forward, µs", "`run.predict`, µs", "added, µs",
            "many: module, pictures/s", "`run.predict`, pictures/s", "gain", "owed",
        )  # fmt: skip
        return [head, *lines(self.rows, rows, line)]


def line(case: Case, row: Row) -> Cells:
    """The line of a network."""
    one, many = row["one_picture_us"], row["pictures_a_second"]
    return (
        case.what,
        row["precision"],
        *(f"{one[name]:,.0f}" for name in ("folded", "predict", "added")),
        *(f"{many[name]:,.0f}" for name in ("module", "predict")),
        f"{many['predict'] / many['module']:.2f}×",
        verdict(case.added, one["added"]) if case.added else "",
    )


def measure(case: Case, repetitions: int) -> Row:
    """Median microseconds for one picture and pictures per second for many, on one thread."""
    machine = Machine("cpu", case.precision, threads=1)
    with tempfile.TemporaryDirectory() as folder, machine.in_force():
        run, pictures = made(Path(folder) / "run", case)
        one = pictures[0]
        prepared, folded = channels_last(one[None]), run.predictor.folded

        def forward() -> None:
            with torch.inference_mode():
                folded(prepared)

        single = one_at_a_time(forward, lambda: run.predict(one), repetitions)
        model = trained(run)
        size = batch_size_for(model.plan, machine)
        many = pictures[: max(LEAST, min(PICTURES, round(WORK / run.summary.multiply_adds)))]
        whole = medians(
            {
                "module": lambda: module_says(run, model, machine, many, size),
                "predict": lambda: run.predict(many),
            },
            max(1, repetitions // ROUNDS_A_PASS),
        )
    print(f"  {case.what}: one picture in {1e6 * single['predict']:,.0f} µs", file=sys.stderr)
    return {
        "what": case.what,
        "network": run.summary.network,
        "precision": case.precision,
        "threads": machine.threads,
        "one_picture_us": {name: round(1e6 * value, 1) for name, value in single.items()},
        "pictures": len(many),
        "batch_size": size,
        "pictures_a_second": {name: round(len(many) / value, 1) for name, value in whole.items()},
    }


def made(folder: Path, case: Case) -> tuple[Run, NDArray[np.uint8]]:
    """A run of a single training step, and pictures for it."""
    pictures = np.random.default_rng(0).integers(0, 256, (PICTURES, *case.shape), dtype=np.uint8)
    data = wxb.load_data(pictures[:200], np.arange(200) % CLASSES)
    run = wxb.train(data, case.network, out=folder, steps=1, threads=1, device="cpu", precision=case.precision)
    return run, pictures


def channels_last(pictures: NDArray[np.uint8]) -> torch.Tensor:
    """Pictures (n, channels, height, width) as a tensor in the networks' memory layout."""
    return torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last)


def module_says(run: Run, model: Model, machine: Machine, pictures: NDArray[np.uint8], size: int) -> Prediction:
    """Predictions of the module as it was trained, in evaluation mode, `size` pictures at a time."""
    scores = torch.empty(len(pictures), CLASSES)
    with torch.inference_mode(), machine.autocast():
        for start in range(0, len(pictures), size):
            scores[start : start + size] = model(channels_last(pictures[start : start + size])).float()
    return prediction(scores, model.head, run.summary.task, run.summary.classes)


def one_at_a_time(forward: Callable[[], object], predict: Callable[[], object], repetitions: int) -> dict[str, float]:
    """Median seconds of both, and of what `predict` takes longer than the forward pass in the same turn."""
    taken = timing.in_turn(
        {name: partial(timing.seconds, way) for name, way in (("folded", forward), ("predict", predict))}, repetitions
    )
    taken["added"] = [whole - part for whole, part in zip(taken["predict"], taken["folded"], strict=True)]
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def medians(ways: dict[str, Callable[[], object]], repetitions: int) -> dict[str, float]:
    """Median seconds of each, in turn."""
    taken = timing.in_turn({name: partial(timing.seconds, way) for name, way in ways.items()}, repetitions)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}
