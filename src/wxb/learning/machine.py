"""The machine of a training: device, precision and threads, decided once and written into the run."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace

import torch

from wxb.errors import WxbError
from wxb.hardware import physical_cores
from wxb.settings import validate
from wxb.settings.setting import named

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Machine:
    """What a training runs on. CPU and GPU take the same path; this value is the only difference."""

    device: str  # "cpu", "cuda", "cuda:1", "mps"
    precision: str  # of the layers; weights, their updates and normalization stay float32
    threads: int  # on the CPU

    def autocast(self) -> AbstractContextManager[object]:
        """Let layers compute in `precision` inside."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, dtype=DTYPES[self.precision])

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Set the threads and deterministic kernels of this machine inside, and restore the earlier ones afterwards."""
        threads = torch.get_num_threads()
        if threads != self.threads:
            torch.set_num_threads(self.threads)
        try:
            with nullcontext() if self.device == "cpu" else _deterministic_kernels():
                yield
        finally:
            if threads != self.threads:
                torch.set_num_threads(threads)

    def for_work(self, work: float) -> Machine:
        """The machine for batches of so many multiply-adds: with one thread if they are few."""
        return self if self.threads == 1 or work >= SMALL_STEP else replace(self, threads=1)

    def __str__(self) -> str:
        where = f"{self.threads} thread{'s' if self.threads > 1 else ''}" if self.device == "cpu" else self.device
        return f"{where}, {self.precision}, channels-last"


class Ahead:
    """Lets the processor launch a few steps ahead of the GPU, and no more.

    So the GPU always has something to do, and the time between two records is that of a step.
    """

    STEPS = 8

    def __init__(self, machine: Machine) -> None:
        self.device = torch.device(machine.device)
        self.launched: deque[torch.cuda.Event] = deque()

    def step(self) -> None:
        """Wait until all but the last few steps are done; to be called after launching a step."""
        if self.device.type != "cuda":
            return
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(self.device))
        self.launched.append(event)
        if len(self.launched) > self.STEPS:
            self.launched.popleft().synchronize()


@contextmanager
def _deterministic_kernels() -> Iterator[None]:
    cudnn = torch.backends.cudnn
    deterministic, benchmark = cudnn.deterministic, cudnn.benchmark
    cudnn.deterministic, cudnn.benchmark = True, False
    try:
        yield
    finally:
        cudnn.deterministic, cudnn.benchmark = deterministic, benchmark


SMALL_STEP = 20_000_000  # multiply-adds of a batch below which a second thread waits more than it computes


def choose(
    device: str = "auto", precision: str = "auto", threads: int = 0, work: float = math.inf, devices: int = 1
) -> Machine:
    """Choose a machine: "auto" is a GPU if there is one, else the CPU.

    0 `threads` means one per physical core, or a single one if the `work` of a batch (multiply-adds) is small. If
    several `devices` share each batch, these are the threads of each of them. "auto" precision is bfloat16 on a GPU
    that has it, else float32. Raises WxbError for a device that is not available, for several devices that are not the
    CPU, and for a device or a number of threads that the settings do not take.
    """
    validate("device", device)
    validate("threads", threads)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = device.split(":")[0]
    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not available.get(kind, False):
        names = ", ".join(name for name, is_available in available.items() if is_available)
        raise WxbError(f'`device="{device}"`: no such device here', f"available: {names}", '`device="auto"`')
    if devices > 1 and kind != "cpu":
        raise WxbError(
            f"{named('devices', devices)}: only processes on the CPU share a batch, not GPUs", fix='`device="cpu"`'
        )
    if precision == "auto":
        precision = "bfloat16" if kind == "cuda" and torch.cuda.is_bf16_supported() else "float32"
    most = max(1, physical_cores() // devices) if work / devices >= SMALL_STEP else 1
    return Machine(device, precision, threads or most)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch or Python means that there is not enough memory, on any device."""
    # torch raises a plain RuntimeError on the CPU
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
