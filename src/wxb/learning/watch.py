"""Watching a training: seconds per part of a step, and what its layers do, read without changing the result."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from wxb.learning.layerwise import Layers, Layerwise, Named, statistics
from wxb.learning.watched import LayerStatistics

if TYPE_CHECKING:
    from wxb.learning.duration import Duration
    from wxb.network.build import Model

SECONDS, ACTIVATIONS, LAYERS = WATCHED = ("seconds", "activations", "layers")
DATA, FORWARD, LOSS, BACKWARD, OPTIMIZER = PARTS = ("data", "forward", "loss", "backward", "optimizer")
NORMALIZATION = "scale"  # the name of the model's input normalization among its layers

NOTHING = nullcontext()


@dataclass(frozen=True)
class Activation:
    """The numbers that a layer gave in one step."""

    mean: float
    std: float
    zeros: float  # share of exact zeros


@dataclass(frozen=True)
class Reading:
    """What was read in one step; empty for what is not watched.

    `seconds` are those of each part and each layer's forward pass, by (part, name), when the device has finished; what
    one part does inside another counts for both.
    """

    seconds: Mapping[tuple[str, str], float]
    sums: Mapping[str, Tensor]
    found: Named
    paths: tuple[str, ...]  # of the layers, in order

    @property
    def activations(self) -> Mapping[str, Activation]:
        """What each layer gave, by its path; the first use waits for the device."""
        return {path: _activation(sums) for path, sums in self.sums.items()}

    @property
    def layers(self) -> Mapping[str, LayerStatistics]:
        """What each layer did, by its path; the first use waits for the device."""
        return statistics(self.found, self.paths)


class Watch:
    """Reads one training. `what` is some of WATCHED; a Watch of nothing costs nothing.

    `steps` is the number of steps, spread over the training, in which it is read; None stands for every step.
    """

    def __init__(self, model: Model, device: str, what: Collection[str], steps: int | None = None) -> None:
        if unknown := set(what) - set(WATCHED):
            raise ValueError(f"cannot watch {', '.join(sorted(unknown))}; {', '.join(WATCHED)} can be watched")
        self.model = model
        self.device = torch.device(device)
        self.what = frozenset(what)
        self.steps = steps
        self.reading = False  # whether the step in progress is read
        self._layerwise = Layerwise(Layers.of(model)) if LAYERS in self.what else None
        self._clear()

    def _clear(self) -> None:
        self._seconds: dict[tuple[str, str], float] = defaultdict(float)
        self._sums: dict[str, Tensor] = {}  # by layer: number of numbers, their sum, sum of squares, number of zeros

    @property
    def every_step(self) -> bool:
        """Whether each step is read."""
        return bool(self.what) and self.steps is None

    @contextmanager
    def step(self, number: int, duration: Duration) -> Iterator[None]:
        """Read the step inside, number `number` (1-based), if it is one of those that are watched."""
        if not self.what or not (self.steps is None or number == 1 or duration.among(number, self.steps)):
            yield
            return
        with ExitStack() as hooks:
            self._attach_all(hooks)
            self.reading = True
            try:
                yield
            finally:
                self.reading = False

    def part(self, part: str) -> AbstractContextManager[None]:
        """Time what happens inside as a part of the step."""
        return self._timed(part, part) if SECONDS in self.what and self.reading else NOTHING

    @contextmanager
    def _timed(self, part: str, name: str) -> Iterator[None]:
        began = now(self.device)
        yield
        self._seconds[part, name] += now(self.device) - began

    def _attach_all(self, hooks: ExitStack) -> None:
        """Watch the layers by hooks that are gone when the stack is closed."""
        layers: dict[str, torch.nn.Module] = {NORMALIZATION: self.model.scale} if SECONDS in self.what else {}
        if self.what & {SECONDS, ACTIVATIONS}:
            layers |= {layer.path: self.model.get_submodule(layer.path) for layer in self.model.plan.layers}
        for path, layer in layers.items():
            self._attach(path, layer, hooks)
        if self._layerwise is not None:
            self._layerwise.attach(hooks)

    def _attach(self, path: str, layer: torch.nn.Module, hooks: ExitStack) -> None:
        began = 0.0

        def before(module: torch.nn.Module, inputs: object) -> None:
            nonlocal began
            began = now(self.device)

        def after(module: torch.nn.Module, inputs: object, output: Tensor) -> None:
            if SECONDS in self.what:
                self._seconds[FORWARD, path] += now(self.device) - began
            if ACTIVATIONS in self.what and path != NORMALIZATION:
                self._sums[path] = _sums(output) + self._sums.get(path, 0)

        if SECONDS in self.what:
            hooks.enter_context(layer.register_forward_pre_hook(before))
        hooks.enter_context(layer.register_forward_hook(after))

    def again(self) -> None:
        """Forget what the layers gave: the batch is computed again, in smaller parts."""
        self._sums = {}
        if self._layerwise is not None:
            self._layerwise.clear()

    def before_update(self) -> None:
        """Read the gradients, which are complete."""
        if self._layerwise is not None and self.reading:
            self._layerwise.before_update()

    def after_update(self) -> None:
        """Read how the weights have changed."""
        if self._layerwise is not None and self.reading:
            self._layerwise.after_update()

    def take(self) -> Reading | None:
        """What was read since the last call; None if nothing was."""
        found = self._layerwise.take() if self._layerwise is not None else {}
        if not (self._seconds or self._sums or found):
            return None
        paths = tuple(layer.path for layer in self.model.plan.layers)
        reading = Reading(dict(self._seconds), self._sums, found, paths)
        self._clear()
        return reading


def now(device: torch.device) -> float:
    """Seconds of a clock, when all that was asked of the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


@torch.no_grad()
def _sums(output: Tensor) -> Tensor:
    numbers = output.detach().double()
    count = torch.tensor(numbers.numel(), dtype=torch.float64, device=output.device)
    return torch.stack([count, numbers.sum(), numbers.square().sum(), (numbers == 0).sum().double()])


def _activation(sums: Tensor) -> Activation:
    count, total, squares, zeros = sums.tolist()
    mean = total / count
    return Activation(mean, max(0.0, squares / count - mean**2) ** 0.5, zeros / count)
