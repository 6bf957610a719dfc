"""Blocks that join layers: in sequence, around a shortcut, or side by side.

Every module is registered under its planned path: "3.RES.1.CONV3-64" is its name in `dict(model.named_modules())` and
the prefix of its weights' names.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.network.layers import LAYERS, Random
from wxb.network.together import are_rows, together
from wxb.notation.layers import family
from wxb.notation.tree import Planned, PlannedConcat, PlannedLayer, PlannedResidual, PlannedTeam

# families whose output is a new tensor that no backward pass reads again, so that RELU may overwrite it
OVERWRITABLE = ("affine", "pooling", "normalization")


class Place(nn.Module):
    """A position in a chain that holds one layer: the "3" of "3.CONV3-64"."""

    def __init__(self, name: str, layer: nn.Module) -> None:
        super().__init__()
        self.add_module(name, layer)

    @property
    def layer(self) -> nn.Module:
        """The layer at this place."""
        return cast(nn.Module, next(iter(self._modules.values())))

    def forward(self, x: Tensor) -> Tensor:
        """The layer's input → its output."""
        return cast(Tensor, self.layer(x))


class Block(nn.Module):
    """A module whose repr shows its layers under their paths, without the places in between."""

    def __repr__(self) -> str:
        lines = [self.extra_repr()] if self.extra_repr() else []
        for name, child in self._modules.items():
            if isinstance(child, Place):
                (inner,) = child._modules
                name, child = f"{name}.{inner}", child.layer
            lines.append(f"({name}): {child}".replace("\n", "\n  "))
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)" if lines else "Identity()"


class Chain(Block):
    """Planned items in sequence.

    A RELU works in place if possible. A hook on the layer before it then sees an output that is valid only until the
    RELU has run.
    """

    def __init__(self, items: tuple[Planned, ...]) -> None:
        super().__init__()
        self.places: list[Place] = []
        before: Planned | None = None
        for item in items:
            *_, position, name = item.path.split(".")
            layer = module(item)
            if isinstance(layer, nn.ReLU):
                layer.inplace = family(before) in OVERWRITABLE
            place = Place(name, layer)
            self.add_module(position, place)
            self.places.append(place)
            before = item

    def through(self, x: Tensor, first: int = 0) -> Tensor:
        """x: (batch, …), the input of item `first` → the output of the last item."""
        for place in self.places[first:]:
            x = place.layer(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …), the input of the first item → the output of the last item."""
        return self.through(x)


class Residual(Chain, Random):
    """RES: arm(x) + shortcut(x) (He et al. 2016); the layers of the arm are its direct children.

    `survival` p < 1 gives stochastic depth (Huang et al. 2016): in training, each example passes through the arm with
    probability p; in evaluation, the output of the arm is multiplied by p (their equation 5).
    """

    def __init__(self, planned: PlannedResidual) -> None:
        super().__init__(planned.arm)
        self.survival = planned.survival
        pad, items = planned.pad, planned.shortcut
        self.shortcut = PadShortcut(planned.stride, planned.output[0]) if pad else Chain(items)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → (batch, …) in the shape of the arm's output."""
        arm = self.through(x)
        if self.survival < 1:
            alive = (len(x),) + (1,) * (arm.ndim - 1)
            arm = arm * (self.kept(alive, self.survival, arm) if self.training else self.survival)
        return cast(Tensor, self.shortcut(x) + arm)

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"survival={self.survival}" if self.survival < 1 else ""


class PadShortcut(nn.Module):
    """PAD: every `stride`-th pixel from the first, zero channels appended (He et al. 2016, section 3.3, option A)."""

    def __init__(self, stride: int, channels: int) -> None:
        super().__init__()
        self.stride = stride
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, in, height, width) → (batch, channels, ⌈height/stride⌉, ⌈width/stride⌉).

        Vectors: (batch, in) → (batch, channels).
        """
        if x.ndim == 4:
            x = x[:, :, :: self.stride, :: self.stride]
            return F.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))
        return F.pad(x, (0, self.channels - x.shape[1]))

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"stride={self.stride}, channels={self.channels}"


class Concat(Block):
    """CAT: branches side by side, concatenated over channels or features; an empty branch is the identity."""

    def __init__(self, planned: PlannedConcat) -> None:
        super().__init__()
        self.branches = [Chain(branch) for branch in planned.branches]
        for number, branch in enumerate(self.branches, 1):
            self.add_module(str(number), branch)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → (batch, sum of the branches' channels, …)."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class Team(Block):
    """TEAM: groups of members that share the weights of every layer but the last (Gorishniy et al. 2024,
    arXiv:2410.24210, TabM with a single adapter; after Wen et al. 2020, BatchEnsemble, arXiv:2002.06715).

    Each member multiplies the input by factors of its own, one for each channel or feature. The members' logits are
    trained each with its own loss; `Head.averaged` joins them for prediction.
    """

    def __init__(self, planned: PlannedTeam) -> None:
        super().__init__()
        self.members = planned.members  # of a group
        self.groups = [Chain(items) for items in planned.groups]
        for number, group in enumerate(self.groups, 1):
            self.add_module(str(number), group)
        # a vector, as biases are, so that weight decay and penalties, which draw to 0, leave the factors alone
        self.factors = nn.Parameter(torch.ones(len(self.groups) * planned.members * planned.input[0]))
        for layer in self.modules():
            if isinstance(layer, Random):
                layer.members = planned.members
        self.of_rows = len(planned.input) == 1 and are_rows([place.layer for place in self.groups[0].places])

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → the logits of all members, (batch, groups · members, outputs), group after group."""
        if self.training and self.of_rows:
            groups = [[place.layer for place in group.places] for group in self.groups]
            return together(groups, x, self.factors.view(len(groups), self.members, -1))
        return torch.cat(
            [
                group(spread_over(x, factors, self.members)).unflatten(0, (-1, self.members))
                for group, factors in zip(self.groups, self.factors.chunk(len(self.groups)), strict=True)
            ],
            dim=1,
        )

    def extra_repr(self) -> str:
        """For print(model)."""
        return f"groups={len(self.groups)}, members={self.members}"


def spread_over(x: Tensor, factors: Tensor, members: int) -> Tensor:
    """x: (batch, …), factors (members · channels,) → (batch · members, …), the members of an example in sequence."""
    each = factors.to(x.dtype).view(1, members, -1, *(1,) * (x.ndim - 2))
    out = (x[:, None] * each).flatten(0, 1)
    return out if x.ndim == 2 else out.contiguous(memory_format=torch.channels_last)


def module(planned: Planned) -> nn.Module:
    """The module of a planned item."""
    match planned:
        case PlannedLayer():
            return LAYERS[planned.name](planned)
        case PlannedResidual():
            return Residual(planned)
        case PlannedConcat():
            return Concat(planned)
        case PlannedTeam():
            return Team(planned)
