"""Asking a training to stop from another process: by a file in its run's folder, which it looks for now and then.

A signal would need the number of the process, which nothing in a run tells, and would not reach another computer.
"""

from __future__ import annotations

import time
from pathlib import Path

from wxb.paths import exists
from wxb.runs.folder import STOP
from wxb.storage import write

LOOK_EVERY = 0.5  # seconds


def ask_to_stop(run: Path) -> None:
    """Ask the training that writes a run to save and stop. Raises WxbError if the folder cannot be written."""
    write(run / STOP, "")


class Asked:
    """Whether a training was asked to stop; a request from before its beginning does not count."""

    def __init__(self, run: Path) -> None:
        self.path = run / STOP
        self._looked = time.monotonic()
        self.forget()

    def __bool__(self) -> bool:
        """Look for the request, twice a second at most."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return False
        self._looked = now
        return exists(self.path)

    def forget(self) -> None:
        """Remove the request."""
        self.path.unlink(missing_ok=True)
