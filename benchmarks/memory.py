"""How much memory `wxb train` needs on a photo folder that is read from its pack, and on one ten times as large.

Only memory that no file stands behind counts: pages of the pack are mapped, and the system drops them when the memory
is needed, so they are a part of the resident memory but not of what a training needs.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import timing
from benchmarks.bounds import Bound, middle, verdict
from benchmarks.figure import Figure, Rows, Scope, Table
from benchmarks.photos import make

TIMES = 10  # as many photos in the larger folder
EVERY = 0.005  # seconds between two looks at a process
PACKING, PACKED = "first command, which packs", "next command, from the pack"


@dataclass(frozen=True)
class Memory(Figure):
    """Peak of a process's own memory with ten times the photos, over that with `photos`."""

    photos: int
    side: int
    network: str
    ratio: Bound
    repetitions: int = 2

    def measure(self, scope: Scope) -> Rows:
        """Peaks in MiB of both commands on both folders, at each repetition."""
        rows: Rows = [{"what": what, "photos": [], "peaks_mib": [[], []]} for what in (PACKING, PACKED)]
        with tempfile.TemporaryDirectory() as place:
            for size, count in enumerate((self.photos, TIMES * self.photos)):
                folder = Path(place) / str(count)
                make(folder, count, self.side, self.side)
                for repetition in range(scope.repetitions or self.repetitions):
                    cache = Path(place) / f"cache-{count}-{repetition}"
                    for row in rows:
                        row["peaks_mib"][size].append(round(self._train(folder, cache), 1))
                        print(f"  {count:,} photos, {row['what']}: {row['peaks_mib'][size][-1]} MiB", file=sys.stderr)
                for row in rows:
                    row["photos"].append(count)
        return rows

    def table(self, rows: Rows) -> Table:
        """A line for each command; the ratio is of medians."""
        table: Table = [
            ("command", f"{self.photos:,} photos, MiB", f"{TIMES * self.photos:,} photos, MiB", "ratio", "owed")
        ]
        for row in rows:
            few, many = row["peaks_mib"]
            ratio = statistics.median(many) / statistics.median(few)
            table += [(row["what"], middle(few, 0), middle(many, 0), f"{ratio:.2f}×", verdict(self.ratio, ratio))]
        return table

    def _train(self, folder: Path, cache: Path) -> float:
        """MiB at the peak of a training of one epoch, which keeps its pictures in a cache of its own."""
        words = ("train", str(folder), self.network, "--size", str(self.side), "--epochs", "1", "-q")
        with tempfile.TemporaryDirectory() as place:
            return peak(("-m", "wxb", *words), timing.environment(WXB_CACHE=str(cache)), Path(place))


def peak(arguments: tuple[str, ...], environment: dict[str, str], folder: Path) -> float:
    """MiB of anonymous memory at the peak of this interpreter with these arguments. A failure ends the measurement."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    most = 0
    while process.poll() is None:
        most = max(most, anonymous(process.pid))
        time.sleep(EVERY)
    timing.failed(arguments, process.returncode, process.communicate()[1])
    return most / 1024


def anonymous(pid: int) -> int:
    """KiB of a process that no file stands behind (Linux); 0 if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)
