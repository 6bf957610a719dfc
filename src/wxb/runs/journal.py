"""The history, the watched steps, the snapshots and the checkpoint of a run, which agree whenever the process dies.

Each epoch appends a line to the history; a checkpoint counts the lines before it, which are on the disk by then. If the
process dies, the history may hold more lines than the checkpoint counts, and a torn one at its end: resuming from the
checkpoint drops them, and training writes them again. The same holds for watched steps and snapshots after the
checkpoint's step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec import Struct

from wxb import storage
from wxb.errors import WxbError
from wxb.learning.watched import WatchedStep
from wxb.paths import exists
from wxb.runs.folder import CHECKPOINT, HISTORY, WATCHED
from wxb.runs.schema import Count, Counters, Epoch
from wxb.runs.snapshots import drop_later

if TYPE_CHECKING:
    from torch import Tensor

    from wxb.learning.loop import Record

T = TypeVar("T")

SYNC_EVERY = 1.0  # seconds between flushes of the history to the disk, at least; it is flushed before a checkpoint too


@dataclass(frozen=True)
class Checkpoint:
    """The state from which training resumes."""

    tensors: dict[str, Tensor]
    counters: Counters
    epochs: int  # lines of the history before it
    history: str = ""  # their digest; empty in a checkpoint of wxb 0.1


class Journal:
    """History and checkpoint in one folder; one process writes them at a time."""

    def __init__(self, folder: Path, kind: type[Struct] = Epoch) -> None:
        """`kind` is what a line of the history holds."""
        self.folder = folder
        self.kind = kind
        self._watches = False  # whether this process has written watched steps
        self._synced = -math.inf  # time.monotonic() at which the history was flushed to the disk

    @cached_property
    def lines(self) -> list[bytes]:
        """The lines of the history, one JSON object each."""
        return whole_lines(storage.read(self.folder / HISTORY))

    @property
    def exists(self) -> bool:
        """Whether there is a checkpoint."""
        return exists(self.folder / CHECKPOINT)

    def note(self, record: Record) -> bool:
        """Append the line of a record that ends an epoch.

        Return False, and append nothing, for a record within an epoch or of an epoch that has its line already.
        """
        if not record.epoch_end or record.epoch <= self._last_epoch:
            return False
        validation = msgspec.to_builtins(record.validation)
        line = Epoch(
            record.epoch, record.step, record.learning_rate, record.train_loss, validation, round(record.seconds, 3)
        )
        self.add(line)
        return True

    def add(self, line: Struct) -> None:
        """Append a line to the history; flush it to the disk at most once per second, since epochs may be shorter."""
        lines, now, text = self.lines, time.monotonic(), msgspec.json.encode(line)
        sync = now - self._synced >= SYNC_EVERY
        storage.append(self.folder / HISTORY, text + b"\n", sync=sync)
        lines.append(text)
        if sync:
            self._synced = now

    def watched(self, steps: Sequence[WatchedStep]) -> None:
        """Append the lines of watched steps; `sync` flushes them to the disk."""
        if steps:
            lines = b"".join(msgspec.json.encode(one) + b"\n" for one in steps)
            storage.append(self.folder / WATCHED, lines, sync=False)
            self._watches = True

    def sync(self) -> None:
        """Flush the history and the watched steps to the disk."""
        storage.append(self.folder / HISTORY, b"")
        if self._watches:
            storage.append(self.folder / WATCHED, b"")

    @property
    def _last_epoch(self) -> int:
        return storage.decode(self.folder / HISTORY, self.lines[-1], Epoch).epoch if self.lines else 0

    def save(self, tensors: Mapping[str, Tensor], counters: Counters) -> None:
        """Write the checkpoint that counts the history's lines, after flushing these to the disk."""
        self.sync()
        metadata = {
            "counters": msgspec.json.encode(counters).decode(),
            "epochs": str(len(self.lines)),
            "history": storage.digest(_joined(self.lines)),
        }
        storage.write_tensors(self.folder / CHECKPOINT, tensors, metadata)

    def checkpoint(self) -> Checkpoint | None:
        """Return the last checkpoint, or None if there is none. Raises WxbError if it is damaged."""
        if not self.exists:
            return None
        path = self.folder / CHECKPOINT
        tensors, metadata = storage.read_tensors(path)
        counters = _counters(path, metadata)
        if "epochs" not in metadata:
            raise storage.damaged(path, "it has no counters")
        epochs = storage.decode(path, metadata["epochs"].encode(), Count)
        return Checkpoint(tensors, counters, epochs, metadata.get("history", ""))

    def saved(self) -> int:
        """Return the step of the last checkpoint from its head alone; 0 if there is none.

        Raises WxbError if the head is damaged.
        """
        path = self.folder / CHECKPOINT
        return _counters(path, storage.read_metadata(path)).step if self.exists else 0

    def rewind(self, checkpoint: Checkpoint | None) -> None:
        """Drop the history's lines that `checkpoint` does not count, all of them without one, and a torn last line.

        Raises WxbError if lines that it counts are missing or damaged. The others may be: nothing depends on them.
        """
        epochs = checkpoint.epochs if checkpoint else 0
        path, lines = self.folder / HISTORY, self.lines[:epochs]
        if len(lines) < epochs:
            raise storage.damaged(path, f"it has {len(lines)} of {epochs} epochs")
        _decoded(path, lines, self.kind)
        content = _joined(lines)
        if checkpoint and checkpoint.history not in ("", storage.digest(content)):
            raise storage.damaged(path, "it is not what it was when the checkpoint was written")
        if content != storage.read(path):
            storage.write(path, content)
        self.lines = lines
        step = checkpoint.counters.step if checkpoint else 0
        self._rewind_watched(step)
        drop_later(self.folder, step)

    def _rewind_watched(self, step: int) -> None:
        path = self.folder / WATCHED
        if not exists(path):
            return
        content = storage.read(path)
        kept = [line for line, one in zip(whole_lines(content), read_watched(path, content), strict=True)
                if one.step <= step]  # fmt: skip
        if _joined(kept) != content:
            storage.write(path, _joined(kept))


def _counters(path: Path, metadata: Mapping[str, str]) -> Counters:
    if "counters" not in metadata:
        raise storage.damaged(path, "it has no counters")
    return storage.decode(path, metadata["counters"].encode(), Counters)


def read_epochs(path: Path, lines: Sequence[bytes], older: storage.Older | None = None) -> list[Epoch]:
    """Decode lines of the history. Raises WxbError naming the file, the line and what was expected there."""
    return _decoded(path, lines, Epoch, older)


def read_lines(path: Path, content: bytes, kind: type[T]) -> list[T]:
    """Decode the lines of a history. Raises WxbError naming the file, the line and what was expected there."""
    return _decoded(path, whole_lines(content), kind)


def read_watched(path: Path, content: bytes) -> list[WatchedStep]:
    """Decode the watched steps. Raises WxbError naming the file, the line and what was expected there."""
    return read_lines(path, content, WatchedStep)


def _decoded(path: Path, lines: Sequence[bytes], kind: type[T], older: storage.Older | None = None) -> list[T]:
    found = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(storage.decode(path, line, kind, older))
        except WxbError as problem:
            raise storage.damaged(path, f"line {number}", problem.detail) from problem
    return found


def _joined(lines: Sequence[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def whole_lines(content: bytes) -> list[bytes]:
    """Return the lines of a history; what follows the last newline was torn by a kill, and is dropped."""
    return content[: content.rfind(b"\n") + 1].splitlines()
