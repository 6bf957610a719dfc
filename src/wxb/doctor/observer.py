"""What a training shows while it goes: gradients, updates and losses, read between steps without changing a bit.

An observer looks at about twenty steps. It reads the weights and the gradients that the step left, on their device, and
asks for the numbers only at the end.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

FIRST = (1, 5, 10, 20, 35, 50)  # steps that are looked at; from then on each is half as far again as the last
FURTHER = 1.5
MOST_NUMBERS = 2**22  # parameters whose copy is taken for their update; of larger networks the smallest weights


@dataclass(frozen=True)
class Dynamics:
    """What was seen; names are those of the weights of CONV and FC, in their order."""

    steps: int
    losses: tuple[float, ...]  # of the steps looked at
    gradients: Mapping[str, float]  # median Euclidean norm
    updates: Mapping[str, float]  # median of |change of the weights in a step| / |weights|
    norms: Mapping[str, tuple[float, float]]  # Euclidean norms of the weights, at the start and at the end
    total: float  # median norm of the whole gradient, as the optimizer took it
    clipped: float  # share of the steps looked at whose gradient was clipped
    frozen: tuple[str, ...]  # weights that take no gradient
    alike: tuple[str, ...]  # weights whose rows were all equal at the start
    diverged: bool  # a loss or a gradient was no finite number

    @property
    def vanishing(self) -> float | None:
        """The gradient norm of the first learned weight over that of the last; None with fewer than two."""
        norms = list(self.gradients.values())
        if len(norms) < 2 or not math.isfinite(norms[0]) or not norms[-1] > 0:
            return None
        return norms[0] / norms[-1]


class Observer:
    """Observes the training of a module: `look(step, loss)` after every step, then `dynamics()`."""

    def __init__(self, model: nn.Module, clip: float = 0.0) -> None:
        self.clip = clip
        named = [(name, one) for name, one in model.named_parameters() if one.ndim > 1]
        self.frozen = tuple(name for name, one in named if not one.requires_grad)
        self.weights = {name: one for name, one in named if one.requires_grad}
        self.parameters = [one for one in model.parameters() if one.requires_grad]
        self.alike = tuple(name for name, one in self.weights.items() if _alike(one))
        self.start = self._norms()
        self.steps = 0
        self._next = 0
        self._due = FIRST[0]
        self._before: dict[str, Tensor] | None = None
        self._losses: list[Tensor] = []
        self._gradients: dict[str, list[Tensor]] = defaultdict(list)
        self._totals: list[Tensor] = []
        self._updates: dict[str, list[Tensor]] = defaultdict(list)
        self._copied = _smallest(self.weights)

    def look(self, step: int, loss: Tensor) -> None:
        """Look at the state after a step (1-based); `loss` is its detached objective."""
        self.steps = step
        if self._before is not None:
            self._take_updates()
        if step < self._due:
            return
        self._next += 1
        self._due = FIRST[self._next] if self._next < len(FIRST) else math.ceil(max(step, self._due) * FURTHER)
        with torch.no_grad():
            self._losses.append(loss.detach().clone())
            with_gradient = [one.grad for one in self.parameters if one.grad is not None]
            if with_gradient:
                self._totals.append(torch.stack(torch._foreach_norm(with_gradient)).norm())
            for name, weight in self.weights.items():
                if weight.grad is not None:
                    self._gradients[name].append(weight.grad.norm())
            self._before = {name: self.weights[name].detach().clone() for name in self._copied}

    def _take_updates(self) -> None:
        before, self._before = self._before or {}, None
        with torch.no_grad():
            for name, old in before.items():
                # a weight of zeros that moves has an update of any size
                self._updates[name].append((self.weights[name] - old).norm() / old.norm().clamp_min(1e-12))

    def _norms(self) -> dict[str, Tensor]:
        with torch.no_grad():
            return {name: weight.detach().norm() for name, weight in self.weights.items()}

    def dynamics(self) -> Dynamics:
        """What was seen so far. This waits for the device."""
        losses = [float(loss) for loss in self._losses]
        totals = [float(norm) for norm in self._totals]
        end = self._norms()
        bad = [value for value in (*losses, *totals) if not math.isfinite(value)]
        return Dynamics(
            steps=self.steps,
            losses=tuple(losses),
            gradients={name: _median(norms) for name, norms in self._gradients.items()},
            updates={name: _median(ratios) for name, ratios in self._updates.items()},
            norms={name: (float(self.start[name]), float(end[name])) for name in self.weights},
            total=_median(self._totals),
            clipped=sum(norm >= 0.999 * self.clip for norm in totals) / len(totals) if self.clip and totals else 0.0,
            frozen=self.frozen,
            alike=self.alike,
            diverged=bool(bad) or not all(math.isfinite(float(norm)) for norm in end.values()),
        )


def _median(values: Sequence[Tensor]) -> float:
    numbers = [float(value) for value in values]
    return statistics.median(numbers) if numbers and all(map(math.isfinite, numbers)) else math.nan


def _alike(weight: Tensor) -> bool:
    """Whether all units of a weight (units, …) begin equal, so that they stay equal."""
    return len(weight) > 1 and bool((weight == weight[:1]).all())


def _smallest(weights: Mapping[str, Tensor]) -> list[str]:
    """The names of weights to copy, in their order: all, or the smallest up to `MOST_NUMBERS`."""
    chosen: set[str] = set()
    total = 0
    for name in sorted(weights, key=lambda name: weights[name].numel()):
        total += weights[name].numel()
        if chosen and total > MOST_NUMBERS:
            break
        chosen.add(name)
    return [name for name in weights if name in chosen]
