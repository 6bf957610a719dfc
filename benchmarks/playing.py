"""How many pictures a second the playground draws: `python -m benchmarks.playing`.

Owed: at least 10 a second of 200x200 points, for a network of two hidden layers. A picture is what the process of the
playground sends; drawing it takes the browser little beside that.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

OWED = 10.0  # pictures a second
SIDE = 200
SECONDS = 5.0
REPEATS = 5
NETWORKS = ("FC-8-RELU-FC-2-TANH, SOFTMAX", "FC-16-RELU-FC-16-RELU, SOFTMAX", "(FC-64-RELU)*3, SOFTMAX")


def pictures(network: str) -> tuple[float, float]:
    """Pictures and steps a second while a network trains."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wxb.page.live"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def tell(**what: Any) -> None:
        assert process.stdin is not None
        process.stdin.write(json.dumps(what) + "\n")
        process.stdin.flush()

    try:
        play = {"data": "ring", "network": network, "settings": {"optimizer": "adam", "learning_rate": 0.01}}
        tell(do="begin", play=play, folder=tempfile.gettempdir())
        tell(do="grid", value=SIDE)
        tell(do="run")
        while json.loads(process.stdout.readline()).get("step", 0) == 0:
            continue  # the first pictures come while libraries are loaded
        began, count, step, first = time.perf_counter(), 0, 0, None
        while time.perf_counter() - began < SECONDS:
            step = json.loads(process.stdout.readline())["step"]
            first = step if first is None else first
            count += 1
        seconds = time.perf_counter() - began
        return count / seconds, (step - (first or 0)) / seconds
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def main() -> None:
    """Print the median and the range of each network, and whether what is owed is kept."""
    kept = True
    for network in NETWORKS:
        found = [pictures(network) for _ in range(REPEATS)]
        rates = sorted(rate for rate, _ in found)
        middle = statistics.median(rates)
        kept &= middle >= OWED
        steps = statistics.median(steps for _, steps in found)
        sys.stdout.write(
            f"{network}: {middle:.1f} pictures of {SIDE}x{SIDE} a second [{rates[0]:.1f}, {rates[-1]:.1f}], "
            f"{steps:,.0f} steps a second\n"
        )
    sys.stdout.write(f"owed: {OWED:g} a second: {'kept' if kept else 'not kept'}\n")


if __name__ == "__main__":
    main()
