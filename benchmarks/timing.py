"""Seconds of functions and processes; what is compared takes turns, so other work of the machine slows it alike."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key")


def in_turn(ways: Mapping[Key, Callable[[], float]], repetitions: int) -> dict[Key, list[float]]:
    """The value of each way at each repetition; the first round warms up and is not counted."""
    taken: dict[Key, list[float]] = {name: [] for name in ways}
    for repetition in range(repetitions + 1):
        for name, way in ways.items():
            value = way()
            if repetition:
                taken[name].append(value)
    return taken


def seconds(work: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def environment(**more: str) -> dict[str, str]:
    """This process's environment without a folder of runs, and with some more."""
    return {name: value for name, value in os.environ.items() if name != "WXB_RUNS"} | more


def python(*arguments: str, folder: str | Path | None = None) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run this interpreter with these arguments; how it ended, and its seconds. A failure ends the measurement."""
    start = time.perf_counter()
    ended = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment(), capture_output=True, text=True)
    taken = time.perf_counter() - start
    failed(arguments, ended.returncode, ended.stderr)
    return ended, taken


def failed(arguments: Sequence[str], code: int | None, errors: str) -> None:
    """End the measurement if a process has failed, with its error output."""
    if code:
        raise SystemExit(f"{' '.join(arguments)} ended with {code}\n{errors}")
