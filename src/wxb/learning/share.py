"""The share of each batch that one of several devices computes, and the sum over all of them."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.distributed
from torch import Tensor
from torch.distributed import FileStore  # type: ignore[attr-defined]

from wxb.errors import FAILED, WxbError


class Share:
    """One device's share of each batch: device `rank` (0-based) of `count`, which add up what they have computed."""

    def __init__(self, rank: int, count: int, meeting: str) -> None:
        """`meeting` is a file that all devices know; waits until each of them has come.

        Raises ConnectionError if one of them stops before.
        """
        gloo: Any = torch.distributed.ProcessGroupGloo  # a group of its own: the program may have others
        options = gloo._Options()
        options._devices = [gloo.create_device(interface=loopback())]
        self.rank = rank
        self.count = count
        try:
            self._group = gloo(FileStore(meeting, count), rank, count, options)
        except RuntimeError as problem:
            raise ConnectionError(str(problem)) from problem

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

        The buffers are the running statistics of normalization, in floating point. Raises ConnectionError if another
        device has stopped.
        """
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        summed = [*gradients, *(buffer / self.count for buffer in buffers), loss]
        flat = torch.cat([tensor.detach().float().flatten() for tensor in summed])
        try:
            self._group.allreduce([flat]).wait()
        except RuntimeError as problem:
            raise ConnectionError(str(problem)) from problem
        sums: list[Tensor] = [
            part.view(like.shape) for part, like in zip(flat.split([t.numel() for t in summed]), summed, strict=True)
        ]
        total = sums.pop()
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        torch._foreach_copy_([*gradients, *buffers], sums)
        return total


def loopback() -> str:
    """The name of the network interface that reaches this computer only. Raises WxbError if there is none."""
    names = [name for _, name in socket.if_nameindex()]
    found = next((name for name in names if name.startswith("lo")), None)
    if found is None:
        raise WxbError("devices need a loopback interface to talk to each other", fix="`devices=1`", exit_code=FAILED)
    return found
