"""What a training showed while it went: gradients, updates, units at rest, losses."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from wxb.learning.layerwise import Named
from wxb.learning.layerwise import statistics as by_layer

if TYPE_CHECKING:
    from wxb.learning.watched import LayerStatistics

NORMALIZATIONS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm, nn.GroupNorm)


@dataclass(frozen=True)
class Dynamics:
    """What was seen in the watched steps; layers are named by their paths, in order."""

    steps: int
    losses: tuple[float, ...]  # of the watched steps
    gradients: Mapping[str, float]  # median Euclidean norm of a layer's weights, before clipping
    updates: Mapping[str, float]  # median of |change of the weights in a step| / |weights|
    norms: Mapping[str, tuple[float, float]]  # Euclidean norms of weights by parameter, at the start and at the end
    total: float  # median norm of the gradients of all these weights
    clipped: float  # share of the watched steps whose gradients were longer than `clip`
    dead: float  # share of a RELU layer's units that gave 0 for a whole batch, the worst layer's, late in training
    saturated: float  # share of the outputs of a SIGMOID or TANH at their limits, the worst layer's
    frozen: tuple[str, ...]  # parameters that take no gradient
    alike: tuple[str, ...]  # weights whose units all began equal
    diverged: bool  # a loss or a weight was no finite number
    # mean absolute scales of normalizations by parameter, at the start and at the end
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def largest_update(self) -> float:
        """The largest of the layers' updates; 0 if none is a finite number."""
        return max((value for value in self.updates.values() if math.isfinite(value)), default=0.0)

    @property
    def vanishing(self) -> float | None:
        """The gradient norm of the first learned layer over that of the last; None with fewer than two."""
        norms = [norm for norm in self.gradients.values() if math.isfinite(norm)]
        if len(norms) < 2 or not norms[-1] > 0:
            return None
        return norms[0] / norms[-1]


class Seen:
    """Collects what watched steps of a module read, on its device; `dynamics` asks for the numbers."""

    def __init__(self, model: nn.Module) -> None:
        named = [(name, one) for name, one in model.named_parameters() if one.ndim > 1]
        self.frozen = tuple(name for name, one in named if not one.requires_grad)
        self.weights = {name: one for name, one in named if one.requires_grad}
        self.start = self._norms()
        self.scales = {
            f"{name}.weight": one.weight
            for name, one in model.named_modules()
            if isinstance(one, NORMALIZATIONS) and isinstance(one.weight, Tensor)
        }
        self.first_scales = self._mean_scales()
        self.alike = tuple(n for n, one in self.weights.items() if n.endswith("weight") and _alike(one))
        self.steps = 0
        self._losses: list[Tensor] = []
        self._found: list[Named] = []
        self._paths: dict[str, None] = {}  # in order

    def _norms(self) -> dict[str, Tensor]:
        with torch.no_grad():
            return {name: weight.detach().norm() for name, weight in self.weights.items()}

    def _mean_scales(self) -> dict[str, Tensor]:
        with torch.no_grad():
            return {name: scale.detach().abs().mean() for name, scale in self.scales.items()}

    def take(self, step: int, loss: Tensor | None, found: Named, paths: Iterable[str]) -> None:
        """Keep what a step (1-based) read."""
        self.steps = step
        if loss is not None:
            self._losses.append(loss.detach())
        self._found.append(found)
        self._paths |= dict.fromkeys(paths)

    def dynamics(self, clip: float = 0.0) -> Dynamics:
        """What was seen so far. This waits for the device."""
        losses = [float(loss) for loss in self._losses]
        read = [by_layer(found, self._paths) for found in self._found]
        late = read[len(read) // 2 :]
        end = {name: float(norm) for name, norm in self._norms().items()}
        totals = [
            math.sqrt(sum(one.gradient_norm**2 for one in layers.values() if one.gradient_norm is not None))
            for layers in read
        ]
        return Dynamics(
            steps=self.steps,
            losses=tuple(losses),
            gradients=_medians(read, "gradient_norm", self._paths),
            updates=_medians(read, "update_ratio", self._paths),
            norms={name: (float(self.start[name]), end[name]) for name in end},
            total=statistics.median(totals) if totals else math.nan,
            clipped=sum(one > clip for one in totals) / len(totals) if clip and totals else 0.0,
            # a unit that rests for one small batch may fire for the next, so the step with the fewest counts
            dead=_worst(late, "dead", min),
            saturated=_worst(late, "saturated", statistics.median),
            frozen=self.frozen,
            alike=self.alike,
            diverged=not all(map(math.isfinite, (*losses, *end.values()))),
            scales={name: (float(self.first_scales[name]), float(one)) for name, one in self._mean_scales().items()},
        )


def _values(read: Sequence[Mapping[str, LayerStatistics]], name: str, path: str) -> list[float]:
    values = [getattr(layers[path], name) for layers in read if path in layers]
    return [value for value in values if value is not None]


def _medians(read: Sequence[Mapping[str, LayerStatistics]], name: str, paths: Iterable[str]) -> dict[str, float]:
    found = {path: _values(read, name, path) for path in paths}
    return {path: statistics.median(values) for path, values in found.items() if values}


def _worst(read: Sequence[Mapping[str, LayerStatistics]], name: str, over: object) -> float:
    assert callable(over)
    paths = {path for layers in read for path in layers}
    return max((over(values) for path in paths if (values := _values(read, name, path))), default=0.0)


def _alike(weight: Tensor) -> bool:
    """Whether all units of a weight (units, …) begin equal, so that they stay equal."""
    return len(weight) > 1 and bool((weight == weight[:1]).all())
