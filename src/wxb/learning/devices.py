"""Several devices that share each batch (data parallelism).

Each device holds a copy of the network. It computes the gradients of its part of the batch; these are added up over all
devices, and every device takes the same step. So all copies keep the same weights, and they learn as one network does
from the whole batch. On the CPU a device is a process; the first one is the process that trains.
"""

from __future__ import annotations

import copy
import io
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from wxb.allocator import kept
from wxb.errors import FAILED, WxbError
from wxb.learning.share import Share
from wxb.learning.watch import Watch

if TYPE_CHECKING:
    from wxb.learning.recipe import Recipe
    from wxb.learning.step import Step

PATIENCE = 10.0  # seconds that another device has to end, once it is told to
READY = b"ready"


class DeviceStopped(WxbError):
    """A device has stopped while the others train; training can go on from its last state."""


class Devices:
    """A step that this process takes together with others, as the first of the devices."""

    def __init__(self, step: Step) -> None:
        """Start `step.recipe.devices` - 1 processes, each with a copy of the step as it is now."""
        self.step = step
        self.count = step.recipe.devices
        self._folder = tempfile.TemporaryDirectory(prefix="wxb-devices-")
        self._others: list[Process] = []
        meeting = str(Path(self._folder.name, "meeting"))
        try:
            self._others.extend(Process(rank, self.count) for rank in range(1, self.count))
            packed = _packed(step)
            for other in self._others:
                other.tell(pickle.dumps((other.rank, self.count, meeting)) + packed)
            for other in self._others:
                other.wait()
            with self._together():
                step.share = Share(0, self.count, meeting)
            for other in self._others:
                other.wait()
            self._folder.cleanup()
        except BaseException:
            self.close()
            raise

    def start(self, epoch: int) -> None:
        """Make the random draws of an epoch (1-based)."""
        self._tell("start", epoch)
        self.step.start(epoch)

    def follow(self, recipe: Recipe) -> None:
        """Take the penalties of a recipe from now on."""
        self._tell("follow", recipe)
        self.step.follow(recipe)

    def cut(self, count: int) -> None:
        """Compute a batch in so many micro-batches from now on."""
        self._tell("cut", count)
        self.step.cut(count)

    def take(self, number: int, index: int, rate: float) -> Tensor:
        """Take step `number` (1-based) on batch `index` of the epoch; return the objective before it, detached.

        Raises DeviceStopped if another one has.
        """
        self._tell("take", number, index, rate)
        with self._together():
            return self.step.take(number, index, rate)

    def close(self) -> None:
        """End the other devices."""
        self.step.share = None
        for other in self._others:
            other.close()
        for other in self._others:
            other.end()
        self._folder.cleanup()

    def _tell(self, method: str, *values: Any) -> None:
        """Have the other devices call a method of their step."""
        for other in self._others:
            other.tell(pickle.dumps((method, values)))

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Inside, name the device that has stopped, in place of what torch says of the lost connection."""
        try:
            yield
        except ConnectionError as problem:
            stopped = [other for other in self._others if other.has_ended()]
            for other in sorted(stopped, key=lambda one: not one.failed):  # those that lost it have not failed
                raise other.problem() from problem
            raise


class Process:
    """Another device: a process that follows the steps of the first one."""

    def __init__(self, rank: int, count: int) -> None:
        """Start device `rank` (0-based) of `count`."""
        self.rank = rank
        self.count = count
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  its standard error, until `end`
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "wxb.learning.devices"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._said, start_new_session=True,  # Ctrl-C is for the first device
        )  # fmt: skip

    def tell(self, told: bytes) -> None:
        """Write to its standard input. Raises DeviceStopped if it has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(told)
            self._process.stdin.flush()
        except OSError as problem:
            self.has_ended()
            raise self.problem() from problem

    def wait(self) -> None:
        """Wait until it is ready to meet the other devices, and again until it has met them.

        Raises DeviceStopped if it has ended.
        """
        assert self._process.stdout is not None
        if self._process.stdout.read(len(READY)) != READY:
            self.has_ended()
            raise self.problem()

    @property
    def failed(self) -> bool:
        """Whether it has ended by itself: not because it was told to, or has lost another device."""
        return bool(self._process.returncode)

    def has_ended(self) -> bool:
        """Whether the process has ended, or does so within a second."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        return self._process.returncode is not None

    def problem(self) -> DeviceStopped:
        """The error to raise once the process has ended, with what it said last."""
        self._said.seek(0)
        last = self._said.read().decode(errors="replace").strip().rpartition("\n")[2]
        code = self._process.returncode
        how = f"it was killed by signal {-code}" if code < 0 else f"its exit code is {code}"
        return DeviceStopped(
            f"device {self.rank + 1} of {self.count} has stopped",
            last or how,
            "train again with `devices=1`, if its memory was too small",
            exit_code=FAILED,
        )

    def close(self) -> None:
        """Tell it to end."""
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]

    def end(self) -> None:
        """Wait until it has ended; kill it if that takes long."""
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()  # type: ignore[union-attr]
        self._said.close()


@contextmanager
def on_devices(step: Step) -> Iterator[Step | Devices]:
    """Inside, the step is taken on all devices that its recipe asks for."""
    if step.recipe.devices == 1:
        yield step
        return
    together = Devices(step)
    try:
        yield together
    finally:
        together.close()


# --- what another device does -----------------------------------------------------------------------------------------


class _Pickler(pickle.Pickler):
    """Hands over arrays that a file maps by the file's name and their place in it."""

    def reducer_override(self, value: object) -> Any:
        if isinstance(value, np.memmap) and value.flags.c_contiguous and value.filename is not None:
            return _mapped, (str(value.filename), value.dtype.str, _place(value), value.shape)
        return NotImplemented


def _place(array: np.memmap[Any, Any]) -> int:
    """The byte of its file at which an array begins."""
    whole: Any = array
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    return int(whole.offset + array.ctypes.data - whole.ctypes.data)


def _mapped(path: str, dtype: str, place: int, shape: tuple[int, ...]) -> np.memmap[Any, Any]:
    return np.memmap(path, dtype, "r", place, shape)


def _packed(step: Step) -> bytes:
    """A copy of the step for another device: without what only the first device has."""
    other = copy.copy(step)
    other.ema, other.recipe, other.watch = None, replace(step.recipe, ema=0.0), Watch(step.model, "cpu", ())
    packed = io.BytesIO()
    _Pickler(packed, pickle.HIGHEST_PROTOCOL).dump(other)
    return packed.getvalue()


def main() -> None:
    """Follow the steps of the first device, which says on the standard input what to do, until it ends."""
    told = sys.stdin.buffer
    rank, count, meeting = pickle.load(told)
    step: Step = pickle.load(told)
    os.write(1, READY)
    step.share = Share(rank, count, meeting)
    os.write(1, READY)
    with kept(), step.machine.in_force(), suppress(EOFError, ConnectionError):
        while True:
            method, values = pickle.load(told)
            getattr(step, method)(*values)


if __name__ == "__main__":
    main()
