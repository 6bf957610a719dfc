"""Folding a trained network for prediction: training-only parts are dropped and linear operations are merged.

    BN after a CONV or FC    merged into its weights: W' = aW, b' = a(b − mean) + β, a = γ / √(variance + ε) per channel
    (x − mean) / std         merged into the first CONV or FC, as far as that is exact
    DROP, stochastic depth   dropped
    activations              overwrite their input if nothing else reads it

The batch normalization formula is from Ioffe, Szegedy 2015, section 3.1. Folded weights are computed in float64 and
rounded once. The model itself does not change.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.network.blocks import Team, spread_over
from wxb.network.build import Model, Standardize
from wxb.network.heads import HEADS, Head
from wxb.network.layers import IN_PLACE, Affine, Convolution, Transposed
from wxb.network.layers.affine import AffineEach, each_times
from wxb.network.layers.sentence import without_rest
from wxb.notation.layers import family
from wxb.notation.tree import Planned, PlannedConcat, PlannedLayer, PlannedResidual, PlannedTeam, Shape

Step = Callable[[Tensor], Tensor]

WHOLE = (torch.float32, torch.float64)  # precise enough for squares and for differences of large numbers

# The largest |mean|, in standard deviations, at which x may be multiplied before its mean is subtracted. With larger
# means (years, altitudes) the products would lose digits of float32 that the difference keeps.
NEAR = 8.0


class Folded:
    """A function that computes the logits of a model in evaluation mode in fewer passes; made by `fold`."""

    def __init__(
        self,
        steps: list[Step],
        restore: Step | None,
        head: Head,
        shape: Shape,
        outputs: int,
        flip_average: bool = False,
        preparation: Step | None = None,
    ) -> None:
        self.preparation = preparation  # maps examples to inputs, on the CPU; None if they are the same
        self.steps = steps
        self.head = head
        self.shape = shape  # of an input
        self.outputs = outputs
        self.restore = restore
        self.flip_average = flip_average

    def __call__(self, x: Tensor) -> Tensor:
        """x: (batch, …) as for `Model.after_preparation`, not modified → logits (batch, outputs)."""
        mirrored = self._scores(x.flip(3)) if self.flip_average else None
        x = self._scores(x)
        if mirrored is not None:
            x = (x + mirrored) / 2
        return x if self.restore is None else self.restore(x)

    def _scores(self, x: Tensor) -> Tensor:
        x = _through(self.steps, x)
        x = self.head.flat(x, self.shape) if x.ndim == 4 else x
        return x if x.dtype in WHOLE else x.float()


@torch.no_grad()
def fold(
    model: Model,
    dtype: torch.dtype = torch.float32,
    first: int = 0,
    group: int | None = None,
    averaged: bool = True,
) -> Folded:
    """Fold the model, on its device; CONV and FC compute in `dtype`.

    `first` is the first item: 1 gives the equivalent of `Model.after_features`. `group` is the only group of a TEAM
    that answers, counted from 0; if it is None, all do. Unless `averaged`, the logits of a TEAM are those of its
    members, (batch, members, outputs). Weights into which nothing is folded are shared with the model if their dtype is
    `dtype`.
    """
    chain = _Chain(model, dtype, group, averaged)
    if not first:
        chain.scale = model.scale
    chain.add(model.plan.items[first:])
    restore = None if model.restore is None else _computed(model.restore)
    head, shape = HEADS[model.plan.head], model.plan.input
    return Folded(chain.finished(), restore, head, shape, model.plan.outputs, model.flip_average, model.preparation)


def _through(steps: list[Step], x: Tensor) -> Tensor:
    for step in steps:
        x = step(x)
    return x


def _as(x: Tensor, dtype: torch.dtype) -> Tensor:
    """`x.to(dtype)`, without the microseconds of a call that does nothing."""
    return x if x.dtype == dtype else x.to(dtype)


def _computed(layer: nn.Module) -> Step:
    """The forward function of a copy of the layer, without the overhead of a module's call."""
    return cast(Step, copy.deepcopy(layer).eval().forward)


def _exact(numbers: Tensor) -> Tensor:
    """Convert to float64 on the CPU, because some devices have no float64."""
    return numbers.detach().cpu().double()


# --- one layer after the other --------------------------------------------------------------------------------------


