"""Folders of runs for the page: one trained network, and many runs made of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

import wxb
from wxb.runs.schema import Epoch

NETWORK = "CONV3-16-RELU-POOL-CONV3-32-RELU-POOL-FC-64-RELU, SOFTMAX"
AT_ONCE = 100_000  # epochs that are written at a time


def trained(folder: Path, epochs: int = 3) -> Path:
    """A run on the digits in the folder `runs` below; returns its path."""
    return wxb.train(wxb.load_data("digits"), NETWORK, epochs=epochs, out=folder / "runs" / "digits").path


def copies(run: Path, count: int) -> None:
    """Many runs beside one, equal to it but for their names."""
    for place in range(count):
        shutil.copytree(run, run.parent / f"run-{place:04d}", copy_function=shutil.copyfile)


def history(run: Path, points: int) -> None:
    """Write the history of a run anew, with an epoch a point."""
    with (run / "history.jsonl").open("wb") as file:
        for first in range(0, points, AT_ONCE):
            some = range(first + 1, min(points, first + AT_ONCE) + 1)
            file.write(b"".join(line(place) for place in some))


def line(place: int) -> bytes:
    """The line of an epoch of a history: a loss that falls, with a little noise."""
    loss = 1 / (1 + place / 1000) + 0.05 * ((place * 7919) % 101) / 101
    told: dict[str, int | float | None] = {"loss": loss * 1.1, "accuracy": 1 - loss / 2}
    return msgspec.json.encode(Epoch(place, 10 * place, 0.1, loss, told, 1.0)) + b"\n"
