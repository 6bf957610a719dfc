"""Ctrl-C and SIGTERM while a network trains: the first asks for an orderly end, the second ends at once."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Any

CODE = 128  # a shell's exit code for a signal is 128 plus its number: 130, 143


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
        self._before: dict[int, Any] = {
            number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)
        }
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.code is not None:
            os._exit(CODE + number)
        self.code = CODE + number