class _Product:
    """A CONV or FC into which other layers are folded; factors and shifts (outputs,) are float64."""

    def __init__(self, layer: nn.Module, dtype: torch.dtype) -> None:
        assert isinstance(layer, Convolution | Affine)
        self.layer = layer
        self.dtype = dtype
        self.weight: Tensor = layer.weight.detach()
        self.bias: Tensor | None = None if layer.bias is None else layer.bias.detach()

    def then(self, factor: Tensor, shift: Tensor | None = None) -> None:
        """Fold in factor · y + shift, applied to the output y."""
        per_output = (-1,) + (1,) * (self.weight.ndim - 1)
        self.weight = _exact(self.weight) * factor.view(per_output)
        if self.bias is not None:
            self.bias = _exact(self.bias) * factor
        if shift is not None:
            self.bias = shift if self.bias is None else self.bias + shift

    def after(self, scale: Standardize, shape: tuple[int, ...]) -> Step | None:
        """Fold in (x − mean) / std, applied to the input (batch, *shape); return the step that must precede it, if any.

        The division is always folded in. The mean is too, unless the layer pads with zeros or digits would be lost.
        """
        mean, std = (_exact(each).expand(shape) for each in (scale.mean, scale.std))
        if isinstance(self.layer, Convolution):
            groups = self.layer.groups  # the weights are (outputs, channels / groups, height, width)
            each = len(self.weight) // groups
            mean, std = (
                part[:, 0, 0].view(groups, 1, -1).expand(-1, each, -1).reshape(len(self.weight), -1, 1, 1)
                for part in (mean, std)
            )
            padded = any(cast(tuple[int, int], self.layer.padding))
        else:
            mean, std = mean.reshape(1, -1), std.reshape(1, -1)
            padded = False
        self.weight = _exact(self.weight) / std
        if not mean.any():
            return None
        if padded or self.dtype not in WHOLE or bool((mean.abs() > NEAR * std).any()):
            centre = scale.mean.clone()
            return lambda x: x - centre
        shift = -(self.weight * mean).flatten(1).sum(1)
        self.bias = shift if self.bias is None else _exact(self.bias) + shift
        return None

    def step(self) -> Step:
        """The function that computes the product for (batch, …) in any dtype."""
        dtype, layer = self.dtype, self.layer
        weight = self.weight.to(layer.weight.device, dtype)
        bias = None if self.bias is None else self.bias.to(weight)
        if isinstance(layer, Affine):
            flat = layer.flat
            return lambda x: F.linear(_as(x if x.ndim == 2 else flat(x), dtype), weight, bias)
        weight = weight.contiguous(memory_format=torch.channels_last)
        stride, padding, dilation, groups = layer.stride, layer.padding, layer.dilation, layer.groups
        tokens = layer.tokens
        return lambda x: F.conv2d(_as(without_rest(x, tokens), dtype), weight, bias, stride, padding, dilation, groups)


