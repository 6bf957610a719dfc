"""Several devices that share each batch (data parallelism).

Each device holds a copy of the network. It computes the gradients of its part of the batch; these are added up over all
devices, and every device takes the same step. So all copies keep the same weights, and they learn as one network does
from the whole batch. On the CPU a device is a process; the first one is the process that trains.
"""

from __future__ import annotations

import copy
import io
import pickle
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed
from torch import Tensor
from torch.distributed import FileStore  # type: ignore[attr-defined]

from wxb.allocator import kept
from wxb.errors import FAILED, WxbError
from wxb.learning.watch import Watch

if TYPE_CHECKING:
    from wxb.learning.recipe import Recipe
    from wxb.learning.step import Step

PATIENCE = 10.0  # seconds that another device has to end, once it is told to


class Share:
    """One device's share of each batch: device `rank` (0-based) of `count`, which add up what they have computed."""

    def __init__(self, rank: int, count: int, meeting: str) -> None:
        """`meeting` is a file that all devices know; waits until each of them has come."""
        gloo: Any = torch.distributed.ProcessGroupGloo  # a group of its own: the program may have others
        options = gloo._Options()
        options._devices = [gloo.create_device(interface=loopback())]
        self.rank = rank
        self.count = count
        self._group = gloo(FileStore(meeting, count), rank, count, options)

    def parts(self, rows: Tensor, micro_batches: int) -> tuple[tuple[Tensor, ...], int]:
        """The micro-batches that this device computes of a batch (batch,), and the place of the first row in it.

        The batch has at least one micro-batch for each device; a device takes neighbouring ones.
        """
        parts = rows.tensor_split(max(micro_batches, self.count))
        own = np.array_split(np.arange(len(parts)), self.count)[self.rank]
        first = sum(len(part) for part in parts[: own[0]])
        return parts[own[0] : own[-1] + 1], first

    def add_up(self, parameters: Sequence[Tensor], buffers: Sequence[Tensor], loss: Tensor) -> Tensor:
        """Give each parameter the sum of all devices' gradients, and each buffer the mean; return the sum of `loss`.

        The buffers are the running statistics of normalization, in floating point.
        """
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        summed = [*gradients, *(buffer / self.count for buffer in buffers), loss]
        flat = torch.cat([tensor.detach().float().flatten() for tensor in summed])
        self._group.allreduce([flat]).wait()
        sums: list[Tensor] = [
            part.view(like.shape) for part, like in zip(flat.split([t.numel() for t in summed]), summed, strict=True)
        ]
        total = sums.pop()
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        torch._foreach_copy_([*gradients, *buffers], sums)
        return total


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
            with self._together():
                step.share = Share(0, self.count, meeting)
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

        Raises WxbError if another device has ended.
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
        """Inside, name the device that has ended, in place of what torch says of the lost connection."""
        try:
            yield
        except RuntimeError as problem:
            for other in self._others:
                if other.has_ended():
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
            [sys.executable, "-P", "-m", "wxb.learning.devices"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=self._said, start_new_session=True,  # Ctrl-C is for the first device
        )  # fmt: skip

    def tell(self, told: bytes) -> None:
        """Write to its standard input. Raises WxbError if it has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(told)
            self._process.stdin.flush()
        except OSError as problem:
            self.has_ended()
            raise self.problem() from problem

    def has_ended(self) -> bool:
        """Whether the process has ended, or does so within a second."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        return self._process.returncode is not None

    def problem(self) -> WxbError:
        """The error to raise once the process has ended, with what it said last."""
        self._said.seek(0)
        last = self._said.read().decode(errors="replace").strip().rpartition("\n")[2]
        return WxbError(
            f"device {self.rank + 1} of {self.count} ended before the training",
            last or f"exit code {self._process.returncode}",
            "`devices=1`",
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


def loopback() -> str:
    """The name of the network interface that reaches this computer only. Raises WxbError if there is none."""
    names = [name for _, name in socket.if_nameindex()]
    found = next((name for name in names if name.startswith("lo")), None)
    if found is None:
        raise WxbError("devices need a loopback interface to talk to each other", fix="`devices=1`", exit_code=FAILED)
    return found


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
    step.share = Share(rank, count, meeting)
    with kept(), step.machine.in_force(), suppress(EOFError):
        while True:
            method, values = pickle.load(told)
            getattr(step, method)(*values)


if __name__ == "__main__":
    main()
