"""Run a training and read its lines, pausing it now and then to measure the rate of the matrix product.

Seconds on a shared machine say little; multiplied by the rate of a matrix product in the same minutes, they say how
much could have been computed. The process group is stopped (SIGSTOP) while the rate is measured and then continued
(SIGCONT); the pause is not counted.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from benchmarks import machine

EVERY = 20.0  # seconds of work between two measurements, at most
THREADS = 2  # of the matrix product
REPETITIONS = 3  # products of a measurement

Interval = tuple[float, float]  # begin and end on the system's monotonic clock, as time.monotonic()
Line = tuple[float, str]  # when it came, and what it says


def float32_rate() -> float:
    """GFLOP/s of the product of two float32 matrices of 2048 x 2048, on two threads."""
    return machine.matrix_rate(torch.float32, THREADS, repetitions=REPETITIONS)


def counted(begin: float, end: float, left_out: Sequence[Interval]) -> float:
    """Seconds from `begin` to `end` without the intervals, which may overlap."""
    seconds, reached = end - begin, begin
    for start, stop in sorted(left_out):
        start, stop = max(start, reached), min(stop, end)
        if stop > start:
            seconds -= stop - start
            reached = stop
    return seconds


@dataclass
class Watched:
    """What was observed of a process."""

    began: float
    ended: float = 0.0
    lines: list[Line] = field(default_factory=list)  # of its standard output
    pauses: list[Interval] = field(default_factory=list)  # while it stood still
    rates: list[float] = field(default_factory=list)  # GFLOP/s before, in every pause, and after
    code: int | None = None  # None: it was stopped, because it had done enough or had no time left
    errors: str = ""  # the end of its standard error

    def seconds(self, until: float | None = None, left_out: Sequence[Interval] = ()) -> float:
        """Seconds that the process worked, to its end or `until`, without its pauses and other intervals."""
        return counted(self.began, self.ended if until is None else until, [*self.pauses, *left_out])


def watch(
    command: Sequence[str],
    *,
    limit: float,
    enough: Callable[[str], bool] = lambda line: False,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    every: float = EVERY,
    rate: Callable[[], float] = float32_rate,
) -> Watched:
    """Run a command in a process group of its own until it ends, says `enough`, or has worked for `limit` seconds."""
    rates = [rate()]
    with tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=errors, start_new_session=True
        )
        seen = Watched(began, rates=rates)
        try:
            if _follow(process, seen, limit, enough, every, rate):
                seen.code = process.wait()
        finally:
            seen.ended = time.monotonic()
            _end(process)
        errors.seek(0)
        seen.errors = errors.read()[-4000:].decode(errors="replace")
    rates.append(rate())
    return seen


def _follow(
    process: subprocess.Popen[bytes],
    seen: Watched,
    limit: float,
    enough: Callable[[str], bool],
    every: float,
    rate: Callable[[], float],
) -> bool:
    """Read the lines of the process and pause it now and then; return whether it ended by itself."""
    assert process.stdout is not None
    output = process.stdout.fileno()
    rest = b""
    pause_at = seen.began + every
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            left = limit - seen.seconds(time.monotonic())
            if left <= 0:
                return False
            if selector.select(max(0.0, min(left, pause_at - time.monotonic()))):
                part = os.read(output, 65536)
                if not part:
                    return True
                came = time.monotonic()
                *whole, rest = (rest + part).split(b"\n")
                for line in whole:
                    text = line.decode(errors="replace")
                    seen.lines.append((came, text))
                    if enough(text):
                        return False
            if time.monotonic() >= pause_at:
                _pause(process.pid, seen, rate)
                pause_at = time.monotonic() + every


def _pause(group: int, seen: Watched, rate: Callable[[], float]) -> None:
    """Stop the process group, measure, let it go on."""
    os.killpg(group, signal.SIGSTOP)
    try:
        # wait until it has really stopped, or has ended; either way it can be waited for again
        os.waitid(os.P_PID, group, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        begin = time.monotonic()
        seen.rates.append(rate())
        seen.pauses.append((begin, time.monotonic()))
    finally:
        os.killpg(group, signal.SIGCONT)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