class _Chain:
    """A builder that turns a sequence of items into steps."""

    def __init__(self, model: Model, dtype: torch.dtype, group: int | None = None, averaged: bool = True) -> None:
        self.model = model
        self.dtype = dtype
        self.group = group  # of a TEAM; None: all
        self.averaged = averaged
        self.steps: list[Step] = []
        self.scale: Standardize | None = None  # the scale of the input, until it is applied
        self.product: _Product | None = None  # the last product, while a BN can be folded into it
        self.pieces = 1  # of a MAXOUT after the product
        self.pending: list[Step] = []  # the steps after the product

    def add(self, items: tuple[Planned, ...]) -> None:
        """Turn the items into steps."""
        for item in items:
            match item:
                case PlannedLayer():
                    self._layer(item)
                case PlannedResidual():
                    self._step(self._residual(item))
                case PlannedConcat():
                    self._step(self._concat(item))
                case PlannedTeam():
                    self._step(self._team(item))

    def finished(self) -> list[Step]:
        """End the chain and return its steps."""
        self._close()
        self._need_scaled()
        return self.steps

    def scaled(self, factor: float) -> bool:
        """Multiply the output by `factor` if the last step is a product; return whether it is."""
        if self.product is None or self.pieces > 1:
            return False
        self.product.then(torch.full((len(self.product.weight),), factor, dtype=torch.float64))
        return True

    def _layer(self, planned: PlannedLayer) -> None:
        layer = self.model.get_submodule(planned.path)
        if isinstance(layer, AffineEach):
            weight, bias = (None if one is None else one.detach().to(self.dtype) for one in (layer.weight, layer.bias))
            assert weight is not None
            self._step(lambda x: each_times(_as(x, self.dtype), weight, bias))
        elif family(planned) == "affine":
            product = _Product(layer, self.dtype)
            if self.scale is not None:
                left, self.scale = product.after(self.scale, planned.input), None
                self.steps += [] if left is None else [left]
            self._close()
            self.product = product
        elif planned.name == "DROP" or (planned.name == "BN" and self._normalized(layer)):
            return
        elif planned.name == "MAXOUT" and self.product is not None and not self.pending:
            self.pieces = planned.pieces
            self.pending.append(_computed(layer))
        elif planned.name in IN_PLACE:
            self._step(IN_PLACE[planned.name](layer) if self._owned else _computed(layer))
        elif isinstance(layer, Transposed):
            filters = copy.deepcopy(layer).eval().to(self.dtype)
            self._step(lambda x: filters(_as(x, self.dtype)))
        elif planned.name == "LRN" and self.dtype not in WHOLE:
            self._step(lambda x: layer(x.float()))  # a sum of squares in bfloat16 would have no correct digits
        else:
            self._step(_computed(layer))

    @property
    def _owned(self) -> bool:
        """Whether the next step reads numbers that this chain computed, so that it may overwrite them."""
        return bool(self.steps or self.product or self.scale)

    def _normalized(self, layer: nn.Module) -> bool:
        """Fold a normalization into the product before it if that is exact; return whether it is.

        After a MAXOUT this is exact if no factor is negative: max(ay) = a max(y) for a ≥ 0.
        """
        assert isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
        mean, variance = (_exact(cast(Tensor, each)) for each in (layer.running_mean, layer.running_var))
        factor = _exact(layer.weight) / (variance + layer.eps).sqrt()
        shift = _exact(layer.bias) - mean * factor
        if self.product is None or (self.pieces > 1 and bool((factor < 0).any())):
            return False
        self.product.then(factor.repeat_interleave(self.pieces), shift.repeat_interleave(self.pieces))
        return True

    def _step(self, step: Step) -> None:
        self._need_scaled()
        self._close()
        self.steps.append(step)

    def _need_scaled(self) -> None:
        if self.scale is not None:
            self.steps.append(_computed(self.scale))
            self.scale = None

    def _close(self) -> None:
        """Append the last product and its pending steps."""
        if self.product is not None:
            self.steps += [self.product.step(), *self.pending]
        self.product, self.pieces, self.pending = None, 1, []

    def _residual(self, planned: PlannedResidual) -> Step:
        arm, shortcut = (_Chain(self.model, self.dtype) for _ in range(2))
        arm.add(planned.arm)
        shortcut.add(planned.shortcut)
        survival = planned.survival
        if survival < 1 and arm.scaled(survival):
            survival = 1.0
        through_arm, around = arm.finished(), shortcut.finished()
        if planned.pad:
            around = [_computed(self.model.get_submodule(f"{planned.path}.shortcut"))]

        def step(x: Tensor) -> Tensor:
            y, passed = _through(through_arm, x), _through(around, x)
            if y is x or y.dtype != passed.dtype or survival < 1:
                return torch.add(passed, y, alpha=survival)
            return y.add_(passed)

        return step

    def _concat(self, planned: PlannedConcat) -> Step:
        chains = [_Chain(self.model, self.dtype) for _ in planned.branches]
        for chain, branch in zip(chains, planned.branches, strict=True):
            chain.add(branch)
        branches = [chain.finished() for chain in chains]
        return lambda x: torch.cat([_through(branch, x) for branch in branches], dim=1)

    def _team(self, planned: PlannedTeam) -> Step:
        team = self.model.get_submodule(planned.path)
        assert isinstance(team, Team)
        average = HEADS[self.model.plan.head].averaged
        groups = []
        for number, factors in enumerate(team.factors.detach().clone().chunk(len(planned.groups))):
            if self.group is None or number == self.group:
                chain = _Chain(self.model, self.dtype)
                chain.add(planned.groups[number])
                groups.append((chain.finished(), factors))

        def step(x: Tensor) -> Tensor:
            x = _as(x, self.dtype)
            logits = [_through(steps, spread_over(x, factors, team.members)) for steps, factors in groups]
            members = torch.cat([each.float().unflatten(0, (-1, team.members)) for each in logits], dim=1)
            return average(members) if self.averaged else members

        return step
