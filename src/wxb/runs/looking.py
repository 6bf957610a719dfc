"""Looking at the network of a training from another process: by its weights of now, which it writes while it is asked.

Who looks writes a file into the run's folder again and again; a training that sees it change writes its weights beside
it, and removes both at its end. They are copies: what is computed does not change.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from wxb.errors import WxbError
from wxb.paths import exists
from wxb.runs.folder import LOOK, NOW
from wxb.storage import damaged, read_tensors, write, write_tensors

if TYPE_CHECKING:
    from torch import Tensor

ASK_EVERY = 2.0  # seconds between requests of somebody who looks,
LOOK_EVERY = 0.5  # and between looks for them
FORGOTTEN = 3 * ASK_EVERY  # seconds after which nobody looks any more
EVERY = 1.0  # seconds between weights, at least,
SHARE = 0.02  # and so many that writing takes this share of the time at most


def ask_to_look(run: Path) -> None:
    """Ask the training that writes a run for its weights of now. Raises WxbError if the folder cannot be written."""
    write(run / LOOK, "")


def read_now(run: Path) -> tuple[int, dict[str, Tensor]] | None:
    """The newest step that a training has written for who looks, and its tensors; None if there is none.

    Raises WxbError if they are damaged.
    """
    if not exists(run / NOW):
        return None
    tensors, metadata = read_tensors(run / NOW)
    if not metadata.get("step", "").isdecimal():
        raise damaged(run / NOW, "it does not say of which step it is")
    return int(metadata["step"]), tensors


class Looked:
    """What a training shows of itself while it is looked at; requests from before its beginning do not count."""

    def __init__(self, run: Path) -> None:
        self.path = run
        self._next = time.monotonic() + LOOK_EVERY
        self._asked = -FORGOTTEN  # time.monotonic() at which the request was seen to change
        self._request = 0  # when it was written, as the disk says
        self.forget()

    def show(self, step: int, tensors: Callable[[], Mapping[str, Tensor]]) -> None:
        """Write the weights after a step, if somebody looks and it is time; nothing that goes wrong is raised."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK_EVERY
        try:
            request = (self.path / LOOK).stat().st_mtime_ns
        except OSError:
            return
        if request != self._request:
            self._request, self._asked = request, now
        if now - self._asked > FORGOTTEN:
            return
        with contextlib.suppress(WxbError):  # a disk that is full stops the training at its next checkpoint
            write_tensors(self.path / NOW, tensors(), {"step": str(step)})
        took = time.monotonic() - now
        self._next = now + max(EVERY, took / SHARE)

    def forget(self) -> None:
        """Remove the request and the weights."""
        for name in (LOOK, NOW):
            with contextlib.suppress(OSError):
                (self.path / name).unlink(missing_ok=True)
