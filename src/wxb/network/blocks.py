"""How layers are joined: one after the other, around a shortcut, side by side.

Every module stands under its planned path: "3.RES.1.CONV3-64" is its name in `dict(model.named_modules())` and the
beginning of the names of its weights.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from wxb.network.layers import LAYERS, Random
from wxb.notation.layers import family
from wxb.notation.tree import Planned, PlannedConcat, PlannedLayer, PlannedResidual

# families whose output is a new tensor that no backward pass reads again, so that RELU may overwrite it
OVERWRITABLE = ("affine", "pooling", "normalization")


class Place(nn.Module):
    """A position before a layer's name: the "3" of "3.CONV3-64"."""

    def __init__(self, name: str, layer: nn.Module) -> None:
        super().__init__()
        self.add_module(name, layer)

    @property
    def layer(self) -> nn.Module:
        """What stands at this place."""
        return cast(nn.Module, next(iter(self._modules.values())))

    def forward(self, x: Tensor) -> Tensor:
        """x as the layer takes it → as the layer gives it."""
        return cast(Tensor, self.layer(x))


class Block(nn.Module):
    """A module that is printed as its layers under their paths, without the places in between."""

    def __repr__(self) -> str:
        lines = [self.extra_repr()] if self.extra_repr() else []
        for name, child in self._modules.items():
            if isinstance(child, Place):
                (inner,) = child._modules
                name, child = f"{name}.{inner}", child.layer
            lines.append(f"({name}): {child}".replace("\n", "\n  "))
        return f"{type(self).__name__}(\n  " + "\n  ".join(lines) + "\n)" if lines else "Identity()"


class Chain(Block):
    """Planned items, one after the other.

    A RELU works in place if it can: the output of the layer before it, as a hook sees it, is then valid only until the
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
        """x: (batch, …) as item `first` takes it → as the last item gives it."""
        for place in self.places[first:]:
            x = place.layer(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) as the first item takes it → as the last item gives it."""
        return self.through(x)


class Residual(Chain, Random):
    """RES: arm(x) + shortcut(x) (He et al. 2016); the layers of the arm stand directly in it.

    With `survival` p < 1 it has stochastic depth (Huang et al. 2016): in training an example goes through the arm with
    probability p; in evaluation the arm counts p times (their equation 5).
    """

    def __init__(self, planned: PlannedResidual) -> None:
        super().__init__(planned.arm)
        self.survival = planned.survival
        pad, items = planned.pad, planned.shortcut
        self.shortcut = PadShortcut(planned.stride, planned.output[0]) if pad else Chain(items)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → (batch, …) as the arm gives it."""
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
    """CAT: branches side by side, joined over channels or features; a branch without items passes x on."""

    def __init__(self, planned: PlannedConcat) -> None:
        super().__init__()
        self.branches = [Chain(branch) for branch in planned.branches]
        for number, branch in enumerate(self.branches, 1):
            self.add_module(str(number), branch)

    def forward(self, x: Tensor) -> Tensor:
        """x: (batch, …) → (batch, sum of the branches' channels, …)."""
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def module(planned: Planned) -> nn.Module:
    """The module of a planned item."""
    match planned:
        case PlannedLayer():
            return LAYERS[planned.name](planned)
        case PlannedResidual():
            return Residual(planned)
        case PlannedConcat():
            return Concat(planned)
