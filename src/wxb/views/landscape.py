"""The mean loss of examples over a plane of weights: row by row, so that what is computed can be kept and shown.

Every place is computed by one thread in the same order of operations, so that a row has the same bits whichever rows
were computed before it, and by however many threads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from copy import deepcopy
from functools import cached_property
from threading import Event, local
from typing import Any, cast

import blake3
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from wxb.network.build import Model
from wxb.views.directions import Directions
from wxb.views.quick import quick

NUMBERS = 2**19  # of a layer's output for the examples that are computed at a time: they stay in a core's cache
HELD = 2**26  # numbers of the unchanging part that are held for all examples: 256 MB


class Landscape:
    """The mean loss of examples over a plane of a network's weights.

    The layers before the first that changes are computed once. If that one is a CONV or FC, its output at a place is
    the sum of its outputs for the origin and both directions, which are computed once as well.
    """

    def __init__(self, model: Model, inputs: Tensor, targets: Tensor, plane: Directions) -> None:
        """`inputs` (n, …) are prepared, `targets` are as the head takes them; the model is not changed."""
        # channel by channel, as in `quick`
        self.model = deepcopy(model).eval().requires_grad_(False)
        self.model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        self.inputs = inputs.contiguous()
        self.targets = targets
        self.plane = plane
        self.first = _first_changed(self.model, plane)
        self.linear = _is_linear(self.model.places[self.first].layer)
        largest = max(math.prod(layer.output) * layer.members for layer in model.plan.layers)
        self.at_once = max(1, NUMBERS // max(largest, math.prod(model.plan.input)))
        self._own = local()

    @property
    def examples(self) -> int:
        """How many examples are looked at."""
        return len(self.targets)

    def key(self, *more: NDArray[Any]) -> str:
        """A digest of all that decides the losses."""
        hasher = blake3.blake3(f"2 {self.model.plan.network} {self.at_once} {torch.__version__}".encode())
        plane = [self.plane.origin, self.plane.first, self.plane.second]
        tensors = [*self.model.state_dict().values(), *(one for each in plane for one in each.values())]
        for tensor in (*tensors, self.inputs, self.targets):
            if tensor.numel():  # an empty tensor has no stride by which it could be seen as bytes
                hasher.update(tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        for array in more:
            hasher.update(np.ascontiguousarray(array).tobytes())
        return hasher.hexdigest()

    # --- a row --------------------------------------------------------------------------------------------------------

    def rows(self, xs: NDArray[np.float64], ys: dict[int, float]) -> Iterator[tuple[int, NDArray[np.float64]]]:
        """Compute the losses at the places `xs` of rows, and yield each row when it is complete.

        `ys` are the places of the rows by their numbers. Rows are computed side by side, one on each thread of torch.
        """
        threads = torch.get_num_threads()
        stop = Event()
        torch.set_num_threads(1)
        pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))
        _ = self._held  # computed by one thread
        try:
            waiting: dict[Future[NDArray[np.float64]], int] = {
                pool.submit(self.row, xs, y, stop): number for number, y in ys.items()
            }
            while waiting:
                done, _ = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                for future in done:
                    yield waiting.pop(future), future.result()
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            torch.set_num_threads(threads)

    @torch.no_grad()
    def row(self, xs: NDArray[np.float64], y: float, stop: Event | None = None) -> NDArray[np.float64]:
        """The losses (len(xs),) at the places `xs` of the row `y`; unfinished if `stop` is set meanwhile."""
        model = self._model()
        weights: list[Tensor] = [model.get_parameter(name) for name in self.plane.origin]
        origin, first, second = ([*each.values()] for each in (self.plane.origin, self.plane.first, self.plane.second))
        begin = torch._foreach_add(origin, second, alpha=y)
        sums = np.zeros(len(xs))
        for place in range(0, self.examples, self.at_once):
            some = slice(place, place + self.at_once)
            parts = self._parts(some)
            base = torch.add(parts[0], parts[2], alpha=y) if self.linear else parts[0]
            for column, x in enumerate(xs):
                if stop is not None and stop.is_set():
                    return sums
                torch._foreach_copy_(weights, torch._foreach_add(begin, first, alpha=float(x)))
                if self.linear:
                    logits = model.onwards(torch.add(base, parts[1], alpha=float(x)), self.first + 1)
                else:
                    logits = model.onwards(base, self.first)
                sums[column] += float(model.head.loss(logits, self.targets[some]).double().sum())
        return sums / self.examples

    def loss(self, a: float, b: float) -> float:
        """The loss at a place."""
        return float(self.row(np.array([a]), b)[0])

    @torch.no_grad()
    def own(self, weights: Mapping[str, Tensor]) -> float:
        """The loss of the network with all of its tensors replaced."""
        model = deepcopy(self.model)
        model.load_state_dict(dict(weights))
        total = 0.0
        for start in range(0, self.examples, self.at_once):
            some = slice(start, start + self.at_once)
            logits = model.after_preparation(self.inputs[some])
            total += float(model.head.loss(logits, self.targets[some]).double().sum())
        return total / self.examples

    def _model(self) -> Model:
        """A network of the thread's own, whose weights it moves."""
        if not hasattr(self._own, "model"):
            self._own.model = quick(self.model)
        return cast(Model, self._own.model)

    def _parts(self, some: slice) -> tuple[Tensor, ...]:
        """What is computed once for some examples."""
        if self._held is not None:
            held: tuple[Tensor, ...] = self._held[some.start // self.at_once]
            return held
        return self._computed(some)

    @cached_property
    def _held(self) -> list[tuple[Tensor, ...]] | None:
        """The parts of all examples; None if they are too large to be held."""
        each = sum(part[0].numel() for part in self._computed(slice(0, 1)))
        if each * self.examples > HELD:
            return None
        starts = range(0, self.examples, self.at_once)
        return [self._computed(slice(start, start + self.at_once)) for start in starts]

    @torch.no_grad()
    def _computed(self, some: slice) -> tuple[Tensor, ...]:
        """The input of the first layer that changes, or its three outputs if it is linear."""
        x = self.unchanging(self.inputs[some])
        if not self.linear:
            return (x,)
        layer = self.model.places[self.first].layer
        name = next(name for name, module in self.model.named_modules() if module is layer)
        base = self._linear(layer, x, self.plane.origin, name, fill=True)
        return base, *(self._linear(layer, x, one, name) for one in (self.plane.first, self.plane.second))

    def _linear(self, layer: nn.Module, x: Tensor, of: dict[str, Tensor], name: str, fill: bool = False) -> Tensor:
        """The output of a CONV or FC with other weights; those that do not change are its own, or 0."""
        own = dict(layer.named_parameters())
        weights = {
            key: of.get(f"{name}.{key}", value if fill else torch.zeros_like(value)) for key, value in own.items()
        }
        plain = {key: value.contiguous() for key, value in weights.items()}
        return cast(Tensor, torch.func.functional_call(layer, plain, (x,)))

    def unchanging(self, inputs: Tensor) -> Tensor:
        """The input of the first layer that changes, for prepared inputs."""
        x = self.model.scale(inputs)
        for place in self.model.places[: self.first]:
            x = place.layer(x)
        return cast(Tensor, x)

    # --- slopes -------------------------------------------------------------------------------------------------------

    def slope(self, a: float, b: float) -> tuple[float, NDArray[np.float64]]:
        """The loss at a place, and its gradient (2,) within the plane."""
        place = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
        loss, gradient = 0.0, torch.zeros(2, dtype=torch.float64)
        rest = _Onwards(self.model, self.first)
        more = 4 * self.at_once
        for start in range(0, self.examples, more):
            some = slice(start, start + more)
            moved = {
                f"model.{name}": value + place[0].to(value.dtype) * self.plane.first[name]
                + place[1].to(value.dtype) * self.plane.second[name]
                for name, value in self.plane.origin.items()
            }  # fmt: skip
            with torch.no_grad():
                x = self.unchanging(self.inputs[some])
            logits = torch.func.functional_call(rest, moved, (x,))
            total = self.model.head.loss(logits, self.targets[some]).sum()
            (part,) = torch.autograd.grad(total, place)
            loss, gradient = loss + float(total.detach()), gradient + part
        return loss / self.examples, torch.nan_to_num(gradient / self.examples).numpy()


class _Onwards(nn.Module):
    """The part of a network from one of its items on."""

    def __init__(self, model: Model, first: int) -> None:
        super().__init__()
        self.model = model
        self.first = first

    def forward(self, x: Tensor) -> Tensor:
        """The item's input (batch, …) → logits."""
        return self.model.onwards(x, self.first)


def _first_changed(model: Model, plane: Directions) -> int:
    """The first item of the network whose weights change."""
    changed = {id(model.get_parameter(name)) for name in plane.origin}
    return next(
        number for number, place in enumerate(model.places) if any(id(one) in changed for one in place.parameters())
    )


def _is_linear(layer: nn.Module) -> bool:
    return isinstance(layer, (nn.Conv2d, nn.Linear))
