"""From the start of a process to the first step of its training, beside what no training can do without.

That is Python importing torch, and the files of the data read with numpy. Both processes take turns and end at once
where they have come so far, without taking anything apart.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Asked, Row, Table
from wxb.data.known.search import either
from wxb.data.known.sets import MNIST_FILES, mnist

# the command itself; the first record that progress is to show comes when the first step is made
COMMAND = """
import os, sys
from wxb.cli import progress
progress.Progress.show = lambda self, record: os._exit(0)
from wxb.cli.main import main
sys.exit(main())
"""
# the least: every file after its header, which has 16 bytes where there are pictures and 8 where there are labels
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
class FirstStep:
    """Seconds to the first step of `wxb train mnist` as a multiple of the least."""

    what: str
    arguments: tuple[str, ...]  # of wxb
    ratio: Bound
    repetitions: int = 9
    about: str = ""

    def owed(self) -> str:
        """The bound in words."""
        return f"{self.what} {self.ratio}"

    def measure(self, asked: Asked) -> list[Row]:
        """Seconds of every repetition; the first round, which warms the disk's cache, is not counted."""
        files = mnist_files()
        with tempfile.TemporaryDirectory() as folder:
            seconds: dict[str, list[float]] = {"seconds": [], "least_seconds": []}
            for repetition in range((asked.repetitions or self.repetitions) + 1):
                took = (once(COMMAND, self.arguments, folder), once(LEAST, files, folder))
                print(f"  {self.what}: {took[0]:.2f} s, the least {took[1]:.2f} s", file=sys.stderr)
                for taken, one in zip(seconds.values(), took, strict=True):
                    if repetition:
                        taken.append(round(one, 3))
        return [{"what": self.what, **seconds}]

    def table(self, rows: list[Row]) -> Table:
        """One line; the ratio is of medians."""
        head = ("what", "seconds", "`import torch` and reading the files", "ratio", "owed")
        return [head, *(self._line(row) for row in rows)]

    def _line(self, row: Row) -> tuple[str, ...]:
        ratio = statistics.median(row["seconds"]) / statistics.median(row["least_seconds"])
        cells = (middle(row["seconds"], 2), middle(row["least_seconds"], 2))
        return (self.what, *cells, f"{ratio:.2f}×", verdict(self.ratio, ratio))


def mnist_files() -> tuple[str, ...]:
    """The four files of MNIST as wxb finds them: pictures and labels by turns, gzipped or not."""
    folder = mnist().folder
    found = [either(folder, name) for name in MNIST_FILES] if folder else []
    return tuple(str(file) for file in found if file)


def once(code: str, arguments: tuple[str, ...], folder: str) -> float:
    """Seconds of this interpreter with this code and these arguments, started in a folder. A failure ends all."""
    command = [sys.executable, "-c", code, *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "WXB_RUNS"}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    took = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}\n{done.stderr}")
    return took
