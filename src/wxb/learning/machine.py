"""What the arithmetic runs on: device, precision, threads and memory layout, decided once and written into the run."""

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

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Machine:
    """One path for CPU and GPU: this value is the only difference."""

    device: str  # "cpu", "cuda", "cuda:1", "mps"
    precision: str  # of layers' arithmetic; weights, their updates and normalization stay float32
    threads: int  # on the CPU

    def autocast(self) -> AbstractContextManager[object]:
        """Layers compute in `precision`; nothing to do in float32."""
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(torch.device(self.device).type, dtype=DTYPES[self.precision])

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Threads and deterministic kernels as this machine has them; what was set before comes back at the end."""
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
        """The machine for batches of so many multiply-adds: on a CPU one thread where they are few."""
        return self if self.threads == 1 or work >= SMALL_STEP else replace(self, threads=1)

    def __str__(self) -> str:
        where = f"{self.threads} thread{'s' if self.threads > 1 else ''}" if self.device == "cpu" else self.device
        return f"{where}, {self.precision}, channels-last"


class Ahead:
    """Lets the processor ask a GPU for a few steps more than are done, and no more: the GPU always has something to do,
    and the time that passes between two steps is what one takes.
    """

    STEPS = 8

    def __init__(self, machine: Machine) -> None:
        self.device = torch.device(machine.device)
        self.asked: deque[torch.cuda.Event] = deque()

    def step(self) -> None:
        """To be called when a step was asked for: waits until all but the last few are done."""
        if self.device.type != "cuda":
            return
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(self.device))
        self.asked.append(event)
        if len(self.asked) > self.STEPS:
            self.asked.popleft().synchronize()


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


def choose(device: str = "auto", precision: str = "auto", threads: int = 0, work: float = math.inf) -> Machine:
    """The machine for these wishes; "auto" is a GPU where there is one, else the CPU.

    No `threads` means as many as there are physical cores, or one where a batch's `work` (multiply-adds) is small.
    "auto" precision is float32 on the CPU and on MPS, bfloat16 on a GPU that has it. Raises WxbError for a device that
    is not available, and for a device or a number of threads that the settings do not take.
    """
    validate("device", device)
    validate("threads", threads)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    kind = device.split(":")[0]
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(kind, False):
        found = ", ".join(name for name, is_there in there.items() if is_there)
        raise WxbError(f'`device="{device}"`: no such device here', f"available: {found}", '`device="auto"`')
    if precision == "auto":
        precision = "bfloat16" if kind == "cuda" and torch.cuda.is_bf16_supported() else "float32"
    return Machine(device, precision, threads or (physical_cores() if work >= SMALL_STEP else 1))


def out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch's or Python's says that there is not enough memory, on whatever device."""
    # torch's allocator for the CPU raises a plain RuntimeError
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)
