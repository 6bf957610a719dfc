"""What folding a network for prediction gains: one picture at a time, many at once, and files from disk.

`python -m benchmarks.prediction` prints JSON. Pictures and weights are random, for no time depends on them. What is
compared is measured in turn in one process, on one thread, so that what else the machine does weighs on all alike:

    loaded     the module in evaluation mode, its weights read from the run's folder for every picture
    module     the module in evaluation mode, kept
    predict    `run.predict`
"""

from __future__ import annotations

import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

import wxb
from benchmarks.machine import describe
from wxb.cli.examples import Example, ahead, batches
from wxb.cli.predict import predict_files
from wxb.learning.defaults import default, headed
from wxb.learning.inference import batch_size_for
from wxb.learning.machine import Machine
from wxb.network.build import Model
from wxb.notation import plan, read
from wxb.runs.folder import REPORTS
from wxb.runs.predict import Prediction, machine_of, prediction
from wxb.runs.run import Run

CASES: tuple[tuple[str, tuple[int, ...], str | None, str], ...] = (
    ("digits, default network", (1, 8, 8), None, "float32"),
    ("LeNet-5", (1, 28, 28), "lenet5", "float32"),
    ("CIFAR-10, default network", (3, 32, 32), None, "float32"),
    ("CIFAR-10, default network", (3, 32, 32), None, "bfloat16"),
)
CLASSES = 10
ROUNDS = 300  # of one picture
LOADS = 30
PASSES = 9  # over many pictures
WORK = 2e9  # multiply-adds of a pass
PHOTOS, PHOTO, SIDE = 256, (375, 500, 3), 64  # files, their pixels, what the network takes
BATCH_BEFORE = 512


def main() -> None:
    """Prints all of it."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        cases = [case(Path(folder) / str(number), *one) for number, one in enumerate(CASES)]
        files = from_disk(Path(folder))
    print(json.dumps({"machine": describe(), "threads": 1, "cases": cases, "files": files}, indent=2))


def case(folder: Path, what: str, shape: tuple[int, ...], text: str | None, precision: str) -> dict[str, object]:
    """Milliseconds of one picture, and pictures a second of many."""
    run, pictures = made(folder, shape, text, precision)
    machine, model = machine_of(run), run.model()
    one = pictures[0]
    latency = medians(
        {
            "loaded": (LOADS, lambda: module_says(run, run.model(), machine_of(run), one[None], BATCH_BEFORE)),
            "module": (ROUNDS, lambda: module_says(run, model, machine, one[None], BATCH_BEFORE)),
            "predict": (ROUNDS, lambda: run.predict(one)),
        }
    )
    count = max(BATCH_BEFORE, min(len(pictures), round(WORK / run.summary.multiply_adds)))
    many, size = pictures[:count], batch_size_for(model.plan, machine)
    seconds = medians(
        {
            f"module, {BATCH_BEFORE} at a time": (PASSES, lambda: module_says(run, model, machine, many, BATCH_BEFORE)),
            f"module, {size} at a time": (PASSES, lambda: module_says(run, model, machine, many, size)),
            "predict": (PASSES, lambda: run.predict(many)),
        }
    )
    return {
        "what": what,
        "network": run.summary.network,
        "precision": precision,
        "one_picture_ms": {name: round(1e3 * value, 3) for name, value in latency.items()},
        "one_picture_times_faster": ratios(latency),
        "pictures": count,
        "pictures_a_second": {name: round(count / value, 1) for name, value in seconds.items()},
        "many_times_faster": ratios(seconds),
    }


def made(folder: Path, shape: tuple[int, ...], text: str | None, precision: str) -> tuple[Run, NDArray[np.uint8]]:
    """A finished run of an untrained network, and pictures for it."""
    pictures = np.random.default_rng(0).integers(0, 256, (2048, *shape), dtype=np.uint8)
    data = wxb.load_data(pictures[:200], np.arange(200) % CLASSES)
    planned = plan(read(text or headed(default(data), data)), data.shape, data.outputs)
    machine = dataclasses.asdict(Machine("cpu", precision, 1))
    run = Run.create(data, planned, {"seed": 0}, steps=1, out=folder, machine=machine)
    run.finish(wxb.build(planned, data).state_dict(), {}, dict.fromkeys(REPORTS, "{}"))
    return Run.open(folder), pictures


def module_says(run: Run, model: Model, machine: Machine, pictures: NDArray[np.uint8], size: int) -> Prediction:
    """What the module, as it was trained, says in evaluation mode, `size` pictures at a time."""
    scores = torch.empty(len(pictures), CLASSES)
    with torch.inference_mode(), machine.in_force(), machine.autocast():
        for start in range(0, len(pictures), size):
            batch = torch.from_numpy(pictures[start : start + size]).contiguous(memory_format=torch.channels_last)
            scores[start : start + size] = model(batch).float()
    return prediction(scores, model.head, run.summary.task, run.summary.classes)


def medians(things: dict[str, tuple[int, Callable[[], object]]]) -> dict[str, float]:
    """Median seconds of each, so many times in turn; the first time, which warms up, is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in things}
    for repetition in range(max(times for times, _ in things.values()) + 1):
        for name, (times, do) in things.items():
            if repetition <= times:
                start = time.perf_counter()
                do()
                seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}


def ratios(seconds: dict[str, float]) -> dict[str, float]:
    """How many times as long as `predict` the others take."""
    return {name: round(value / seconds["predict"], 2) for name, value in seconds.items() if name != "predict"}


# --- files ----------------------------------------------------------------------------------------------------------


class Nothing:
    """An output that prints nothing."""

    def add(self, examples: list[Example], found: Prediction) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


def from_disk(folder: Path) -> dict[str, object]:
    """Photos a second, read while others are computed, and one after the other."""
    run, _ = made(folder / "photos", (3, SIDE, SIDE), None, "float32")
    smooth = np.random.default_rng(0).integers(0, 256, (PHOTOS, *(side // 25 for side in PHOTO[:2]), 3), dtype=np.uint8)
    files = []
    for number, picture in enumerate(smooth):
        files.append(str(folder / f"{number}.jpg"))
        Image.fromarray(picture).resize((PHOTO[1], PHOTO[0])).save(files[-1], quality=90)

    def in_turn() -> None:
        for batch in batches(files, run):
            run.predict(np.concatenate(batch.values))

    seconds = medians(
        {
            "reading alone": (PASSES, lambda: list(batches(files, run))),
            "reading ahead alone": (PASSES, lambda: list(ahead(batches(files, run)))),
            "in turn": (PASSES, in_turn),
            "predict": (PASSES, lambda: predict_files(run, tuple(files), Nothing())),
        }
    )
    return {
        "what": f"{PHOTOS} JPEG of {PHOTO[1]}x{PHOTO[0]}, {run.summary.network} of {prod(run.summary.input):,} numbers",
        "files_a_second": {name: round(PHOTOS / value, 1) for name, value in seconds.items()},
        "times_faster": ratios({name: seconds[name] for name in ("in turn", "predict")}),
    }


if __name__ == "__main__":
    main()
