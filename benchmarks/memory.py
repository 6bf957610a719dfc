"""How much memory `wxb train` needs on a photo folder that is read from its pack, and on one ten times as large.

What counts is memory that only the process has: pages of the pack, which the system maps, keeps while nobody else
needs the memory and drops at any time, are a part of the resident memory, but not of what a training needs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Asked, Row, Table
from benchmarks.photos import make

TIMES = 10  # as many photos in the larger folder
EVERY = 0.005  # seconds between two looks at a process
PACKING, PACKED = "first command, which packs", "next command, from the pack"


@dataclass(frozen=True)
class Memory:
    """Peak of a process's own memory with ten times the photos, over that with `photos`."""

    photos: int
    side: int
    network: str
    ratio: Bound
    repetitions: int = 2
    about: str = ""

    def owed(self) -> str:
        """The bound in words."""
        return f"{TIMES * self.photos:,} photos take {self.ratio} the memory of {self.photos:,}"

    def measure(self, asked: Asked) -> list[Row]:
        """Peaks in MiB of both commands on both folders, at each repetition."""
        rows: list[Row] = [{"what": what, "photos": [], "peaks_mib": [[], []]} for what in (PACKING, PACKED)]
        with tempfile.TemporaryDirectory() as place:
            for size, count in enumerate((self.photos, TIMES * self.photos)):
                folder = Path(place) / str(count)
                make(folder, count, self.side, self.side)
                for repetition in range(asked.repetitions or self.repetitions):
                    cache = Path(place) / f"cache-{count}-{repetition}"
                    for row in rows:
                        peak = self._train(folder, cache)
                        row["peaks_mib"][size].append(round(peak, 1))
                        print(f"  {count:,} photos, {row['what']}: {peak:.0f} MiB", file=sys.stderr)
                for row in rows:
                    row["photos"].append(count)
        return rows

    def table(self, rows: list[Row]) -> Table:
        """A line a command; the ratio is of medians."""
        head = ("command", f"{self.photos:,} photos, MiB", f"{TIMES * self.photos:,} photos, MiB", "ratio", "owed")
        return [head, *(self._line(row) for row in rows)]

    def _line(self, row: Row) -> tuple[str, ...]:
        few, many = row["peaks_mib"]
        ratio = statistics.median(many) / statistics.median(few)
        return (row["what"], middle(few, 0), middle(many, 0), f"{ratio:.2f}×", verdict(self.ratio, ratio))

    def _train(self, folder: Path, cache: Path) -> float:
        """MiB at the peak of a training of one epoch, which keeps its pictures in a cache of its own."""
        words = ("train", str(folder), self.network, "--size", str(self.side), "--epochs", "1", "-q")
        environment = {name: value for name, value in os.environ.items() if name != "WXB_RUNS"}
        with tempfile.TemporaryDirectory() as place:
            return peak(("-m", "wxb", *words), {**environment, "WXB_CACHE": str(cache)}, Path(place))


def peak(arguments: tuple[str, ...], environment: dict[str, str], folder: Path) -> float:
    """MiB of anonymous memory at the peak of this interpreter with these arguments. A failure ends the measurement."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    most = 0
    while process.poll() is None:
        most = max(most, anonymous(process.pid))
        time.sleep(EVERY)
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}\n{said}")
    return most / 1024


def anonymous(pid: int) -> int:
    """KiB of a process that no file stands behind (Linux); 0 where it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)
