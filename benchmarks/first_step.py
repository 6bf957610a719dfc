"""From the start of a process to the first step of its training, beside what no training can do without.

That is Python importing torch, and the files of the data read with numpy. Both processes take turns and end at once
where they have come so far, without taking anything apart.
"""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass

from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Figure, Rows, Scope, Table
from wxb.data.known.search import either
from wxb.data.known.sets import MNIST_FILES, mnist

# the command itself; the first record that progress is to show comes when the first step is made
COMMAND = """
import os, sys
from wxb import progress
progress.Progress.show = lambda self, record: os._exit(0)
from wxb.cli.main import main
sys.exit(main())
"""
# the least: every file after its header, which has 16 bytes for pictures and 8 for labels
LEAST = """
import gzip, os, sys
import numpy as np
import torch
for number, path in enumerate(sys.argv[1:]):
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        np.frombuffer(file.read(), np.uint8, offset=8 if number % 2 else 16)
os._exit(0)
"""


@dataclass(frozen=True)
class FirstStep(Figure):
    """Seconds to the first step of a command as a multiple of the least."""

    what: str
    arguments: tuple[str, ...]  # of wxb
    ratio: Bound
    repetitions: int = 9

    def measure(self, scope: Scope) -> Rows:
        """Seconds of every repetition."""
        files = mnist_files()
        with tempfile.TemporaryDirectory() as folder:
            ways = {
                "seconds": lambda: round(timing.python("-c", COMMAND, *self.arguments, folder=folder)[1], 3),
                "least_seconds": lambda: round(timing.python("-c", LEAST, *files, folder=folder)[1], 3),
            }
            return [{"what": self.what, **timing.in_turn(ways, scope.repetitions or self.repetitions)}]

    def table(self, rows: Rows) -> Table:
        """One line; the ratio is of medians."""
        (row,) = rows
        ratio = statistics.median(row["seconds"]) / statistics.median(row["least_seconds"])
        cells = (middle(row["seconds"], 2), middle(row["least_seconds"], 2), f"{ratio:.2f}×")
        head = ("what", "seconds", "`import torch` and reading the files", "ratio", "owed")
        return [head, (self.what, *cells, verdict(self.ratio, ratio))]


def mnist_files() -> tuple[str, ...]:
    """The four files of MNIST as wxb finds them: pictures and labels by turns, gzipped or not."""
    folder = mnist().folder
    files = [either(folder, name) for name in MNIST_FILES] if folder else []
    return tuple(str(file) for file in files if file)
