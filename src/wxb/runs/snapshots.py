"""Snapshots: the weights and running statistics that a network had after some steps of its training.

They lie in the run's folder as `snapshots/step-120.safetensors`, one file a step, each written atomically and with a
checksum; that of step 0 holds the weights before the first update. The tensors are those of the network as it trains,
not its moving average, the best weights, or what is calibrated at the end.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wxb import storage
from wxb.errors import FAILED, WxbError
from wxb.paths import absolute, exists, is_folder, quoted
from wxb.runs.folder import SETTINGS, SNAPSHOT, SNAPSHOTS
from wxb.text import byte_size, count, plural

if TYPE_CHECKING:
    from torch import Tensor

SHARE = 0.5  # of the free space on the disk, that snapshots may take


def name_of(step: int) -> str:
    """The name of a snapshot's file, relative to the run's folder."""
    return f"{SNAPSHOTS}/step-{step}.safetensors"


def steps_of(names: Iterable[str]) -> tuple[int, ...]:
    """The steps of the snapshots among names of files, ascending."""
    return tuple(sorted(int(match[1]) for name in names if (match := SNAPSHOT.fullmatch(name))))


def steps_in(run: Path) -> tuple[int, ...]:
    """The steps of the snapshots that lie in a run's folder, ascending. Raises WxbError if it cannot be read."""
    folder = run / SNAPSHOTS
    if not exists(folder):
        return ()
    try:
        return steps_of(f"{SNAPSHOTS}/{path.name}" for path in folder.iterdir())
    except OSError as error:
        raise WxbError(f"{folder} cannot be read: {error.strerror or error}", fix="make it readable") from error


def write_snapshot(run: Path, step: int, tensors: Mapping[str, Tensor]) -> None:
    """Write the snapshot of a step. Raises WxbError if the disk is full or the folder cannot be written."""
    path = run / name_of(step)
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise WxbError(
            f"{path.parent} cannot be made: {error.strerror or error}", fix="make its folder writable", exit_code=FAILED
        ) from error
    storage.write_tensors(path, tensors, {"step": str(step)})


def read_snapshot(run: Path, step: int) -> dict[str, Tensor]:
    """Read the tensors of a snapshot. Raises WxbError if it is missing, cut short, changed, or of another step."""
    path = run / name_of(step)
    tensors, metadata = storage.read_tensors(path)
    if metadata.get("step") != str(step):
        raise storage.damaged(path, "it is of another step")
    return tensors


def drop_later(run: Path, step: int) -> None:
    """Remove the snapshots after a step, and what was being written at a kill.

    A training that goes on from there writes them anew. Raises WxbError if they cannot be removed.
    """
    folder = run / SNAPSHOTS
    if not exists(folder):
        return
    later = {(run / name_of(one)).name for one in steps_in(run) if one > step}
    try:
        for path in list(folder.iterdir()):
            if path.name in later or storage.is_leftover(path.name):
                path.unlink()
    except OSError as error:
        raise WxbError(
            f"{folder} cannot be written: {error.strerror or error}", fix="make it writable", exit_code=FAILED
        ) from error


def need_snapshot(run: Path, steps: Sequence[int], asked: int) -> None:
    """Raise WxbError, with the nearest, if there is no snapshot of the step that is asked for."""
    if asked in steps:
        return
    if not steps:
        raise WxbError(
            f"{run} has no snapshots",
            "a training keeps them if it is asked to",
            f"wxb train --config {quoted(run / SETTINGS)} --snapshots 40 trains it again and keeps 40",
        )
    near = min(steps, key=lambda step: abs(step - asked))
    raise WxbError(
        f"{run} has no snapshot of step {count(asked)}; the nearest is of step {count(near)}",
        f"it has {plural(len(steps), 'snapshot')}, of the steps {count(steps[0])} to {count(steps[-1])}",
        f"`at={near}`",
    )


@dataclass(frozen=True)
class Room:
    """The room that the snapshots of a training take: how many there are at most, and the bytes of each."""

    count: int
    each: int

    @classmethod
    def of(cls, asked: int, steps: int, tensors: Mapping[str, Tensor]) -> Room:
        """The room for as many as are asked for, of a training of so many steps and a network of these tensors."""
        return cls(min(asked, steps + 1), sum(one.numel() * one.element_size() for one in tensors.values()))

    def __str__(self) -> str:
        return f"{self.count} of {byte_size(self.each)} each, {byte_size(self.each * self.count)} in all"

    def need(self, folder: Path) -> None:
        """Raise WxbError if they take more than half of the free space on the disk of a folder.

        The folder may be missing.
        """
        place = absolute(folder)
        while not is_folder(place) and place != place.parent:
            place = place.parent
        try:
            free = shutil.disk_usage(place).free
        except OSError:  # nothing can be said; a full disk is said when it is full
            return
        fitting = int(SHARE * free) // self.each
        if self.count > fitting:
            total = byte_size(self.each * self.count)
            raise WxbError(
                f"{self.count} snapshots take {total}, more than half of the free space",
                f"each takes {byte_size(self.each)}; {byte_size(free)} are free on the disk of {place}",
                f"`snapshots={fitting}`" if fitting >= 2 else "free some space, or write to another disk with `out`",
            )
