"""The history and the checkpoint of a run, in step with each other whenever the process may die.

An epoch's line is written before the checkpoint that counts it. Killed between the two, the history has a line more
than its checkpoint; going on from the checkpoint drops that line, and training writes it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from wxb.runs import files
from wxb.runs.folder import CHECKPOINT, HISTORY

if TYPE_CHECKING:
    from torch import Tensor


class Saveable(Protocol):
    """What of a training's record a run writes down."""

    @property
    def step(self) -> int:
        """Steps made, this one included."""
        ...

    @property
    def epoch(self) -> int:
        """The epoch that the step belongs to, from 1."""
        ...

    @property
    def epoch_end(self) -> bool:
        """Whether it is the epoch's last step."""
        ...

    @property
    def learning_rate(self) -> float:
        """Rate of the step."""
        ...

    @property
    def train_loss(self) -> float | None:
        """Mean loss over the epoch, at its end."""
        ...

    @property
    def validation(self) -> Any:
        """Score on the validation part at an epoch's end, a dataclass or dict; None without one."""
        ...

    @property
    def seconds(self) -> float:
        """Time since training began."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Everything that resume needs."""
        ...


@dataclass(frozen=True)
class Checkpoint:
    """What a resume goes on from."""

    tensors: dict[str, Tensor]
    counters: dict[str, Any]  # values of JSON, "step" among them
    epochs: int  # lines of the history that lie behind it


class Journal:
    """History and checkpoint in one folder; one process writes them at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def lines(self) -> list[bytes]:
        """The history, a JSON object a line."""
        return files.read(self.folder / HISTORY).splitlines()

    @property
    def exists(self) -> bool:
        """Whether there is a checkpoint."""
        return (self.folder / CHECKPOINT).exists()

    def note(self, record: Saveable, kept: str = "") -> bool:
        """Adds the line of a record that ends an epoch; False, and none, within an epoch or for one noted before."""
        if not record.epoch_end or (self.lines and msgspec.json.decode(self.lines[-1])["epoch"] >= record.epoch):
            return False
        line = {
            "epoch": record.epoch,
            "step": record.step,
            "learning_rate": record.learning_rate,
            "train_loss": record.train_loss,
            "validation": msgspec.to_builtins(record.validation),
            "seconds": round(record.seconds, 3),
        }
        self.add(line, kept)
        return True

    def add(self, line: Mapping[str, Any], kept: str = "") -> None:
        """Adds a line to the history."""
        self._write_lines([*self.lines, msgspec.json.encode(dict(line))], kept)

    def save(self, tensors: Mapping[str, Tensor], counters: Mapping[str, Any], kept: str = "") -> None:
        """Writes the checkpoint that stands behind the history as it is now."""
        metadata = {"counters": msgspec.json.encode(dict(counters)).decode(), "epochs": str(len(self.lines))}
        files.write_tensors(self.folder / CHECKPOINT, tensors, metadata, kept)

    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint; None where there is none. Raises WxbError where it is damaged."""
        if not self.exists:
            return None
        path = self.folder / CHECKPOINT
        tensors, metadata = files.read_tensors(path)
        try:
            return Checkpoint(tensors, msgspec.json.decode(metadata["counters"]), int(metadata["epochs"]))
        except (KeyError, ValueError) as error:
            raise files.damaged(path, "it has no counters", str(error)) from error

    def rewind(self, checkpoint: Checkpoint | None) -> None:
        """Drops the lines of the history that `checkpoint` does not count; all of them where there is none."""
        self._write_lines(self.lines[: checkpoint.epochs if checkpoint else 0], "")

    def _write_lines(self, lines: list[bytes], kept: str) -> None:
        files.write(self.folder / HISTORY, b"".join(line + b"\n" for line in lines), kept)
        self.lines = lines
