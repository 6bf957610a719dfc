"""CUDA graphs: a training step recorded on a GPU, and launched as one.

A small network's step is hundreds of short kernels, and a processor launches them more slowly than a GPU computes them.
A CUDA graph holds all of them with their addresses: what changes from step to step is copied to where the recorded step
reads it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn

from wxb.learning.machine import out_of_memory

Work = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Recording:
    """A recorded step for batches of one size: where it reads its rows, and what it leaves."""

    graph: torch.cuda.CUDAGraph
    rows: Tensor
    loss: Tensor
    gradients: tuple[Tensor | None, ...]


class CudaGraphs:
    """Takes steps on a GPU, recorded at the second call for each batch size.

    The first call chooses kernels and allocates memory, which a recording must not. A launched recording runs the same
    kernels in the same order. The work takes the rows of a batch (batch,) int64 and returns its loss (). It may draw
    from `generator`, and must read all else that changes from tensors that stay where they are. If the memory does not
    hold a recording, none are made.
    """

    def __init__(self, device: str, generator: torch.Generator, parameters: list[nn.Parameter]) -> None:
        self.stream = stream(torch.device(device))
        self.generator = generator
        self.parameters = parameters
        self.recordings: dict[int, Recording] = {}
        self.tried: set[int] = set()  # batch sizes that have been computed once
        self.full = False  # whether the memory has failed to hold a recording
        self.seconds = 0.0  # spent on recording

    def step(self, work: Work, rows: Tensor, alone: bool = False) -> Tensor:
        """Take a step on these rows, and return its loss; `alone` computes it without recording or launching one."""
        caller = torch.cuda.current_stream(self.stream.device)
        self.stream.wait_stream(caller)
        with torch.cuda.stream(self.stream):
            loss = work(rows) if alone else self._step(work, rows)
        caller.wait_stream(self.stream)
        return loss

    def forget(self) -> None:
        """Forget all recordings, because the work has changed."""
        self.recordings.clear()
        self.tried.clear()

    def _step(self, work: Work, rows: Tensor) -> Tensor:
        size = len(rows)
        if size in self.tried and size not in self.recordings and not self.full:
            self._record(work, rows)
        self.tried.add(size)
        if size not in self.recordings:
            return work(rows)
        recording = self.recordings[size]
        recording.rows.copy_(rows)
        recording.graph.replay()
        for parameter, gradient in zip(self.parameters, recording.gradients, strict=True):
            parameter.grad = gradient
        return recording.loss.clone()  # the next step writes over it

    def _record(self, work: Work, rows: Tensor) -> None:
        began = time.perf_counter()
        graph, held = torch.cuda.CUDAGraph(), rows.clone()
        graph.register_generator_state(self.generator)
        try:
            with _nothing_collected(), torch.cuda.graph(graph, stream=self.stream):
                loss = work(held)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            self.full = True
            return
        self.recordings[len(rows)] = Recording(graph, held, loss, tuple(each.grad for each in self.parameters))
        self.seconds += time.perf_counter() - began


@cache
def stream(device: torch.device) -> torch.cuda.Stream:
    """The stream of all recorded steps on a device; autograd needs a parameter's gradients on one stream."""
    return torch.cuda.Stream(device)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Collect no garbage inside: freeing memory of the GPU would end a recording."""
    gc.collect()
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
