"""Ctrl-C, SIGTERM or a closed terminal while a network trains: the first asks for an end, the second ends at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from wxb.paths import quoted

CODE = 128  # a shell's exit code for a signal is 128 plus its number: 129, 130, 143
SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stop:
    """Records the first signal in `code`, for the training loop to check after each step.

        with Stop() as stop:
            for record in training:
                if stop.code:
                    ...

    The second signal ends the process at once; the last checkpoint stays intact, as after `kill -9`.
    """

    def __init__(self) -> None:
        self.code: int | None = None  # the exit code, once a signal has come

    def __enter__(self) -> Stop:
        taken = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]  # nohup ignores SIGHUP
        self._before: dict[int, Any] = {number: signal.signal(number, self._note) for number in taken}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.code is not None:
            os._exit(CODE + number)
        self.code = CODE + number


@contextmanager
def nothing_written() -> Iterator[None]:
    """Say of Ctrl-C before anything is written that nothing was. Raises KeyboardInterrupt with that sentence."""
    try:
        yield
    except KeyboardInterrupt as problem:
        raise KeyboardInterrupt(str(problem) or "stopped; nothing was written") from None


@contextmanager
def untouched(run: str) -> Iterator[None]:
    """Say of Ctrl-C before a resumed training goes on that the run is as it was saved, at which step, and the way on.

    Raises KeyboardInterrupt with that sentence.
    """
    try:
        yield
    except KeyboardInterrupt:
        from wxb.runs.standing import saved

        step = saved(Path(run))
        at = f"at step {step}, as it was saved" if step else "before its first checkpoint"
        raise KeyboardInterrupt(f"stopped {at}; wxb resume {quoted(run)}") from None
